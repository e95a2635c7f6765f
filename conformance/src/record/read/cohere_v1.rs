//! Cohere's version 1: <https://docs.cohere.com/v1/reference/chat>, <https://docs.cohere.com/v1/reference/generate>. A stream has a line for
//! each event, and repeats the whole reply in its last one.

use mocks::script::{Finish, Usage};
use serde_json::Value;

use super::cohere::{fail, failure};
use super::{Draft, Event, Reader};
use crate::Surface;
use crate::meaning;

pub(super) const CHAT: Reader =
    Reader { surface: Surface::Chat, asked: Some(meaning::cohere), take: chat, fail, known: KNOWN };
pub(super) const GENERATE: Reader =
    Reader { surface: Surface::Completions, asked: None, take: generate, ..CHAT };

pub(super) const KNOWN: &[&str] = &[
    "id",
    "response_id",
    "generation_id",
    "text",
    "finish_reason",
    "err",
    "message",
    "event_type",
    "is_finished",
    "index",
    // The conversation as it was sent, with this turn at its end.
    "chat_history.**",
    "prompt",
    "generations.*.id",
    "generations.*.text",
    "generations.*.finish_reason",
    "generations.*.index",
    "tool_calls.*.name",
    "tool_calls.*.parameters.**",
    "tool_call_delta.index",
    "tool_call_delta.name",
    "tool_call_delta.parameters",
    "meta.api_version.**",
    "meta.billed_units.**",
    "meta.tokens.**",
    "meta.cached_tokens",
    "response.id",
    "response.response_id",
    "response.generation_id",
    "response.text",
    "response.finish_reason",
    "response.chat_history.**",
    "response.prompt",
    "response.generations.*.id",
    "response.generations.*.text",
    "response.generations.*.finish_reason",
    "response.generations.*.index",
    "response.tool_calls.*.name",
    "response.tool_calls.*.parameters.**",
    "response.meta.api_version.**",
    "response.meta.billed_units.**",
    "response.meta.tokens.**",
    "response.meta.cached_tokens",
];

pub(super) fn chat(draft: &mut Draft, event: &Event) {
    let json = &event.json;
    match json["event_type"].as_str().unwrap_or_default() {
        "" => {
            draft.say(Draft::text, "text", json["text"].as_str().filter(|text| !text.is_empty()));
            for (number, call) in json["tool_calls"].as_array().into_iter().flatten().enumerate() {
                let key = format!("call {number}");
                draft.call(&key, "", call["name"].as_str().unwrap_or_default());
                let written = event.written(&format!("/tool_calls/{number}/parameters"));
                draft.arguments(&key, &written.unwrap_or_default());
            }
            end(draft, json);
        }
        "text-generation" => draft.say(Draft::text, "text", json["text"].as_str()),
        "tool-calls-chunk" => piece_of_call(draft, &json["tool_call_delta"]),
        "stream-end" => last(draft, json),
        _ => {}
    }
}

/// The name comes first, the arguments follow as text. Where there is no number, nobody can tell whose they are.
fn piece_of_call(draft: &mut Draft, delta: &Value) {
    let Some(number) = delta["index"].as_u64() else { return };
    let key = format!("call {number}");
    if let Some(name) = delta["name"].as_str() {
        draft.call(&key, "", name);
    }
    if let Some(piece) = delta["parameters"].as_str() {
        draft.arguments(&key, piece);
    }
}

fn generate(draft: &mut Draft, event: &Event) {
    let json = &event.json;
    match json["event_type"].as_str().unwrap_or_default() {
        "" => generated(draft, json),
        "text-generation" if json["index"].as_u64().unwrap_or(0) == 0 => {
            draft.say(Draft::text, "text", json["text"].as_str());
        }
        "stream-end" => generated(draft, &json["response"]),
        "stream-error" => draft.interrupt(failure(500, &json["err"])),
        _ => {}
    }
}

pub(super) fn generated(draft: &mut Draft, json: &Value) {
    if json["generations"].as_array().is_some_and(|all| all.len() > 1) {
        draft.notes.push("generations beyond the first are not kept".to_owned());
    }
    if !draft.is_stream {
        let said = json["generations"][0]["text"].as_str().filter(|text| !text.is_empty());
        draft.say(Draft::text, "text", said);
    }
    draft.id = json["id"].as_str().map(str::to_owned);
    draft.finish = finish(&json["generations"][0]["finish_reason"]);
    usage(draft, &json["meta"]);
}

/// A stream that failed ends like a reply that could not be read, but for what it cost.
fn last(draft: &mut Draft, json: &Value) {
    let response = &json["response"];
    if json["finish_reason"] == "ERROR" && response["meta"].is_null() {
        return draft.interrupt(failure(500, &Value::Null));
    }
    end(draft, response);
}

fn end(draft: &mut Draft, json: &Value) {
    draft.id = json["generation_id"].as_str().map(str::to_owned);
    draft.finish = finish(&json["finish_reason"]);
    usage(draft, &json["meta"]);
}

/// Calling a tool is a way to be complete.
fn finish(reason: &Value) -> Option<Finish> {
    match reason.as_str()? {
        "MAX_TOKENS" => Some(Finish::Length),
        "STOP_SEQUENCE" => Some(Finish::StopSequence),
        "ERROR_LIMIT" => Some(Finish::Context),
        "ERROR_TOXIC" => Some(Finish::ContentFilter),
        "ERROR" => Some(Finish::Malformed),
        _ => None,
    }
}

fn usage(draft: &mut Draft, meta: &Value) {
    draft.usage = Usage {
        prompt: meta["tokens"]["input_tokens"].as_u64(),
        completion: meta["tokens"]["output_tokens"].as_u64(),
        cached: meta["cached_tokens"].as_u64(),
        ..draft.usage
    };
}

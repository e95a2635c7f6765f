//! Cohere's version 2: <https://docs.cohere.com/reference/chat>, <https://docs.cohere.com/docs/streaming>.

use mocks::script::{Block, Failure, Finish, Kind, Pieces, Usage};
use serde_json::Value;

use super::{Draft, Event, Reader};
use crate::Surface;

pub(super) const CHAT: Reader = Reader { surface: Surface::Chat, asked: None, take, fail, known: KNOWN };

const KNOWN: &[&str] = &[
    "id",
    "type",
    "index",
    "finish_reason",
    "message.role",
    "message.content.*.type",
    "message.content.*.text",
    "message.content.*.thinking",
    "message.tool_plan",
    "message.tool_calls.*.id",
    "message.tool_calls.*.type",
    "message.tool_calls.*.function.name",
    "message.tool_calls.*.function.arguments",
    "usage.**",
    "delta.finish_reason",
    "delta.error",
    "delta.usage.**",
    "delta.message.role",
    "delta.message.content.type",
    "delta.message.content.text",
    "delta.message.content.thinking",
    "delta.message.tool_plan",
    "delta.message.tool_calls.id",
    "delta.message.tool_calls.type",
    "delta.message.tool_calls.function.name",
    "delta.message.tool_calls.function.arguments",
];

fn take(draft: &mut Draft, event: &Event) {
    let json = &event.json;
    let (delta, index) = (&json["delta"], json["index"].to_string());
    let (message, call) = (&delta["message"], format!("call {index}"));
    match json["type"].as_str().unwrap_or_default() {
        "" => whole(draft, json),
        "message-start" => draft.id = json["id"].as_str().map(str::to_owned),
        // A block is opened with nothing.
        "content-start" if message["content"]["type"] == "text" => {
            draft.open(&format!("content {index}"), Block::Text(Pieces::default()));
        }
        "content-delta" => content(draft, &format!("content {index}"), &message["content"]),
        "tool-plan-delta" => draft.text("plan", message["tool_plan"].as_str().unwrap_or_default()),
        "tool-call-start" => open_call(draft, &call, &message["tool_calls"]),
        "tool-call-delta" => {
            let piece = &message["tool_calls"]["function"]["arguments"];
            draft.arguments(&call, piece.as_str().unwrap_or_default());
        }
        "message-end" if delta["finish_reason"] == "ERROR" && delta["error"].is_string() => {
            draft.interrupt(failure(500, &delta["error"]));
        }
        "message-end" => end(draft, delta),
        _ => {}
    }
}

fn whole(draft: &mut Draft, json: &Value) {
    draft.id = json["id"].as_str().map(str::to_owned);
    let message = &json["message"];
    for (number, block) in message["content"].as_array().into_iter().flatten().enumerate() {
        content(draft, &format!("content {number}"), block);
    }
    if let Some(plan) = message["tool_plan"].as_str() {
        draft.text("plan", plan);
    }
    for (number, call) in message["tool_calls"].as_array().into_iter().flatten().enumerate() {
        let key = format!("call {number}");
        open_call(draft, &key, call);
        draft.arguments(&key, call["function"]["arguments"].as_str().unwrap_or_default());
    }
    end(draft, json);
}

fn content(draft: &mut Draft, key: &str, block: &Value) {
    if let Some(text) = block["text"].as_str() {
        draft.text(key, text);
    }
    if let Some(thought) = block["thinking"].as_str() {
        draft.thought(key, thought);
    }
}

fn open_call(draft: &mut Draft, key: &str, call: &Value) {
    let id = call["id"].as_str().unwrap_or_default();
    draft.call(key, id, call["function"]["name"].as_str().unwrap_or_default());
}

fn end(draft: &mut Draft, end: &Value) {
    draft.finish = match end["finish_reason"].as_str() {
        Some("MAX_TOKENS") => Some(Finish::Length),
        Some("STOP_SEQUENCE") => Some(Finish::StopSequence),
        Some("TOOL_CALL") => Some(Finish::ToolCalls),
        Some("ERROR") => Some(Finish::Malformed),
        Some(_) => Some(Finish::Stop),
        None => draft.finish,
    };
    let usage = &end["usage"];
    draft.usage = Usage {
        prompt: usage["tokens"]["input_tokens"].as_u64(),
        completion: usage["tokens"]["output_tokens"].as_u64(),
        cached: usage["cached_tokens"].as_u64(),
        ..draft.usage
    };
}

pub(super) fn fail(status: u16, _: &str, event: &Event) -> Failure {
    failure(status, &event.json["message"])
}

/// There is nothing but the status and the sentence.
pub(super) fn failure(status: u16, message: &Value) -> Failure {
    Failure {
        status: Some(status),
        kind: Some(Kind::of_status(status)),
        message: message.as_str().map(str::to_owned),
        ..Failure::default()
    }
}

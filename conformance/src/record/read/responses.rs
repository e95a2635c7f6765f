//! OpenAI's responses: <https://platform.openai.com/docs/api-reference/responses/object>, and their events:
//! <https://platform.openai.com/docs/api-reference/responses-streaming>.

use mocks::script::{Block, Finish, Pieces, Reasoning};
use serde_json::Value;

use super::{Draft, Event, Reader, openai};
use crate::Surface;

pub(super) const RESPONSES: Reader =
    Reader { surface: Surface::Responses, asked: None, take, fail: openai::fail, known: KNOWN };

/// A stream says all things several times: its pieces are read, and the response at its end.
const KNOWN: &[&str] = &[
    "type",
    "sequence_number",
    "output_index",
    "content_index",
    "summary_index",
    "item_id",
    "obfuscation",
    "delta",
    "text",
    "refusal",
    "arguments",
    "input",
    "name",
    "part.**",
    "item.**",
    "response.**",
    "error.**",
    "message",
    "param",
    "code",
    "id",
    "object",
    "created_at",
    "completed_at",
    "status",
    "model",
    "incomplete_details.reason",
    // What the request said, or what holds where it did not.
    "background",
    "billing.**",
    "frequency_penalty",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata.**",
    "parallel_tool_calls",
    "presence_penalty",
    "previous_response_id",
    "prompt_cache_key",
    "prompt_cache_retention",
    "reasoning.**",
    "safety_identifier",
    "service_tier",
    "store",
    "temperature",
    "text.**",
    "tool_choice",
    "tool_choice.**",
    "tools.**",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
    "output.*.id",
    "output.*.type",
    "output.*.status",
    "output.*.role",
    "output.*.content.*.type",
    "output.*.content.*.text",
    "output.*.content.*.refusal",
    "output.*.summary.*.type",
    "output.*.summary.*.text",
    "output.*.encrypted_content",
    "output.*.call_id",
    "output.*.name",
    "output.*.arguments",
    "output.*.input",
    "usage.input_tokens",
    "usage.output_tokens",
    "usage.total_tokens",
    "usage.input_tokens_details.cached_tokens",
    "usage.input_tokens_details.cache_write_tokens",
    "usage.output_tokens_details.reasoning_tokens",
];

fn take(draft: &mut Draft, event: &Event) {
    let json = &event.json;
    let item = format!("item {}", json["output_index"]);
    let part = format!("{item} {}", json["content_index"]);
    let piece = json["delta"].as_str().unwrap_or_default();
    match json["type"].as_str().unwrap_or_default() {
        "" => whole(draft, json),
        "response.output_item.added" => open(draft, &item, &json["item"]),
        "response.content_part.added" => open_part(draft, &part, &json["part"]),
        "response.output_text.delta" => draft.text(&part, piece),
        "response.refusal.delta" => draft.refusal(&part, piece),
        "response.reasoning_summary_text.delta" => draft.thought(&item, piece),
        "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
            draft.arguments(&item, piece);
        }
        "response.output_item.done" => sign(draft, &item, &json["item"]),
        "response.completed" | "response.incomplete" => end(draft, &json["response"]),
        "response.failed" if draft.failure.is_none() => end(draft, &json["response"]),
        // Some have the error's members in the event itself.
        "error" => draft.interrupt(openai::failure(500, json.get("error").unwrap_or(json))),
        _ => {}
    }
}

fn whole(draft: &mut Draft, json: &Value) {
    for (number, item) in json["output"].as_array().into_iter().flatten().enumerate() {
        let key = format!("item {number}");
        open(draft, &key, item);
        for (number, part) in item["content"].as_array().into_iter().flatten().enumerate() {
            let key = format!("{key} {number}");
            open_part(draft, &key, part);
            part["text"].as_str().into_iter().for_each(|text| draft.text(&key, text));
            part["refusal"].as_str().into_iter().for_each(|text| draft.refusal(&key, text));
        }
        for part in item["summary"].as_array().into_iter().flatten() {
            draft.thought(&key, part["text"].as_str().unwrap_or_default());
        }
        let arguments = item["arguments"].as_str().or(item["input"].as_str());
        arguments.into_iter().for_each(|written| draft.arguments(&key, written));
        sign(draft, &key, item);
    }
    end(draft, json);
}

fn open(draft: &mut Draft, key: &str, item: &Value) {
    let text = |name: &str| item[name].as_str().unwrap_or_default();
    match text("type") {
        // Its parts are blocks of their own.
        "message" => {}
        "reasoning" => draft.open(
            key,
            Block::Reasoning(Reasoning { text: Pieces::default(), signature: None, redacted: None }),
        ),
        "function_call" | "custom_tool_call" => draft.call(key, text("call_id"), text("name")),
        other => draft.notes.push(format!("an item of type `{other}` is not kept")),
    }
}

fn open_part(draft: &mut Draft, key: &str, part: &Value) {
    match part["type"].as_str() {
        Some("output_text") => draft.open(key, Block::Text(Pieces::default())),
        Some("refusal") => draft.open(key, Block::Refusal(Pieces::default())),
        _ => {}
    }
}

/// What was thought is proven when it is done.
fn sign(draft: &mut Draft, key: &str, item: &Value) {
    if let Some(sealed) = item["encrypted_content"].as_str().filter(|_| item["type"] == "reasoning") {
        draft.sign(key, sealed);
    }
}

fn end(draft: &mut Draft, response: &Value) {
    draft.id = response["id"].as_str().map(str::to_owned);
    draft.model = response["model"].as_str().map(str::to_owned);
    draft.finish = match (response["status"].as_str(), response["incomplete_details"]["reason"].as_str()) {
        (_, Some("content_filter")) => Some(Finish::ContentFilter),
        (Some("incomplete"), _) => Some(Finish::Length),
        (Some("failed"), _) => Some(Finish::Malformed),
        _ => None,
    };
    let usage = &response["usage"];
    draft.usage.prompt = usage["input_tokens"].as_u64();
    draft.usage.completion = usage["output_tokens"].as_u64();
    draft.usage.cached = usage["input_tokens_details"]["cached_tokens"].as_u64();
    draft.usage.cache_write = usage["input_tokens_details"]["cache_write_tokens"].as_u64();
    draft.usage.reasoning = usage["output_tokens_details"]["reasoning_tokens"].as_u64();
}

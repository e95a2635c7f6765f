//! Anthropic's messages: <https://docs.claude.com/en/api/messages>, <https://docs.claude.com/en/docs/build-with-claude/streaming>.

use mocks::script::{Block, Failure, Finish, Kind, Pieces, Reasoning};
use serde_json::Value;

use super::{Draft, Event, Reader, kind};
use crate::Surface;

pub(super) const MESSAGES: Reader = Reader { surface: Surface::Chat, asked: None, take, fail, known: KNOWN };

pub(super) const KNOWN: &[&str] = &[
    "type",
    "index",
    "id",
    "role",
    "model",
    "stop_reason",
    "stop_sequence",
    "request_id",
    "content.*.type",
    "content.*.text",
    "content.*.thinking",
    "content.*.signature",
    "content.*.data",
    "content.*.id",
    "content.*.name",
    "content.*.input.**",
    "usage.input_tokens",
    "usage.output_tokens",
    "usage.cache_creation_input_tokens",
    "usage.cache_read_input_tokens",
    "usage.cache_creation.ephemeral_5m_input_tokens",
    "usage.output_tokens_details.thinking_tokens",
    "message.type",
    "message.id",
    "message.role",
    "message.model",
    "message.usage.input_tokens",
    "message.usage.output_tokens",
    "message.usage.cache_creation_input_tokens",
    "message.usage.cache_read_input_tokens",
    "message.usage.cache_creation.ephemeral_5m_input_tokens",
    "message.usage.output_tokens_details.thinking_tokens",
    "content_block.type",
    "content_block.text",
    "content_block.thinking",
    "content_block.signature",
    "content_block.data",
    "content_block.id",
    "content_block.name",
    "content_block.input.**",
    "delta.type",
    "delta.text",
    "delta.thinking",
    "delta.signature",
    "delta.partial_json",
    "delta.stop_reason",
    "delta.stop_sequence",
    "error.type",
    "error.message",
    "error.details.error_code",
];

pub(super) fn take(draft: &mut Draft, event: &Event) {
    let json = &event.json;
    let key = json["index"].to_string();
    match json["type"].as_str().unwrap_or_default() {
        "message" => {
            head(draft, json);
            for (number, block) in json["content"].as_array().into_iter().flatten().enumerate() {
                open(draft, &number.to_string(), block);
                if block["type"] == "tool_use" {
                    let written = event.written(&format!("/content/{number}/input"));
                    draft.arguments(&number.to_string(), &written.unwrap_or_default());
                }
            }
            end(draft, json);
            usage(draft, &json["usage"]);
        }
        "message_start" => {
            head(draft, &json["message"]);
            usage(draft, &json["message"]["usage"]);
        }
        "content_block_start" => {
            open(draft, &key, &json["content_block"]);
            // A block that came whole has its input here, and no deltas.
            let input = event.written("/content_block/input").filter(|input| input.trim() != "{}");
            if let Some(input) = input {
                draft.arguments(&key, &input);
            }
        }
        "content_block_delta" => delta(draft, &key, &json["delta"]),
        "content_block_stop" => draft.close(&key),
        "message_delta" => {
            end(draft, &json["delta"]);
            usage(draft, &json["usage"]);
        }
        "error" => draft.interrupt(fail(500, "", event)),
        _ => {}
    }
}

fn open(draft: &mut Draft, key: &str, block: &Value) {
    let text = |name: &str| block[name].as_str().unwrap_or_default();
    match block["type"].as_str().unwrap_or_default() {
        // Streams open their blocks with nothing.
        "text" if text("text").is_empty() => draft.open(key, Block::Text(Pieces::default())),
        "text" => draft.text(key, text("text")),
        "thinking" => {
            if text("thinking").is_empty() {
                draft.open(
                    key,
                    Block::Reasoning(Reasoning { text: Pieces::default(), signature: None, redacted: None }),
                );
            } else {
                draft.thought(key, text("thinking"));
            }
            if !text("signature").is_empty() {
                draft.sign(key, text("signature"));
            }
        }
        "redacted_thinking" => draft.hide(key, text("data")),
        "tool_use" => draft.call(key, text("id"), text("name")),
        other => draft.notes.push(format!("a block of type `{other}` is not kept")),
    }
}

fn delta(draft: &mut Draft, key: &str, delta: &Value) {
    let text = |name: &str| delta[name].as_str().unwrap_or_default();
    match delta["type"].as_str().unwrap_or_default() {
        "text_delta" => draft.text(key, text("text")),
        "thinking_delta" => draft.thought(key, text("thinking")),
        "signature_delta" => draft.sign(key, text("signature")),
        "input_json_delta" => draft.piece(key, text("partial_json")),
        _ => {}
    }
}

fn head(draft: &mut Draft, message: &Value) {
    draft.id = message["id"].as_str().map(str::to_owned);
    draft.model = message["model"].as_str().map(str::to_owned);
}

fn end(draft: &mut Draft, end: &Value) {
    draft.finish = match end["stop_reason"].as_str() {
        Some("max_tokens") => Some(Finish::Length),
        Some("stop_sequence") => Some(Finish::StopSequence),
        Some("tool_use") => Some(Finish::ToolCalls),
        Some("refusal") => Some(Finish::ContentFilter),
        Some("pause_turn") => Some(Finish::Pause),
        Some("model_context_window_exceeded") => Some(Finish::Context),
        Some(_) => Some(Finish::Stop),
        None => draft.finish,
    };
}

/// Counts are of the whole message so far; what a cache gave or took is not part of `input_tokens`.
fn usage(draft: &mut Draft, usage: &Value) {
    let count = |name: &str| usage[name].as_u64();
    draft.usage.cached = count("cache_read_input_tokens").or(draft.usage.cached);
    draft.usage.cache_write = count("cache_creation_input_tokens").or(draft.usage.cache_write);
    if let Some(input) = count("input_tokens") {
        draft.usage.prompt =
            Some(input + draft.usage.cached.unwrap_or(0) + draft.usage.cache_write.unwrap_or(0));
    }
    draft.usage.completion = count("output_tokens").or(draft.usage.completion);
    draft.usage.reasoning =
        usage["output_tokens_details"]["thinking_tokens"].as_u64().or(draft.usage.reasoning);
}

/// <https://docs.claude.com/en/api/errors>
const WORDS: &[(&str, Kind)] = &[
    ("invalid_request_error", Kind::InvalidRequest),
    ("authentication_error", Kind::Authentication),
    ("billing_error", Kind::Billing),
    ("permission_error", Kind::Permission),
    ("not_found_error", Kind::NotFound),
    ("request_too_large", Kind::TooLarge),
    ("rate_limit_error", Kind::RateLimit),
    ("timeout_error", Kind::Timeout),
    ("overloaded_error", Kind::Overloaded),
    ("conflict_error", Kind::Conflict),
];

pub(super) fn fail(status: u16, _: &str, event: &Event) -> Failure {
    let error = &event.json["error"];
    Failure {
        status: Some(status),
        kind: Some(kind(status, error["type"].as_str().unwrap_or_default(), WORDS)),
        message: error["message"].as_str().map(str::to_owned),
        param: None,
        code: error["details"]["error_code"].as_str().map(str::to_owned),
    }
}

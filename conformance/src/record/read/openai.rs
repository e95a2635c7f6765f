//! `OpenAI`'s replies: <https://platform.openai.com/docs/api-reference/chat/object>, and those of all who took over its form.

use mocks::script::{Failure, Finish, Kind, Vector};
use serde_json::Value;

use super::{Draft, Event, Reader, kind};
use crate::Surface;
use crate::fold;

pub(super) const CHAT: Reader = Reader { surface: Surface::Chat, asked: None, take, fail, known: KNOWN };
pub(super) const COMPLETIONS: Reader = Reader { surface: Surface::Completions, ..CHAT };
pub(super) const EMBEDDINGS: Reader = Reader { surface: Surface::Embeddings, take: vectors, ..CHAT };

pub(super) const KNOWN: &[&str] = &[
    "id",
    "object",
    "created",
    "model",
    "type",
    "choices.*.index",
    "choices.*.finish_reason",
    "choices.*.text",
    "choices.*.message.role",
    "choices.*.message.content",
    "choices.*.message.refusal",
    "choices.*.message.reasoning_content",
    "choices.*.message.reasoning",
    "choices.*.message.tool_calls.*.id",
    "choices.*.message.tool_calls.*.type",
    "choices.*.message.tool_calls.*.function.**",
    "choices.*.delta.role",
    "choices.*.delta.content",
    "choices.*.delta.refusal",
    "choices.*.delta.reasoning_content",
    "choices.*.delta.reasoning",
    "choices.*.delta.tool_calls.*.index",
    "choices.*.delta.tool_calls.*.id",
    "choices.*.delta.tool_calls.*.type",
    "choices.*.delta.tool_calls.*.function.**",
    "usage.prompt_tokens",
    "usage.completion_tokens",
    "usage.total_tokens",
    "usage.prompt_tokens_details.cached_tokens",
    "usage.prompt_tokens_details.cache_write_tokens",
    "usage.completion_tokens_details.reasoning_tokens",
    "error.message",
    "error.type",
    "error.param",
    "error.code",
    "data.*.object",
    "data.*.index",
    "data.*.embedding",
    "data.*.embedding.*",
];

pub(super) fn take(draft: &mut Draft, event: &Event) {
    let json = &event.json;
    if !json["error"].is_null() {
        return draft.interrupt(fail(500, "", event));
    }
    head(draft, json);
    for choice in json["choices"].as_array().into_iter().flatten() {
        if choice["index"].as_u64().unwrap_or(0) > 0 {
            let note = "choices beyond the first are not kept".to_owned();
            draft.notes.extend((!draft.notes.contains(&note)).then_some(note));
            continue;
        }
        let said = fold::said(choice);
        // A stream opens with a role and nothing, a whole reply of nothing has an empty text.
        let is_opening = !said["role"].is_null() || choice.get("text").is_some();
        let text = |names: &[&str]| names.iter().find_map(|name| said[*name].as_str());
        let is_said = |text: &&str| !text.is_empty() || (draft.is_stream && !is_opening);
        let thought = text(&["reasoning_content", "reasoning"]);
        let thought = thought.filter(|text| !draft.is_stream || is_said(text));
        let (spoken, refusal) =
            (text(&["content", "text"]).filter(is_said), text(&["refusal"]).filter(is_said));
        draft.say(Draft::thought, "reasoning", thought);
        draft.say(Draft::text, "text", spoken);
        draft.say(Draft::refusal, "refusal", refusal);
        for (position, call) in said["tool_calls"].as_array().into_iter().flatten().enumerate() {
            self::call(draft, position, call);
        }
        if let Some(reason) = choice["finish_reason"].as_str() {
            draft.finish = Some(finish(reason));
        }
    }
}

pub(super) fn call(draft: &mut Draft, position: usize, call: &Value) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let key = format!(
        "call {}",
        call["index"].as_u64().map_or_else(|| position.to_string(), |index| index.to_string())
    );
    let function = &call["function"];
    draft.call(&key, &text(&call["id"]), &text(&function["name"]));
    draft.arguments(&key, &text(&function["arguments"]));
}

fn head(draft: &mut Draft, json: &Value) {
    draft.id = draft.id.take().or_else(|| json["id"].as_str().map(str::to_owned));
    draft.model = draft.model.take().or_else(|| json["model"].as_str().map(str::to_owned));
    let usage = &json["usage"];
    if usage.is_object() {
        draft.usage.prompt = usage["prompt_tokens"].as_u64();
        draft.usage.completion = usage["completion_tokens"].as_u64();
        draft.usage.cached = usage["prompt_tokens_details"]["cached_tokens"].as_u64();
        draft.usage.cache_write = usage["prompt_tokens_details"]["cache_write_tokens"].as_u64();
        draft.usage.reasoning = usage["completion_tokens_details"]["reasoning_tokens"].as_u64();
    }
}

fn vectors(draft: &mut Draft, event: &Event) {
    head(draft, &event.json);
    #[expect(clippy::cast_possible_truncation, reason = "they are 32-bit floats")]
    let read = |object: &Value| {
        Vector(fold::Vector::read(object).numbers.into_iter().map(|number| number as f32).collect())
    };
    draft.embeddings = Some(event.json["data"].as_array().into_iter().flatten().map(read).collect());
}

fn finish(reason: &str) -> Finish {
    match reason {
        "length" => Finish::Length,
        "tool_calls" | "function_call" => Finish::ToolCalls,
        "content_filter" => Finish::ContentFilter,
        _ => Finish::Stop,
    }
}

/// <https://platform.openai.com/docs/guides/error-codes>
const WORDS: &[(&str, Kind)] = &[
    ("insufficient_quota", Kind::Quota),
    ("context_length_exceeded", Kind::ContextLength),
    ("content_policy_violation", Kind::ContentFilter),
    ("content_filter", Kind::ContentFilter),
    ("rate_limit_exceeded", Kind::RateLimit),
    ("model_not_found", Kind::NotFound),
];

pub(super) fn fail(status: u16, _: &str, event: &Event) -> Failure {
    failure(status, &event.json["error"])
}

/// The members of an error.
pub(super) fn failure(status: u16, error: &Value) -> Failure {
    let text = |name: &str| error[name].as_str().map(str::to_owned);
    let code = text("code");
    Failure {
        status: Some(status),
        kind: Some(kind(status, code.as_deref().unwrap_or_default(), WORDS)),
        message: text("message").or_else(|| error.as_str().map(str::to_owned)),
        param: text("param"),
        code,
    }
}

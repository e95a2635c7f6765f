//! Bedrock's Converse: <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>,
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html>.

use mocks::script::{Failure, Finish, Kind};
use serde_json::Value;

use super::{Draft, Event, Reader, kind};
use crate::Surface;

pub(super) const CONVERSE: Reader = Reader { surface: Surface::Chat, asked: None, take, fail, known: KNOWN };

const KNOWN: &[&str] = &[
    // The padding of streams says nothing, and times are the moment's.
    "p",
    "metrics.latencyMs",
    "role",
    "contentBlockIndex",
    "stopReason",
    "message",
    "Message",
    "output.message.role",
    "output.message.content.*.text",
    "output.message.content.*.reasoningContent.reasoningText.text",
    "output.message.content.*.reasoningContent.reasoningText.signature",
    "output.message.content.*.reasoningContent.redactedContent",
    "output.message.content.*.toolUse.toolUseId",
    "output.message.content.*.toolUse.name",
    "output.message.content.*.toolUse.input.**",
    "start.toolUse.toolUseId",
    "start.toolUse.name",
    "delta.text",
    "delta.toolUse.input",
    "delta.reasoningContent.text",
    "delta.reasoningContent.signature",
    "delta.reasoningContent.redactedContent",
    "usage.inputTokens",
    "usage.outputTokens",
    "usage.totalTokens",
    "usage.cacheReadInputTokens",
    "usage.cacheWriteInputTokens",
    "originalStatusCode",
    "originalMessage",
];

pub(super) fn take(draft: &mut Draft, event: &Event) {
    let json = &event.json;
    for (number, block) in json["output"]["message"]["content"].as_array().into_iter().flatten().enumerate() {
        self::block(draft, event, number, block);
    }
    let key = json["contentBlockIndex"].to_string();
    if let Some(call) = json["start"].get("toolUse") {
        draft.call(&key, text(&call["toolUseId"]), text(&call["name"]));
    }
    if let Some(delta) = json.get("delta") {
        self::delta(draft, &key, delta);
    } else if json["contentBlockIndex"].is_u64() && json.get("start").is_none() {
        draft.close(&key);
    }
    if let Some(reason) = json["stopReason"].as_str() {
        draft.finish = Some(finish(reason));
    }
    if json["usage"].is_object() {
        usage(draft, &json["usage"]);
    }
}

fn block(draft: &mut Draft, event: &Event, number: usize, block: &Value) {
    let key = number.to_string();
    if let Some(said) = block["text"].as_str() {
        draft.text(&key, said);
    }
    if let Some(call) = block.get("toolUse") {
        draft.call(&key, text(&call["toolUseId"]), text(&call["name"]));
        let written = event.written(&format!("/output/message/content/{number}/toolUse/input"));
        draft.arguments(&key, &written.unwrap_or_default());
    }
    if let Some(reasoning) = block.get("reasoningContent") {
        let thought = &reasoning["reasoningText"];
        thought["text"].as_str().into_iter().for_each(|text| draft.thought(&key, text));
        thought["signature"].as_str().into_iter().for_each(|text| draft.sign(&key, text));
        reasoning["redactedContent"].as_str().into_iter().for_each(|data| draft.hide(&key, data));
    }
}

fn delta(draft: &mut Draft, key: &str, delta: &Value) {
    if let Some(said) = delta["text"].as_str() {
        draft.text(key, said);
    }
    if let Some(piece) = delta["toolUse"]["input"].as_str() {
        draft.piece(key, piece);
    }
    let reasoning = &delta["reasoningContent"];
    reasoning["text"].as_str().into_iter().for_each(|text| draft.thought(key, text));
    reasoning["signature"].as_str().into_iter().for_each(|text| draft.sign(key, text));
    reasoning["redactedContent"].as_str().into_iter().for_each(|data| draft.hide(key, data));
}

fn finish(reason: &str) -> Finish {
    match reason {
        "max_tokens" => Finish::Length,
        "tool_use" => Finish::ToolCalls,
        "stop_sequence" => Finish::StopSequence,
        "content_filtered" => Finish::ContentFilter,
        "guardrail_intervened" => Finish::Guardrail,
        "model_context_window_exceeded" => Finish::Context,
        "malformed_tool_use" | "malformed_model_output" => Finish::Malformed,
        _ => Finish::Stop,
    }
}

/// What a cache gave or took is not part of `inputTokens`.
fn usage(draft: &mut Draft, usage: &Value) {
    let count = |name: &str| usage[name].as_u64();
    let (cached, written) = (count("cacheReadInputTokens"), count("cacheWriteInputTokens"));
    draft.usage.prompt = count("inputTokens").map(|input| input + cached.unwrap_or(0) + written.unwrap_or(0));
    draft.usage.completion = count("outputTokens");
    (draft.usage.cached, draft.usage.cache_write) = (cached, written);
}

/// <https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html>, in lower case: streams begin them so.
const WORDS: &[(&str, Kind)] = &[
    ("validationexception", Kind::InvalidRequest),
    ("unrecognizedclientexception", Kind::Authentication),
    ("accessdeniedexception", Kind::Permission),
    ("resourcenotfoundexception", Kind::NotFound),
    ("conflictexception", Kind::Conflict),
    ("requestentitytoolargeexception", Kind::TooLarge),
    ("throttlingexception", Kind::RateLimit),
    ("servicequotaexceededexception", Kind::Quota),
    ("internalserverexception", Kind::Server),
    ("modelerrorexception", Kind::Model),
    ("modelstreamerrorexception", Kind::Model),
    ("modelnotreadyexception", Kind::NotReady),
    ("serviceunavailableexception", Kind::Overloaded),
    ("modeltimeoutexception", Kind::Timeout),
];

pub(super) fn fail(status: u16, name: &str, event: &Event) -> Failure {
    let name = name.split(':').next().unwrap_or_default();
    let message = event.json["message"].as_str().or(event.json["Message"].as_str());
    Failure {
        status: Some(status),
        kind: Some(kind(status, &name.to_lowercase(), WORDS)),
        message: message.map(str::to_owned),
        param: None,
        code: (!name.is_empty()).then(|| name.to_owned()),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

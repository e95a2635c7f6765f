//! Gemini's candidates: <https://ai.google.dev/api/generate-content#generatecontentresponse>.

use mocks::script::{Failure, Finish, Kind};
use serde_json::Value;

use super::{Draft, Event, Reader, kind};
use crate::Surface;

pub(super) const GENERATE: Reader = Reader { surface: Surface::Chat, asked: None, take, fail, known: KNOWN };

const KNOWN: &[&str] = &[
    "responseId",
    "modelVersion",
    "createTime",
    "candidates.*.index",
    "candidates.*.finishReason",
    "candidates.*.content.role",
    "candidates.*.content.parts.*.text",
    "candidates.*.content.parts.*.thought",
    "candidates.*.content.parts.*.thoughtSignature",
    "candidates.*.content.parts.*.functionCall.**",
    "promptFeedback.blockReason",
    "usageMetadata.promptTokensDetails.**",
    "usageMetadata.candidatesTokensDetails.**",
    "usageMetadata.promptTokenCount",
    "usageMetadata.candidatesTokenCount",
    "usageMetadata.totalTokenCount",
    "usageMetadata.thoughtsTokenCount",
    "usageMetadata.cachedContentTokenCount",
    "error.code",
    "error.message",
    "error.status",
    "error.details.*.reason",
];

fn take(draft: &mut Draft, event: &Event) {
    let json = &event.json;
    if !json["error"].is_null() {
        return draft.interrupt(fail(500, "", event));
    }
    draft.id = json["responseId"].as_str().map(str::to_owned).or(draft.id.take());
    draft.model = json["modelVersion"].as_str().map(str::to_owned).or(draft.model.take());
    usage(draft, &json["usageMetadata"]);
    if !json["promptFeedback"]["blockReason"].is_null() {
        draft.finish = Some(Finish::ContentFilter);
    }
    for candidate in json["candidates"].as_array().into_iter().flatten() {
        if candidate["index"].as_u64().unwrap_or(0) > 0 {
            let note = "candidates beyond the first are not kept".to_owned();
            draft.notes.extend((!draft.notes.contains(&note)).then_some(note));
            continue;
        }
        for (number, part) in candidate["content"]["parts"].as_array().into_iter().flatten().enumerate() {
            // What tells the end says nothing.
            let is_end = draft.is_stream && !candidate["finishReason"].is_null() && part["text"] == "";
            if !is_end {
                self::part(draft, event, number, part);
            }
        }
        if let Some(reason) = candidate["finishReason"].as_str() {
            draft.finish = finish(reason);
        }
        // What was withheld was said, if only as nothing: without any content it is the prompt that was refused.
        if !draft.is_stream && candidate["content"].is_null() {
            let key = draft.run("text");
            draft.text(&key, "");
        }
    }
}

/// Neighbours of one kind are one block of a stream; a call comes whole.
fn part(draft: &mut Draft, event: &Event, number: usize, part: &Value) {
    let at = format!("{}.{number}", draft.event);
    if let Some(call) = part.get("functionCall") {
        draft.call(&at, call["id"].as_str().unwrap_or_default(), call["name"].as_str().unwrap_or_default());
        let written = event.written(&format!("/candidates/0/content/parts/{number}/functionCall/args"));
        return draft.arguments(&at, &written.unwrap_or_default());
    }
    let Some(said) = part["text"].as_str() else { return };
    if part["thought"] == true {
        let key = draft.run("thought");
        draft.thought(&key, said);
        part["thoughtSignature"].as_str().into_iter().for_each(|signature| draft.sign(&key, signature));
    } else {
        let key = draft.run("text");
        draft.text(&key, said);
    }
}

/// A call ends like anything else; nothing, where it follows from the content.
fn finish(reason: &str) -> Option<Finish> {
    match reason {
        "STOP" | "FINISH_REASON_UNSPECIFIED" => None,
        "MAX_TOKENS" => Some(Finish::Length),
        "PROHIBITED_CONTENT" | "BLOCKLIST" | "SPII" => Some(Finish::Guardrail),
        "MALFORMED_FUNCTION_CALL" => Some(Finish::Malformed),
        _ => Some(Finish::ContentFilter),
    }
}

/// Thoughts are not among the tokens of the candidates. Each piece tells the counts so far.
fn usage(draft: &mut Draft, usage: &Value) {
    let count = |name: &str| usage[name].as_u64();
    let thoughts = count("thoughtsTokenCount");
    draft.usage.prompt = count("promptTokenCount").or(draft.usage.prompt);
    draft.usage.completion =
        count("candidatesTokenCount").map(|said| said + thoughts.unwrap_or(0)).or(draft.usage.completion);
    draft.usage.reasoning = thoughts.or(draft.usage.reasoning);
    draft.usage.cached = count("cachedContentTokenCount").or(draft.usage.cached);
}

/// <https://ai.google.dev/gemini-api/docs/troubleshooting>
const WORDS: &[(&str, Kind)] = &[
    ("INVALID_ARGUMENT", Kind::InvalidRequest),
    ("FAILED_PRECONDITION", Kind::Billing),
    ("UNAUTHENTICATED", Kind::Authentication),
    ("PERMISSION_DENIED", Kind::Permission),
    ("NOT_FOUND", Kind::NotFound),
    ("ABORTED", Kind::Conflict),
    ("RESOURCE_EXHAUSTED", Kind::RateLimit),
    ("INTERNAL", Kind::Server),
    ("UNAVAILABLE", Kind::Unavailable),
    ("DEADLINE_EXCEEDED", Kind::Timeout),
];

fn fail(status: u16, _: &str, event: &Event) -> Failure {
    // Streams wrap their errors in an array as well.
    let error = if event.json[0].is_null() { &event.json["error"] } else { &event.json[0]["error"] };
    let reason =
        error["details"].as_array().into_iter().flatten().find_map(|detail| detail["reason"].as_str());
    Failure {
        status: Some(status),
        kind: Some(kind(status, error["status"].as_str().unwrap_or_default(), WORDS)),
        message: error["message"].as_str().map(str::to_owned),
        param: None,
        code: reason.map(str::to_owned),
    }
}

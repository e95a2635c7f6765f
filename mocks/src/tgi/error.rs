//! [Errors](https://huggingface.co/docs/text-generation-inference/reference/api_reference): a sentence and a type. Where a
//! stream was asked for, what the server finds out late is an event of it.

use serde_json::{Value, json};

use super::headers;
use crate::provider::{Event, Whole};
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::seed::Draw;

/// The code of a failure that is told in plain text, by the framework and not by the server.
pub(super) const PLAIN: &str = "text/plain";

/// An error reply. One whose status is 200 is the only event of a stream.
pub(super) fn reply(request: &Request, draw: &Draw, failure: &Failure) -> Whole {
    let (status, body) = body(failure);
    let status = failure.status.unwrap_or(status);
    let whole = |content_type, body: bytes::Bytes| {
        let headers = headers::plain(draw, content_type);
        Whole { status, headers, body }
    };
    if failure.code.as_deref() == Some(PLAIN) {
        return whole("text/plain; charset=utf-8", failure.message.clone().unwrap_or_default().into());
    }
    match failure.kind() {
        _ if status == 200 => whole("text/event-stream", event(&request.path, failure).bytes),
        // The framework's own, and the server's guard: without a word.
        Kind::Authentication | Kind::NotFound | Kind::Method if failure.message.is_none() => {
            let headers = headers::plain(draw, "application/json").into_iter().skip(1).collect();
            Whole { status, headers, body: bytes::Bytes::new() }
        }
        _ => whole("application/json", body.to_string().into()),
    }
}

/// An error as an event: in a chat or completion after OpenAI's form, always with 422, and the end follows all the same.
pub(super) fn event(path: &str, failure: &Failure) -> Event {
    let (_, body) = body(failure);
    if !path.starts_with("/v1/") {
        return super::event(&body);
    }
    let data = json!({ "error": { "message": body["error"], "http_status_code": 422 } });
    let bytes = [super::event(&data).bytes, super::done().bytes].concat();
    Event { name: "".into(), bytes: bytes.into() }
}

/// Status and body of an error.
pub(crate) fn body(failure: &Failure) -> (u16, Value) {
    let (status, kind, sentence) = kind_of(failure.kind());
    let message = failure.message.as_deref().unwrap_or(sentence);
    let kind = failure.code.as_deref().unwrap_or(kind);
    (status, json!({ "error": message, "error_type": kind }))
}

/// What the server says to each kind, where nothing more is known: status, type, sentence.
pub(crate) fn kind_of(kind: Kind) -> (u16, &'static str, &'static str) {
    const INVALID: &str = "validation";
    match kind {
        Kind::InvalidRequest | Kind::Unprocessable | Kind::ContentFilter => {
            (422, INVALID, "Input validation error: the request is not valid")
        }
        Kind::ContextLength => {
            (422, INVALID, "Input validation error: `inputs` must have less than 1024 tokens. Given: 2048")
        }
        Kind::Authentication => (401, "unauthorized", "Unauthorized"),
        Kind::Billing => (402, "billing", "Payment required"),
        Kind::Permission => (403, "forbidden", "Forbidden"),
        Kind::NotFound => (404, "not_found", "Not found"),
        Kind::Method => (405, "method", "Method not allowed"),
        Kind::Conflict => (409, "conflict", "Conflict"),
        Kind::TooLarge => (413, "too_large", "Failed to buffer the request body: length limit exceeded"),
        Kind::RateLimit | Kind::Quota | Kind::Overloaded => (429, "overloaded", "Model is overloaded"),
        Kind::Model => {
            (424, "generation", "Request failed during generation: Server error: the model failed")
        }
        Kind::Server => (500, "incomplete_generation", "Incomplete generation"),
        Kind::NotReady | Kind::Unavailable => (503, "healthcheck", "unhealthy"),
        Kind::Timeout => (504, "timeout", "Gateway timeout"),
    }
}

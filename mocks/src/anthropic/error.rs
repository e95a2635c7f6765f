//! [Errors](https://docs.claude.com/en/api/errors) in Anthropic's words.

use serde::Serialize;
use serde_json::{Value, json};

use super::headers;
use crate::provider::Whole;
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::seed::Draw;

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    error: Error<'a>,
    request_id: String,
}

#[derive(Serialize)]
struct Error<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Value>,
    #[serde(rename = "type")]
    kind: &'static str,
    message: &'a str,
}

/// An error reply.
pub(super) fn reply(request: &Request, draw: &Draw, failure: &Failure) -> Whole {
    let (status, mut body) = body(draw, failure);
    if failure.message.is_none() && failure.kind() == Kind::NotFound && request.path == "/v1/messages" {
        let model = serde_json::from_slice::<Value>(&request.body).ok();
        let model = model.as_ref().and_then(|body| body["model"].as_str()).unwrap_or_default();
        let known = Failure { message: Some(format!("model: {model}")), ..failure.clone() };
        body = self::body(draw, &known).1;
    }
    let mut headers = headers::plain(draw, "application/json");
    match failure.kind() {
        Kind::RateLimit => {
            headers.extend([("retry-after".into(), "1".into()), ("x-should-retry".into(), "true".into())]);
        }
        Kind::Overloaded => headers.push(("x-should-retry".into(), "true".into())),
        _ => {}
    }
    Whole { status, headers, body: body.into() }
}

/// Status and body of an error.
pub(super) fn body(draw: &Draw, failure: &Failure) -> (u16, Vec<u8>) {
    let (status, kind, message) = native(failure.kind());
    let body = Body {
        kind: "error",
        error: Error {
            details: failure.code.as_ref().map(|code| json!({ "error_code": code })),
            kind,
            message: failure.message.as_deref().unwrap_or(message),
        },
        request_id: headers::request_id(draw),
    };
    (failure.status.unwrap_or(status), serde_json::to_vec(&body).expect("strings"))
}

/// What the service says to each kind, where nothing more is known.
fn native(kind: Kind) -> (u16, &'static str, &'static str) {
    const INVALID: &str = "invalid_request_error";
    match kind {
        Kind::InvalidRequest => (400, INVALID, "Invalid request"),
        Kind::ContextLength => (400, INVALID, "prompt is too long"),
        Kind::ContentFilter => (400, INVALID, "Output blocked by content filtering policy"),
        Kind::Unprocessable => (422, INVALID, "Unprocessable request"),
        Kind::Authentication => (401, "authentication_error", "invalid x-api-key"),
        Kind::Billing | Kind::Quota => {
            (402, "billing_error", "Your credit balance is too low to access the Anthropic API.")
        }
        Kind::Permission => {
            (403, "permission_error", "Your API key does not have permission to use the specified resource.")
        }
        Kind::NotFound => (404, "not_found_error", "Not found"),
        Kind::Method => (405, INVALID, "Method Not Allowed"),
        Kind::Conflict => (409, "conflict_error", "Conflict"),
        Kind::TooLarge => (413, "request_too_large", "Request exceeds the maximum size"),
        Kind::RateLimit => (
            429,
            "rate_limit_error",
            "This request would exceed your organization's rate limit. Please try again later.",
        ),
        Kind::Server | Kind::Model | Kind::NotReady | Kind::Unavailable => {
            (500, "api_error", "Internal server error")
        }
        Kind::Timeout => (504, "timeout_error", "Request timed out"),
        Kind::Overloaded => (529, "overloaded_error", "Overloaded"),
    }
}

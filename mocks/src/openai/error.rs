//! [Errors](https://platform.openai.com/docs/guides/error-codes) in OpenAI's words.

use serde::Serialize;

use super::headers;
use crate::provider::Whole;
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::seed::Draw;

pub(super) const NO_KEY: &str = "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY). You can obtain an API key from https://platform.openai.com/account/api-keys.";
pub(super) const NOT_JSON: &str = "We could not parse the JSON body of your request. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.";

#[derive(Serialize)]
struct Body<'a> {
    error: Error<'a>,
}

#[derive(Serialize)]
struct Error<'a> {
    message: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    param: Option<&'a str>,
    code: Option<&'a str>,
}

/// An error reply.
pub(super) fn reply(request: &Request, draw: &Draw, failure: &Failure) -> Whole {
    let (status, body) = body(request, failure);
    let mut headers = headers::plain(draw, "application/json");
    if failure.kind() == Kind::RateLimit {
        headers.push(("retry-after".into(), "1".into()));
        headers.push(("retry-after-ms".into(), "1000".into()));
    }
    Whole { status, headers, body: body.into() }
}

/// The same as a code in words and a sentence, as [xAI says it](https://docs.x.ai/docs/key-information/debugging).
pub(super) fn flat(whole: Whole, failure: &Failure) -> Whole {
    let sentence = failure.message.as_deref().unwrap_or("Something went wrong.");
    let code = match whole.status {
        400 => "Client specified an invalid argument",
        401 => "Unauthenticated",
        403 => "The caller does not have permission to execute the specified operation",
        404 => "Some requested entity was not found",
        429 => "Some resource has been exhausted",
        _ => "Internal error",
    };
    let body = serde_json::json!({ "code": code, "error": sentence });
    Whole { body: body.to_string().into(), ..whole }
}

/// What is said to whoever sends no form where one is wanted, or one that cannot be read.
pub(super) fn unformed(request: &Request, problem: &str) -> Failure {
    let media = request.header("content-type").unwrap_or_default();
    if crate::form::Form::is_meant(media) {
        return Failure::new(Kind::InvalidRequest, format!("Could not parse multipart form: {problem}"));
    }
    let message = format!(
        "Invalid Content-Type header ({media}), expected multipart/form-data. (HINT: If you're using curl, you can pass -H 'Content-Type: multipart/form-data')"
    );
    Failure { status: Some(415), ..Failure::new(Kind::InvalidRequest, message) }
}

/// Status and body of an error.
pub(super) fn body(request: &Request, failure: &Failure) -> (u16, Vec<u8>) {
    let Native { status, kind, code, message } = native(request, failure.kind());
    let error = Error {
        message: failure.message.as_deref().unwrap_or(&message),
        kind,
        param: failure.param.as_deref(),
        code: failure.code.as_deref().or(code),
    };
    (failure.status.unwrap_or(status), serde_json::to_vec(&Body { error }).expect("strings"))
}

/// What an event of an error encloses.
pub(super) fn enclosed(failure: &Failure) -> serde_json::Value {
    let (_, body) = body(&Request::default(), failure);
    let mut body: serde_json::Value = serde_json::from_slice(&body).expect("written above");
    body["error"].take()
}

struct Native {
    status: u16,
    kind: &'static str,
    code: Option<&'static str>,
    message: String,
}

/// What the service says to each kind, where nothing more is known.
fn native(request: &Request, failure: Kind) -> Native {
    const INVALID: &str = "invalid_request_error";
    let is_chat = request.path.ends_with("/v1/chat/completions");
    let (status, kind, code, message) = match failure {
        Kind::InvalidRequest => (400, INVALID, None, "Invalid request."),
        Kind::Authentication => (401, INVALID, None, NO_KEY),
        Kind::Billing | Kind::Quota => (
            429,
            "insufficient_quota",
            Some("insufficient_quota"),
            "You exceeded your current quota, please check your plan and billing details.",
        ),
        Kind::Permission => (403, INVALID, None, "You have insufficient permissions for this operation."),
        Kind::NotFound if is_chat => {
            let message = "The model does not exist or you do not have access to it.";
            (404, INVALID, Some("model_not_found"), message)
        }
        Kind::NotFound => {
            let message = format!("Invalid URL ({} {})", request.method, request.path);
            return Native { status: 404, kind: INVALID, code: None, message };
        }
        Kind::Method => {
            let Request { method, path, .. } = request;
            let message = format!(
                "Not allowed to {method} on {path}. (HINT: Perhaps you meant to use a different HTTP method?)"
            );
            return Native { status: 405, kind: INVALID, code: Some("method_not_supported"), message };
        }
        Kind::Conflict => {
            (409, INVALID, None, "The resource was changed by another request. Please try again.")
        }
        Kind::TooLarge => (413, INVALID, None, "Maximum content size limit exceeded."),
        Kind::Unprocessable => (422, INVALID, None, "The request could not be processed."),
        Kind::RateLimit => {
            let message = "Rate limit reached for requests. Please try again in 1s.";
            (429, "requests", Some("rate_limit_exceeded"), message)
        }
        Kind::ContextLength => {
            let message =
                "This model's maximum context length is exceeded. Please reduce the length of the messages.";
            (400, INVALID, Some("context_length_exceeded"), message)
        }
        Kind::ContentFilter => {
            let message = "Your request was rejected as a result of our safety system.";
            (400, INVALID, Some("content_policy_violation"), message)
        }
        Kind::Server | Kind::Model => (
            500,
            "server_error",
            None,
            "The server had an error while processing your request. Sorry about that!",
        ),
        Kind::NotReady | Kind::Overloaded | Kind::Unavailable => {
            (503, "server_error", None, "The engine is currently overloaded, please try again later.")
        }
        Kind::Timeout => (504, "server_error", None, "The request timed out."),
    };
    Native { status, kind, code, message: message.to_owned() }
}

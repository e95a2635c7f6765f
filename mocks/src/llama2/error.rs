//! Errors: a status and a sentence, as
//! [text-generation-inference](https://github.com/huggingface/text-generation-inference/blob/main/docs/openapi.json) has them.

use serde_json::json;
use specs::Violation;

use crate::script::{Failure, Kind};

/// Status and body of an error.
pub(super) fn body(failure: &Failure) -> (u16, String) {
    let (status, kind, sentence) = native(failure.kind());
    let message = failure.message.as_deref().unwrap_or(sentence);
    let kind = failure.code.as_deref().unwrap_or(kind);
    (failure.status.unwrap_or(status), json!({ "error": message, "error_type": kind }).to_string())
}

fn native(kind: Kind) -> (u16, &'static str, &'static str) {
    match kind {
        Kind::InvalidRequest => (400, "validation", "Input validation error"),
        Kind::ContentFilter | Kind::Unprocessable => (422, "validation", "Input validation error"),
        Kind::ContextLength => {
            (400, "validation", "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096")
        }
        Kind::Authentication => (401, "authentication", "Authorization header is invalid"),
        Kind::Billing | Kind::Quota => (402, "billing", "Payment required"),
        Kind::Permission => (403, "permission", "Forbidden"),
        Kind::NotFound => (404, "not_found", "Not found"),
        Kind::Method => (405, "method", "Method not allowed"),
        Kind::Conflict => (409, "conflict", "Conflict"),
        Kind::TooLarge => (413, "validation", "Payload too large"),
        Kind::RateLimit => (429, "overloaded", "Model is overloaded"),
        Kind::Model => (424, "generation", "Request failed during generation: Server error"),
        Kind::Server => (500, "incomplete_generation", "Incomplete generation"),
        Kind::NotReady | Kind::Overloaded | Kind::Unavailable => (503, "unavailable", "Service unavailable"),
        Kind::Timeout => (504, "timeout", "Request timed out"),
    }
}

/// A member that is missing or wrong, in a word.
pub(super) fn refuse(violation: &Violation) -> Failure {
    let member = violation.pointer.rsplit('/').next().unwrap_or_default();
    let why = match (violation.keyword.as_str(), member) {
        ("required", _) => format!("missing field {}", violation.expected.trim_start_matches("member ")),
        (_, "stream") => "this server does not stream".to_owned(),
        ("minLength", member) => format!("`{member}` cannot be empty"),
        (_, member) => format!("`{member}` must be {}", violation.expected),
    };
    Failure::new(Kind::Unprocessable, format!("Input validation error: {why}"))
}

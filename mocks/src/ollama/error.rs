//! [Errors](https://github.com/ollama/ollama/blob/main/docs/api/errors.mdx): a status and a sentence.

use serde_json::{Value, json};
use specs::Violation;

use super::compatible;
use crate::request::Request;
use crate::script::{Failure, Kind};

/// Status and body of an error.
pub(super) fn body(request: &Request, failure: &Failure) -> (u16, String) {
    let (status, sentence) = native(request, failure.kind());
    if compatible::has(&request.path) {
        let status = failure.status.unwrap_or(status);
        return (status, compatible::error(status, failure, &sentence).to_string());
    }
    let message = failure.message.as_deref().unwrap_or(&sentence);
    (failure.status.unwrap_or(status), json!({ "error": message }).to_string())
}

fn native(request: &Request, kind: Kind) -> (u16, String) {
    let (status, sentence) = match kind {
        Kind::InvalidRequest | Kind::ContentFilter | Kind::Unprocessable => (400, "invalid request"),
        Kind::ContextLength => (400, "the input length exceeds the context length"),
        Kind::Authentication => (401, "unauthorized"),
        Kind::Billing | Kind::Quota => (402, "usage limit reached"),
        Kind::Permission => (403, "forbidden"),
        Kind::NotFound if request.path.starts_with("/api/") || compatible::has(&request.path) => {
            (404, "model not found")
        }
        Kind::NotFound => (404, "404 page not found"),
        Kind::Method => (405, "405 method not allowed"),
        Kind::Conflict => (409, "conflict"),
        Kind::TooLarge => (413, "http: request body too large"),
        Kind::RateLimit => (429, "too many requests"),
        Kind::Server | Kind::Model => (500, "llama runner process has terminated"),
        Kind::NotReady => (500, "timed out waiting for llama runner to start"),
        Kind::Overloaded | Kind::Unavailable => {
            (503, "server busy, please try again.  maximum pending requests exceeded")
        }
        Kind::Timeout => (504, "context deadline exceeded"),
    };
    (status, sentence.to_owned())
}

/// A member of a wrong type, as Go's `encoding/json` names it.
pub(super) fn refuse(violation: &Violation, body: &Value) -> Failure {
    let path = violation.pointer.trim_start_matches('/').replace('/', ".");
    let message = match violation.keyword.as_str() {
        "required" => {
            let member = violation.expected.trim_start_matches("member `").trim_end_matches('`');
            format!("{member} is required")
        }
        "type" | "anyOf" => {
            let got = match body.pointer(&violation.pointer) {
                Some(Value::String(_)) => "string",
                Some(Value::Bool(_)) => "bool",
                Some(Value::Number(_)) => "number",
                Some(Value::Array(_)) => "array",
                _ => "object",
            };
            format!(
                "json: cannot unmarshal {got} into Go struct field .{path} of type {}",
                violation.expected
            )
        }
        _ => format!("invalid {path}: {}", violation.expected),
    };
    Failure::new(Kind::InvalidRequest, message)
}

//! Anthropic's error object.
//!
//! <https://docs.anthropic.com/en/api/errors>

use crate::json::Object;
use crate::openai::Problem;

/// The HTTP status by which Anthropic says that it is overloaded; others say 503.
const OVERLOADED: u16 = 529;

/// Writes `{"type": "error", "error": {"type", "message"}, "request_id"}`.
pub(super) fn write(problem: &Problem, id: Option<&str>, out: &mut Vec<u8>) {
    let mut body = Object::new(out);
    body.word("type", "error");
    {
        let mut error = body.object("error");
        error.word("type", kind(problem.status));
        let message = problem.safe_message();
        match &problem.param {
            // As Anthropic says where something is wrong.
            Some(place) if !message.contains(&**place) => {
                error.string("message", &format!("{place}: {message}"));
            }
            _ => error.string("message", &message),
        }
    }
    if let Some(id) = id {
        body.string("request_id", id);
    }
}

/// The HTTP status that goes with it.
pub(super) fn status(problem: &Problem) -> u16 {
    if problem.status == 503 { OVERLOADED } else { problem.status }
}

fn kind(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        409 => "conflict_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        400..500 => "invalid_request_error",
        503 | OVERLOADED => "overloaded_error",
        504 => "timeout_error",
        _ => "api_error",
    }
}

//! Anthropic's errors in OpenAI's words.
//!
//! <https://docs.anthropic.com/en/api/errors>

use serde::Deserialize;

use crate::json;
use crate::openai::Problem;

/// `{"type": "error", "error": {"type", "message"}, "request_id"}`
#[derive(Deserialize)]
pub(super) struct Failure {
    error: Detail,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    message: String,
}

impl Failure {
    /// The problem that came with `status`, or, where that was sent already, with the status of its kind.
    pub(super) fn problem(self, status: Option<u16>) -> Problem {
        let status = status.unwrap_or(match &*self.error.r#type {
            "invalid_request_error" => 400,
            "authentication_error" => 401,
            "billing_error" => 402,
            "permission_error" => 403,
            "not_found_error" => 404,
            "conflict_error" => 409,
            "request_too_large" => 413,
            "rate_limit_error" => 429,
            "timeout_error" => 504,
            "overloaded_error" => 529,
            _ => 500,
        });
        Problem { message: self.error.message, ..of(status) }
    }
}

/// What came with a status other than 2xx.
pub(super) fn problem(status: u16, body: &[u8]) -> Problem {
    match json::read::<Failure>(body) {
        Ok(failure) => failure.problem(Some(status)),
        Err(_) => of(status),
    }
}

/// 529 is Anthropic's own way to say that it is overloaded; clients know 503.
fn of(status: u16) -> Problem {
    Problem::of(if status == 529 { 503 } else { status })
}

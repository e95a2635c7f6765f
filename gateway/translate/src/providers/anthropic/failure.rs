//! Anthropic's errors in OpenAI's words.
//!
//! <https://docs.anthropic.com/en/api/errors>
//!
//! The status stays, but for 529, which only Anthropic knows and which means what 503 does. OpenAI's `type` and `code`
//! follow from the status ([`Problem::of`]); Anthropic's own type says no more than the status does.

use serde::Deserialize;

use crate::json;
use crate::openai::Problem;

/// `{"type": "error", "error": {"type", "message"}, "request_id"}`
#[derive(Deserialize)]
pub(super) struct Failure {
    error: Detail,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Detail {
    r#type: String,
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
        of(status).saying(self.error.message)
    }
}

/// What came with a status other than 2xx.
pub(in crate::providers) fn problem(status: u16, body: &[u8]) -> Problem {
    match json::read::<Failure>(body) {
        Ok(failure) => failure.problem(Some(status)),
        Err(_) => of(status),
    }
}

/// An error that came without a status, such as that of one request of many.
pub(crate) fn untold(body: &[u8]) -> Problem {
    json::read::<Failure>(body).map_or_else(|_| of(500), |failure| failure.problem(None))
}

fn of(status: u16) -> Problem {
    Problem::of(if status == 529 { 503 } else { status })
}

//! Google's errors in OpenAI's words.
//!
//! <https://google.aip.dev/193>

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::json;
use crate::openai::Problem;

/// `{"error": {"code", "message", "status", "details"}}`; on streams a list of one.
#[derive(Deserialize)]
struct Failure {
    error: Status,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    code: u16,
    message: String,
    details: Vec<Detail>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Detail {
    reason: Option<String>,
    field_violations: Vec<Violation>,
}

#[derive(Deserialize)]
struct Violation {
    field: Option<String>,
}

/// What came with a status other than 2xx.
pub(in crate::providers) fn problem(status: u16, body: &[u8]) -> Problem {
    // The list first: a list of one could be read as the object that it holds.
    let failure = json::read(body).map(|[only]: [Failure; 1]| only).or_else(|_| json::read(body));
    match failure {
        Ok(failure) => failure.error.problem(status),
        Err(_) => Problem::of(status),
    }
}

/// What came where a status had been sent already.
pub(super) fn in_stream(error: &RawValue) -> Problem {
    let status: Status = serde_json::from_str(error.get()).unwrap_or_default();
    let code = if status.code == 0 { 502 } else { status.code };
    status.problem(code)
}

impl Status {
    fn problem(self, status: u16) -> Problem {
        // The service calls a bad key a bad request.
        let is_key = self.details.iter().any(|detail| detail.reason.as_deref() == Some("API_KEY_INVALID"));
        let mut violations = self.details.into_iter().flat_map(|detail| detail.field_violations);
        let param = violations.find_map(|violation| violation.field).filter(|field| !field.is_empty());
        let base = Problem::of(if is_key { 401 } else { status });
        Problem { param, ..base.saying(self.message) }
    }
}

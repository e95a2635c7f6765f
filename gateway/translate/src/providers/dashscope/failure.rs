//! Errors of DashScope's own API in OpenAI's words: `{"code": "DataInspectionFailed", "message": "text", "request_id": "…"}`. Those of
//! its chats are OpenAI's already.
//!
//! <https://www.alibabacloud.com/help/en/model-studio/error-code>

use serde::Deserialize;

use crate::openai::{self, Problem};
use crate::{Text, json};

#[derive(Default, Deserialize)]
struct Failure<'a> {
    #[serde(borrow)]
    code: Option<Text<'a>>,
    message: Option<Text<'a>>,
}

/// What came with a status other than 2xx.
pub(super) fn problem(status: u16, body: &[u8]) -> Problem {
    match json::read(body) {
        Ok(Failure { code: Some(code), message }) => {
            let message = message.map(Text::plain).unwrap_or_default();
            coded(Problem::of(status), &code.plain()).saying(message)
        }
        _ => openai::problem(status, body),
    }
}

/// What became of a task, or of one of its pictures, of which no status tells.
pub(super) fn of_task(code: &str, message: &str) -> Problem {
    let family = code.split('.').next().unwrap_or_default();
    let status = match family {
        "Arrearage" | "BadRequest" | "DataInspectionFailed" | "InvalidParameter" | "InvalidURL" => 400,
        "AccessDenied" => 403,
        "Throttling" => 429,
        "ModelUnavailable" => 503,
        _ => 502,
    };
    coded(Problem::of(status), code).saying(message)
}

/// A code in OpenAI's words where it has one; else what the status says, or the service's own.
fn coded(problem: Problem, code: &str) -> Problem {
    let known = match code {
        "DataInspectionFailed" => Some("content_policy_violation"),
        "Throttling.AllocationQuota" => Some("insufficient_quota"),
        "ModelNotFound" => Some("model_not_found"),
        _ => None,
    };
    let code = known.map(Into::into).or(problem.code).or_else(|| Some(code.to_owned().into()));
    Problem { code: code.filter(|code| !code.is_empty()), ..problem }
}

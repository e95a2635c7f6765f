//! [Errors](https://www.alibabacloud.com/help/en/model-studio/error-code) in DashScope's words: a code, a sentence, the request's id.

use serde_json::{Value, json};

use super::API;
use crate::provider::{Route, documented};
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::seed::Draw;

pub(super) const INVALID: &str = "InvalidParameter";
/// What is said where a model is asked for at another one's path.
pub(super) const BAD_URL: &str = "url error, please check url！";
/// What is said of a picture, or of a prompt, that is not to be.
pub(super) const FILTERED: (&str, &str) =
    ("DataInspectionFailed", "Input or output data may contain inappropriate content.");
/// What is said of a picture that did not come to be.
pub(super) const FAILED: (&str, &str) = (
    "InternalError.Algo",
    "An internal error has occured during execution, please try again later or contact service support.",
);

/// A request that breaks a rule, with the code of its own.
pub(super) fn coded(code: &str, message: impl Into<String>) -> Failure {
    Failure { code: Some(code.to_owned()), ..Failure::new(Kind::InvalidRequest, message) }
}

/// Status and body.
pub(super) fn body(request: &Request, draw: &Draw, failure: &Failure) -> (u16, Value) {
    let (status, code, message) = native(request, failure.kind());
    let body = json!({
        "request_id": draw.uuid("request"),
        "code": failure.code.as_deref().unwrap_or(code),
        "message": failure.message.as_deref().unwrap_or(&message),
    });
    (failure.status.unwrap_or(status), body)
}

fn native(request: &Request, kind: Kind) -> (u16, &'static str, String) {
    let is_path = || matches!(documented(API, &request.method, &request.path), Route::NotFound);
    let (status, code, message) = match kind {
        Kind::Method => {
            return (400, INVALID, format!("Request method '{}' is not supported.", request.method));
        }
        Kind::NotFound if is_path() => (400, "InvalidURL", "Invalid URL provided in your request."),
        Kind::NotFound => (404, "ModelNotFound", "Model can not be found."),
        Kind::Authentication => (401, "InvalidApiKey", "Invalid API-key provided."),
        Kind::Billing => {
            (400, "Arrearage", "Access denied, please make sure your account is in good standing.")
        }
        Kind::Permission => (403, "AccessDenied", "Access denied."),
        Kind::TooLarge => (413, "BadRequest.TooLarge", "Payload Too Large."),
        Kind::ContentFilter => (400, FILTERED.0, FILTERED.1),
        Kind::RateLimit => {
            (429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later.")
        }
        Kind::Quota => {
            (429, "Throttling.AllocationQuota", "Allocated quota exceeded, please increase your quota limit.")
        }
        Kind::Server => (
            500,
            "InternalError",
            "An internal error has occured, please try again later or contact service support.",
        ),
        Kind::Model => (500, FAILED.0, FAILED.1),
        Kind::NotReady | Kind::Overloaded | Kind::Unavailable => {
            (503, "ModelUnavailable", "Model is unavailable, please try again later.")
        }
        Kind::Timeout => (408, "RequestTimeOut", "Request timed out, please try again later."),
        Kind::InvalidRequest | Kind::Conflict | Kind::Unprocessable | Kind::ContextLength => {
            (400, INVALID, "Required parameter(s) missing or invalid, please check the request parameters.")
        }
    };
    (status, code, message.to_owned())
}

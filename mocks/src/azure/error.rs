//! [Errors](https://learn.microsoft.com/en-us/azure/ai-foundry/openai/reference#errorresponse): a code, which mostly repeats the status, and
//! with filtered prompts what was found.

use serde_json::{Value, json};

use super::filter;
use crate::script::{Failure, Kind};

pub(super) const DENIED: &str = "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.";
/// To a token that nobody issued, that is over, or that is for somebody else.
pub(super) const BAD_TOKEN: &str = "Unauthorized. Access token is missing, invalid, audience is incorrect (https://cognitiveservices.azure.com), or have expired.";
pub(super) const NOTHING: &str = "Resource not found";
pub(super) const NO_DEPLOYMENT: &str = "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.";

pub(super) const NO_VERSION: &str = "api-version query parameter is not allowed when using /v1 path";

pub(super) const NO_PURPOSE: &str = "Invalid value for purpose.";

/// Status and body of an error about files and batches: [a code and a
/// sentence](https://learn.microsoft.com/en-us/rest/api/azureopenai/files/upload#errorcode).
pub(super) fn of_kept(failure: &Failure) -> (u16, String) {
    let code = match failure.kind() {
        Kind::InvalidRequest | Kind::TooLarge | Kind::Unprocessable => "invalidPayload",
        Kind::NotFound => "notFound",
        Kind::Conflict => "conflict",
        Kind::RateLimit | Kind::Quota => "tooManyRequests",
        Kind::Server | Kind::Model => "internalFailure",
        Kind::Unavailable | Kind::Overloaded | Kind::NotReady => "serviceUnavailable",
        _ => return body(failure),
    };
    let (own, message) = native(failure.kind());
    let message = failure.message.as_deref().unwrap_or(message);
    let error = json!({ "code": code, "message": message });
    (failure.status.unwrap_or(own), json!({ "error": error }).to_string())
}

/// Status and body of an error about [videos](https://github.com/MicrosoftLearning/mslearn-ai-vision/issues/81): OpenAI's, of a type of its own.
pub(super) fn of_video(failure: &Failure) -> (u16, String) {
    if failure.kind() == Kind::Authentication {
        return body(failure);
    }
    let (own, message) = native(failure.kind());
    let status = failure.status.unwrap_or(own);
    let kind = if status < 500 { "video_generation_user_error" } else { "video_generation_server_error" };
    let message = failure.message.as_deref().unwrap_or(message);
    let error = json!({ "message": message, "type": kind, "param": failure.param, "code": failure.code });
    (status, json!({ "error": error }).to_string())
}

/// Status and body of an error.
pub(super) fn body(failure: &Failure) -> (u16, String) {
    let (own, message) = native(failure.kind());
    let status = failure.status.unwrap_or(own);
    let message = failure.message.as_deref().unwrap_or(message);
    // It is not the models' server that says so.
    if message == BAD_TOKEN {
        return (status, json!({ "statusCode": status, "message": message }).to_string());
    }
    let mut error = json!({ "code": status.to_string(), "message": message });
    match failure.kind() {
        Kind::ContentFilter => {
            error = json!({
                "code": "content_filter",
                "message": message,
                "param": "prompt",
                "type": null,
                "status": status,
                "innererror": { "code": "ResponsibleAIPolicyViolation", "content_filter_result": filter::violent() },
            });
        }
        // Those of the model's server are OpenAI's own.
        Kind::InvalidRequest | Kind::ContextLength | Kind::Unprocessable => {
            let code = match failure.kind() {
                Kind::ContextLength => Value::from("context_length_exceeded"),
                _ => Value::Null,
            };
            error["code"] = code;
            error["type"] = "invalid_request_error".into();
            error["param"] = failure.param.clone().into();
        }
        _ => (),
    }
    if let Some(code) = &failure.code {
        error["code"] = code.clone().into();
    }
    (status, json!({ "error": error }).to_string())
}

/// What the service says to each kind, where nothing more is known.
fn native(kind: Kind) -> (u16, &'static str) {
    match kind {
        Kind::InvalidRequest => (400, "Invalid request."),
        Kind::ContextLength => (
            400,
            "This model's maximum context length was exceeded. Please reduce the length of the messages.",
        ),
        Kind::ContentFilter => (
            400,
            "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry.",
        ),
        Kind::Authentication => (401, DENIED),
        Kind::Permission | Kind::Billing => (403, "Access to this resource is not allowed."),
        Kind::NotFound => (404, NOTHING),
        Kind::Method => (405, "The method is not allowed for this resource."),
        Kind::Timeout => (408, "Operation timeout."),
        Kind::Conflict => (409, "The request conflicts with another one."),
        Kind::TooLarge => (413, "The request is too large."),
        Kind::Unprocessable => (422, "The request could not be processed."),
        Kind::RateLimit | Kind::Quota => (
            429,
            "Requests have exceeded the call rate limit of your current pricing tier. Please retry after 1 second.",
        ),
        Kind::Server | Kind::Model => (500, "The server had an error while processing your request."),
        Kind::Overloaded | Kind::Unavailable | Kind::NotReady => {
            (503, "The service is temporarily unable to process your request.")
        }
    }
}

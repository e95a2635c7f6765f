//! [Errors](https://ai.google.dev/gemini-api/docs/troubleshooting) as [`google.rpc.Status`](https://google.aip.dev/193).

use serde_json::{Value, json};

use super::is_vertex;
use crate::request::Request;
use crate::script::{Failure, Kind};

pub(super) const NO_KEY: &str = "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.";

/// Status and body of an error.
pub(crate) fn body(request: &Request, failure: &Failure) -> (u16, Value) {
    let (status, name, sentence) = native(request, failure.kind());
    let status = failure.status.unwrap_or(status);
    let message = failure.message.as_deref().unwrap_or(&sentence);
    let mut error = json!({ "code": status, "message": message, "status": name });
    if let Some(details) = details(failure, service(request)) {
        error["details"] = details;
    }
    (status, json!({ "error": error }))
}

fn service(request: &Request) -> &'static str {
    if is_vertex(request) { "aiplatform.googleapis.com" } else { "generativelanguage.googleapis.com" }
}

fn details(failure: &Failure, service: &str) -> Option<Value> {
    if let Some(code) = &failure.code {
        return Some(json!([{
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": code,
            "domain": "googleapis.com",
            "metadata": { "service": service },
        }]));
    }
    if let Some(param) = &failure.param {
        let description = failure.message.as_deref().unwrap_or_default();
        return Some(json!([{
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [{ "field": param, "description": description }],
        }]));
    }
    let is_limit = matches!(failure.kind(), Kind::RateLimit | Kind::Quota);
    is_limit.then(|| {
        json!([
            {
                "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                "violations": [{
                    "quotaMetric": format!("{service}/generate_requests"),
                    "quotaId": "GenerateRequestsPerMinutePerProjectPerModel",
                }],
            },
            { "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s" },
        ])
    })
}

fn native(request: &Request, kind: Kind) -> (u16, &'static str, String) {
    let (status, name, sentence) = match kind {
        Kind::InvalidRequest | Kind::Unprocessable | Kind::ContentFilter => {
            (400, "INVALID_ARGUMENT", "Request contains an invalid argument.")
        }
        Kind::ContextLength => {
            (400, "INVALID_ARGUMENT", "The input token count exceeds the maximum number of tokens allowed.")
        }
        Kind::Authentication => (
            401,
            "UNAUTHENTICATED",
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.",
        ),
        Kind::Billing => (400, "FAILED_PRECONDITION", "Please enable billing on your project."),
        Kind::Permission => (403, "PERMISSION_DENIED", "The caller does not have permission"),
        Kind::NotFound | Kind::Method => {
            let message = format!("Requested entity was not found: {} {}", request.method, request.path);
            return (404, "NOT_FOUND", message);
        }
        Kind::Conflict => (409, "ABORTED", "The operation was aborted."),
        Kind::TooLarge => {
            (400, "INVALID_ARGUMENT", "Request payload size exceeds the limit: 20971520 bytes.")
        }
        Kind::RateLimit | Kind::Quota => (
            429,
            "RESOURCE_EXHAUSTED",
            "You exceeded your current quota, please check your plan and billing details.",
        ),
        Kind::Server | Kind::Model => (500, "INTERNAL", "An internal error has occurred. Please retry."),
        Kind::NotReady | Kind::Overloaded | Kind::Unavailable => {
            (503, "UNAVAILABLE", "The model is overloaded. Please try again later.")
        }
        Kind::Timeout => (504, "DEADLINE_EXCEEDED", "The request timed out. Please try again."),
    };
    (status, name, sentence.to_owned())
}

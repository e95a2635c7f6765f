//! Errors: the router's after OpenAI's form, HF Inference's as a sentence, with how long a model takes to load.

use serde_json::{Value, json};
use specs::Violation;

use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::tgi;

/// How long a model takes to load, in seconds.
const LOADING: f64 = 20.0;

/// Status, content type and body of an error.
pub(super) fn body(request: &Request, failure: &Failure) -> (u16, &'static str, Vec<u8>) {
    const JSON: &str = "application/json; charset=utf-8";
    let (status, kind, sentence) = native(failure.kind());
    let model = model(request);
    let told = failure.message.clone().unwrap_or_else(|| match failure.kind() {
        Kind::NotReady => format!("Model {model} is currently loading"),
        _ => sentence.to_owned(),
    });
    let status = failure.status.unwrap_or(status);
    // What the framework says, or the gate in front of both APIs, has no form.
    if failure.code.as_deref() == Some("text/plain") {
        return (status, "text/plain; charset=utf-8", told.into_bytes());
    }
    let is_routed = request.path.starts_with("/v1/");
    let body = match failure.kind() {
        Kind::NotReady => json!({ "error": told, "estimated_time": LOADING }),
        Kind::Authentication | Kind::Billing => json!({ "error": told }),
        _ if is_routed => {
            let code = failure.code.as_deref();
            json!({ "error": { "message": told, "type": kind, "param": failure.param, "code": code } })
        }
        of if is_prompt(request) && !matches!(of, Kind::NotFound | Kind::Method | Kind::Permission) => {
            let (_, kind, _) = tgi::error::kind_of(of);
            json!({ "error": told, "error_type": failure.code.as_deref().unwrap_or(kind) })
        }
        _ => json!({ "error": told }),
    };
    (status, JSON, body.to_string().into_bytes())
}

/// A chat that breaks its schema.
pub(super) fn refuse(violation: &Violation) -> Failure {
    let place = violation.pointer.trim_start_matches('/').replace('/', ".");
    let param = if place.is_empty() {
        violation.expected.trim_start_matches("member `").trim_end_matches('`')
    } else {
        &place
    };
    let message = format!("{}: expected {}, got {}", param, violation.expected, violation.got);
    Failure { param: Some(param.to_owned()), ..Failure::new(Kind::InvalidRequest, message) }
}

/// A model that nobody serves who is enabled.
pub(super) fn unsupported(model: &str) -> Failure {
    let message = format!("The requested model '{model}' is not supported by any provider you have enabled.");
    Failure {
        param: Some("model".to_owned()),
        code: Some("model_not_supported".to_owned()),
        ..Failure::new(Kind::InvalidRequest, message)
    }
}

/// A model that HF Inference has not.
pub(super) fn absent(model: &str) -> Failure {
    Failure::new(Kind::NotFound, format!("Model {model} does not exist"))
}

fn is_prompt(request: &Request) -> bool {
    !request.path.contains("feature-extraction") && !request.path.ends_with("/chat/completions")
}

/// The model of the path, or of a chat's body.
fn model(request: &Request) -> String {
    let path = request.path.trim_start_matches("/hf-inference");
    let path = path.trim_end_matches("/pipeline/feature-extraction").trim_end_matches("/v1/chat/completions");
    let named = path.strip_prefix("/models/").or_else(|| path.strip_prefix("/pipeline/feature-extraction/"));
    named.map_or_else(
        || {
            let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            body["model"].as_str().unwrap_or_default().to_owned()
        },
        str::to_owned,
    )
}

/// Status, type and sentence of each kind, where nothing more is known.
fn native(kind: Kind) -> (u16, &'static str, &'static str) {
    const INVALID: &str = "invalid_request_error";
    match kind {
        Kind::InvalidRequest | Kind::ContentFilter => (400, INVALID, "Invalid request."),
        Kind::ContextLength => (400, INVALID, "The input is longer than the model's context."),
        Kind::Unprocessable => (422, INVALID, "The request could not be processed."),
        Kind::Authentication => (401, "authentication_error", "Invalid username or password."),
        Kind::Billing | Kind::Quota => (
            402,
            "insufficient_quota",
            "You have exceeded your monthly included credits for Inference Providers.",
        ),
        Kind::Permission => (
            403,
            "permission_error",
            "This authentication method does not have sufficient permissions to call Inference Providers.",
        ),
        Kind::NotFound => (404, INVALID, "Not Found"),
        Kind::Method => (405, INVALID, "Method Not Allowed"),
        Kind::Conflict => (409, INVALID, "Conflict"),
        Kind::TooLarge => (413, INVALID, "Payload Too Large"),
        Kind::RateLimit => (429, "rate_limit_error", "Too Many Requests"),
        Kind::Server | Kind::Model => (500, "server_error", "Internal Server Error"),
        Kind::NotReady | Kind::Overloaded | Kind::Unavailable => {
            (503, "server_error", "Service Temporarily Unavailable")
        }
        Kind::Timeout => (504, "server_error", "Gateway Timeout"),
    }
}

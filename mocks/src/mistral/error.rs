//! Errors: the service's own object, a list of what is wrong with members, and what stands before the service says.

use serde_json::{Value, json};

use crate::script::{Failure, Kind};
use crate::seed::Draw;

/// Status and body of an error.
pub(super) fn body(draw: &Draw, failure: &Failure) -> (u16, Value) {
    let said = failure.message.as_deref();
    let detail = |status: u16, text: &str| {
        (failure.status.unwrap_or(status), json!({ "detail": said.unwrap_or(text) }))
    };
    let before = |status: u16, text: &str| {
        let id = draw.uuid("correlation");
        (failure.status.unwrap_or(status), json!({ "message": said.unwrap_or(text), "request_id": id }))
    };
    match failure.kind() {
        Kind::Authentication => detail(401, "Unauthorized"),
        Kind::NotFound => detail(404, "Not Found"),
        Kind::Method => detail(405, "Method Not Allowed"),
        Kind::TooLarge => before(413, "Request size limit exceeded"),
        Kind::Timeout => before(504, "The upstream server is timing out"),
        Kind::Unprocessable => (failure.status.unwrap_or(422), json!({ "detail": [invalid(failure)] })),
        _ => object(failure),
    }
}

/// One member that is wrong. Its place is a list that begins with the body.
fn invalid(failure: &Failure) -> Value {
    let parts = failure.param.as_deref().unwrap_or_default().split('/').skip(1);
    let place = parts.map(|part| match part.parse::<u64>() {
        Ok(number) => json!(number),
        Err(_) => json!(part.replace("~1", "/").replace("~0", "~")),
    });
    json!({
        "type": failure.code.as_deref().unwrap_or("value_error"),
        "loc": std::iter::once(json!("body")).chain(place).collect::<Vec<_>>(),
        "msg": failure.message.as_deref().unwrap_or("Value error"),
    })
}

/// The service's own error object, with its status.
pub(super) fn object(failure: &Failure) -> (u16, Value) {
    let native = native(failure.kind());
    let status = failure.status.unwrap_or(native.status);
    let kind = failure.code.as_deref().unwrap_or(native.kind);
    let body = json!({
        "object": "error",
        "message": failure.message.as_deref().unwrap_or(native.message),
        "type": kind,
        "param": failure.param,
        "code": number(kind),
        "raw_status_code": status,
    });
    (status, body)
}

/// The number of a type of error, where it has one.
fn number(kind: &str) -> Option<&'static str> {
    match kind {
        "internal_server_error" => Some("1000"),
        "rate_limited" => Some("1300"),
        "invalid_model" => Some("1500"),
        "invalid_request_message_order" => Some("3230"),
        "invalid_function_call" => Some("3280"),
        _ => None,
    }
}

struct Native {
    status: u16,
    kind: &'static str,
    message: &'static str,
}

/// What the service says to each kind, where nothing more is known.
fn native(kind: Kind) -> Native {
    const INVALID: &str = "invalid_request_error";
    const CAPACITY: &str = "Service tier capacity exceeded for this model.";
    let (status, kind, message) = match kind {
        Kind::Billing => (402, INVALID, "You cannot use this model without a payment method."),
        Kind::Permission => (403, INVALID, "You are not allowed to use this model."),
        Kind::Conflict => (409, INVALID, "The resource was changed by another request."),
        Kind::RateLimit => (429, "rate_limited", "Rate limit exceeded"),
        Kind::Quota => (429, INVALID, CAPACITY),
        Kind::ContextLength => {
            (400, INVALID, "Prompt is too large for the maximum context length of the model")
        }
        Kind::NotReady | Kind::Overloaded | Kind::Unavailable => (503, INVALID, CAPACITY),
        Kind::Server | Kind::Model => (500, "internal_server_error", "Service unavailable."),
        _ => (400, INVALID, "Invalid request."),
    };
    Native { status, kind, message }
}

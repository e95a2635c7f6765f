//! [Errors](https://docs.cohere.com/reference/errors): a status, a sentence, and the id of the call.

use serde_json::{Value, json};

use super::check;
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::seed::Draw;

/// Status and body of an error.
pub(super) fn body(request: &Request, draw: &Draw, failure: &Failure) -> (u16, Value) {
    let status = failure.status.unwrap_or_else(|| native(failure.kind()).0);
    (status, json!({ "id": draw.uuid("error"), "message": message(request, failure) }))
}

/// The sentence alone.
pub(super) fn message(request: &Request, failure: &Failure) -> String {
    let kind = failure.kind();
    let said = failure.message.clone();
    said.or_else(|| (kind == Kind::NotFound).then(|| model(request)).flatten())
        .unwrap_or_else(|| native(kind).1.to_owned())
}

/// Where the path is known, it is the model that was not found.
fn model(request: &Request) -> Option<String> {
    specs::api("cohere")?.operation(&request.method, &request.path)?;
    let body: Value = serde_json::from_slice(&request.body).ok()?;
    check::absent(body["model"].as_str()?).message
}

/// What the service says to each kind, where nothing more is known.
fn native(kind: Kind) -> (u16, &'static str) {
    match kind {
        Kind::InvalidRequest => (400, "invalid request"),
        Kind::ContextLength => (
            400,
            "too many tokens: size limit exceeded by 11326 tokens. Try using shorter or fewer inputs, or setting prompt_truncation='AUTO'.",
        ),
        Kind::Authentication => (401, "invalid api token"),
        Kind::Billing => (
            402,
            "Please add or update your payment method at https://dashboard.cohere.com/billing?tab=payment to continue",
        ),
        Kind::Quota => (
            429,
            "You are using a Trial key, which is limited to 1000 API calls / month. You can continue to use the Trial key for free or upgrade to a Production key with higher rate limits at 'https://dashboard.cohere.com/api-keys'.",
        ),
        Kind::Permission => (403, "the operation is not allowed"),
        Kind::NotFound => (404, "404 page not found"),
        Kind::Method => (405, "method not allowed"),
        Kind::Conflict => (409, "conflict"),
        Kind::TooLarge => (413, "request body too large"),
        Kind::Unprocessable => (422, "unprocessable request"),
        Kind::RateLimit => {
            (429, "You are past the per minute request limit, please wait and try again later.")
        }
        Kind::ContentFilter => (498, "the request was blocked: it may violate the usage guidelines"),
        Kind::Server | Kind::Model => (500, "internal server error"),
        Kind::NotReady | Kind::Overloaded | Kind::Unavailable => (503, "the service is unavailable"),
        Kind::Timeout => (504, "the request timed out"),
    }
}

//! [Errors](https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes) of Entra: as OAuth 2 has them, with a number.

use serde_json::{Value, json};

use crate::provider::Whole;
use crate::script::{Failure, Kind};
use crate::seed::Draw;

/// An error of this number.
pub(super) fn failure(number: u32, sentence: &str) -> Failure {
    let kind = if error(number).0 == 401 { Kind::Authentication } else { Kind::InvalidRequest };
    Failure { code: Some(number.to_string()), ..Failure::new(kind, sentence) }
}

/// Status and name of an error.
fn error(number: u32) -> (u16, &'static str) {
    match number {
        7_000_215 | 7_000_218 | 700_024 | 700_027 | 700_211 | 700_212 | 700_213 => (401, "invalid_client"),
        700_016 => (400, "unauthorized_client"),
        70_003 => (400, "unsupported_grant_type"),
        1_002_012 | 70_011 => (400, "invalid_scope"),
        500_011 => (400, "invalid_resource"),
        53_003 => (400, "access_denied"),
        90_033 => (503, "temporarily_unavailable"),
        50_196 => (429, "invalid_request"),
        50_000 => (500, "server_error"),
        _ => (400, "invalid_request"),
    }
}

/// An error reply.
pub(super) fn reply(draw: &Draw, now: jiff::Timestamp, failure: &Failure) -> Whole {
    let (number, sentence) = native(failure.kind());
    let number = failure.code.as_deref().and_then(|code| code.parse().ok()).unwrap_or(number);
    let (status, name) = error(number);
    let sentence = failure.message.as_deref().unwrap_or(sentence);
    let [trace, correlation] = ["trace", "correlation"].map(|purpose| draw.uuid(purpose));
    let time = now.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    let body = json!({
        "error": name,
        "error_description": format!(
            "AADSTS{number}: {sentence} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {time}"
        ),
        "error_codes": [number],
        "timestamp": time,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": format!("https://login.microsoftonline.com/error?code={number}"),
    });
    json(draw, failure.status.unwrap_or(status), &body)
}

/// A reply in JSON, with the headers of Entra's.
pub(super) fn json(draw: &Draw, status: u16, body: &Value) -> Whole {
    let headers = vec![
        ("content-type".into(), "application/json; charset=utf-8".into()),
        ("cache-control".into(), "no-store, no-cache".into()),
        ("pragma".into(), "no-cache".into()),
        ("x-ms-request-id".into(), draw.uuid("trace").into()),
    ];
    Whole { status, headers, body: body.to_string().into() }
}

/// What the service says to each kind, where nothing more is known.
fn native(kind: Kind) -> (u32, &'static str) {
    match kind {
        Kind::Authentication | Kind::Billing => (7_000_215, "Invalid client secret provided."),
        Kind::Permission => (
            53_003,
            "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
        ),
        Kind::NotFound | Kind::Method => {
            (900_561, "The endpoint only accepts POST requests. Received a GET request.")
        }
        Kind::RateLimit | Kind::Quota => {
            (50_196, "The server terminated an operation because it encountered a client request loop.")
        }
        Kind::Server | Kind::Model => (50_000, "There was an error issuing a token."),
        Kind::Overloaded | Kind::Unavailable | Kind::NotReady | Kind::Timeout => {
            (90_033, "A transient error has occurred. Please try again.")
        }
        _ => (900_144, "The request body must contain the following parameter: 'grant_type'."),
    }
}

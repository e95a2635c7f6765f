//! [Errors](https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html): a code and a sentence, in XML.

use super::{NAMESPACE, VERSION, forbidden, parameter};
use crate::cloud::aws::xml::{self, Node};
use crate::provider::{Headers, Whole};
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::seed::Draw;

/// An error of this code.
pub(super) fn failure(code: &str, message: &str) -> Failure {
    let kind = match status(code) {
        403 => Kind::Permission,
        500.. => Kind::Server,
        _ => Kind::InvalidRequest,
    };
    Failure { code: Some(code.to_owned()), ..Failure::new(kind, message) }
}

/// What this service calls what signatures are refused with.
pub(super) fn code(exception: &str) -> &str {
    match exception {
        "InvalidSignatureException" => "SignatureDoesNotMatch",
        "UnrecognizedClientException" => "InvalidClientTokenId",
        "ExpiredTokenException" => "ExpiredToken",
        other => other.trim_end_matches("Exception"),
    }
}

/// An error reply.
pub(super) fn reply(request: &Request, draw: &Draw, failure: &Failure) -> Whole {
    let (own, sentence) = native(request, failure.kind());
    let code = failure.code.as_deref().unwrap_or(own);
    let status = failure.status.unwrap_or_else(|| status(code));
    let message = failure.message.clone().unwrap_or(sentence);
    let kind = if status < 500 { "Sender" } else { "Receiver" };
    let id = draw.uuid("request");
    let error = Node::from([("Type", kind.into()), ("Code", code.into()), ("Message", message.into())]);
    let body = xml::document(
        "ErrorResponse",
        NAMESPACE,
        &[("Error", error), ("RequestId", id.as_str().into())].into(),
    );
    Whole { status, headers: headers(id), body: body.into() }
}

pub(super) fn headers(id: String) -> Headers {
    vec![("x-amzn-requestid".into(), id.into()), ("content-type".into(), "text/xml".into())]
}

fn status(code: &str) -> u16 {
    match code {
        "AccessDenied"
        | "SignatureDoesNotMatch"
        | "InvalidClientTokenId"
        | "ExpiredToken"
        | "IDPRejectedClaim"
        | "RegionDisabledException"
        | "MissingAuthenticationToken"
        | "OptInRequired" => 403,
        "InternalFailure" => 500,
        "ServiceUnavailable" => 503,
        _ => 400,
    }
}

/// What the service says to each kind, where nothing more is known.
fn native(request: &Request, kind: Kind) -> (&'static str, String) {
    let (code, message) = match kind {
        Kind::Authentication => {
            ("InvalidClientTokenId", "The security token included in the request is invalid.")
        }
        Kind::Permission | Kind::Billing => return ("AccessDenied", forbidden(request)),
        Kind::NotFound | Kind::Method => return unknown(request),
        Kind::RateLimit | Kind::Quota => ("Throttling", "Rate exceeded"),
        Kind::Server | Kind::Model => (
            "InternalFailure",
            "The request processing has failed because of an unknown error, exception or failure.",
        ),
        Kind::Overloaded | Kind::Unavailable | Kind::NotReady | Kind::Timeout => {
            ("ServiceUnavailable", "The request has failed due to a temporary failure of the server.")
        }
        _ => ("ValidationError", "The input fails to satisfy the constraints specified by an AWS service."),
    };
    (code, message.to_owned())
}

/// An action that the service does not know.
fn unknown(request: &Request) -> (&'static str, String) {
    let Some(action) = parameter(request, "Action").filter(|_| request.path == "/") else {
        return ("MissingAction", "The request is missing an action or a required parameter.".to_owned());
    };
    let version = parameter(request, "Version").unwrap_or_else(|| "NO_VERSION_SPECIFIED".to_owned());
    let shown = if version == VERSION { VERSION } else { version.as_str() };
    ("InvalidAction", format!("Could not find operation {action} for version {shown}"))
}

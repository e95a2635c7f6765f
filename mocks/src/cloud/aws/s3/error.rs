//! [Errors](https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html): a code and a sentence, in XML; to HEAD the status alone.

use super::headers;
use crate::cloud::aws::xml::{self, Node};
use crate::provider::Whole;
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::seed::Draw;

/// An error of this code.
pub(super) fn failure(code: &str, message: &str) -> Failure {
    Failure { code: Some(code.to_owned()), ..Failure::new(Kind::InvalidRequest, message) }
}

/// What S3 calls what signatures are refused with.
pub(super) fn of_signature(exception: &str, message: &str) -> Failure {
    match exception {
        "UnrecognizedClientException" => {
            failure("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
        }
        "ExpiredTokenException" => failure("ExpiredToken", "The provided token has expired."),
        "IncompleteSignatureException" => failure("AuthorizationHeaderMalformed", message),
        _ if message.starts_with("Signature expired") || message.starts_with("Signature not yet") => failure(
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
        ),
        _ if message.starts_with("The request signature") => failure(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
        ),
        _ => failure("AuthorizationHeaderMalformed", message),
    }
}

/// An error reply.
pub(super) fn reply(request: &Request, draw: &Draw, failure: &Failure) -> Whole {
    let (own, sentence) = native(failure.kind());
    let code = failure.code.as_deref().unwrap_or(own);
    let status = failure.status.unwrap_or_else(|| status(code));
    let message = failure.message.as_deref().unwrap_or(sentence);
    let mut headers = headers(draw);
    let told = |name: &str| {
        headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value).to_owned()
    };
    let body = Node::from([
        ("Code", code.into()),
        ("Message", message.into()),
        ("Resource", request.path.as_str().into()),
        ("RequestId", told("x-amz-request-id").into()),
        ("HostId", told("x-amz-id-2").into()),
    ]);
    let body = xml::compact("Error", None, &body);
    headers.push(("content-type".into(), "application/xml".into()));
    Whole { status, headers, body: body.into() }
}

fn status(code: &str) -> u16 {
    match code {
        "AccessDenied" | "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "RequestTimeTooSkewed" => 403,
        "NoSuchBucket" | "NoSuchKey" | "NoSuchUpload" => 404,
        "MethodNotAllowed" => 405,
        "BucketAlreadyExists" => 409,
        "InvalidRange" => 416,
        "InternalError" => 500,
        "NotImplemented" => 501,
        "SlowDown" | "ServiceUnavailable" => 503,
        _ => 400,
    }
}

/// What the service says to each kind, where nothing more is known.
fn native(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Authentication => {
            ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
        }
        Kind::Permission | Kind::Billing => ("AccessDenied", "Access Denied"),
        Kind::NotFound => ("NoSuchKey", "The specified key does not exist."),
        Kind::Method => ("MethodNotAllowed", "The specified method is not allowed against this resource."),
        Kind::TooLarge => ("EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size."),
        Kind::RateLimit | Kind::Quota => ("SlowDown", "Please reduce your request rate."),
        Kind::Overloaded | Kind::Unavailable | Kind::NotReady | Kind::Timeout => {
            ("ServiceUnavailable", "Service is unable to handle request.")
        }
        Kind::Server | Kind::Model => {
            ("InternalError", "We encountered an internal error. Please try again.")
        }
        _ => ("InvalidRequest", "Invalid Request"),
    }
}

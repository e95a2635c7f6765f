//! [Errors](https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html): the exception's name in a header, its sentence in the body,
//! and as frames in mid-stream.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::{agent, frame, invoke};
use crate::provider::{Event, Headers, Whole};
use crate::request::Request;
use crate::script::{Failure, Kind};
use crate::seed::Draw;

/// An error reply.
pub(super) fn reply(request: &Request, headers: Headers, failure: &Failure) -> Whole {
    let kind = failure.kind();
    let is_agent = agent::has(&request.path);
    let is_known = is_agent
        || matches!(super::documented(&request.method, &request.path), crate::provider::Route::Generate(_));
    if failure.message.is_none() && matches!(kind, Kind::NotFound | Kind::Method) && !is_known {
        return unknown_operation(headers);
    }
    let (own, message) = agent::exception(kind).filter(|_| is_agent).unwrap_or_else(|| native(kind));
    let name = failure.code.as_deref().unwrap_or(own);
    let known = EXCEPTIONS.iter().find(|exception| exception.name == name);
    let own = EXCEPTIONS.iter().find(|exception| exception.name == own);
    let status = match known.or(own) {
        // The models' runtime knows no conflicts, but that one request is an earlier one again.
        Some(exception) if is_agent && exception.name == "ConflictException" => 409,
        Some(exception) => exception.status,
        None => 500,
    };
    let message = failure.message.as_deref().unwrap_or(message);
    // The layer that looks at API keys writes its member with a capital.
    let is_key = name == "AccessDeniedException" && kind == Kind::Authentication;
    let layer = if is_key { Layer::Framework } else { known.map_or(Layer::Service, |known| known.layer) };
    let mut body = if is_key { json!({ "Message": message }) } else { json!({ "message": message }) };
    if name == "ModelErrorException" {
        body["originalStatusCode"] = ORIGINAL_STATUS.into();
    }
    let errortype = format!("{name}:http://internal.amazon.com/coral/{}/", layer.namespace());
    with(headers, failure.status.unwrap_or(status), errortype, &body)
}

/// The error in mid-stream: one of the exceptions that the stream's union knows.
pub(super) fn interruption(operation: &str, failure: &Failure) -> Event {
    let kind = failure.kind();
    let name = match kind {
        Kind::Model | Kind::Timeout if agent::generates(operation) => "dependencyFailedException",
        Kind::Overloaded | Kind::Unavailable if agent::generates(operation) => "badGatewayException",
        Kind::RateLimit | Kind::Quota | Kind::NotReady => "throttlingException",
        Kind::Overloaded | Kind::Unavailable => "serviceUnavailableException",
        Kind::Timeout if operation == invoke::STREAM => "modelTimeoutException",
        Kind::Model | Kind::Timeout => "modelStreamErrorException",
        Kind::InvalidRequest
        | Kind::ContextLength
        | Kind::ContentFilter
        | Kind::Unprocessable
        | Kind::TooLarge
        | Kind::NotFound
        | Kind::Method
        | Kind::Conflict
        | Kind::Authentication
        | Kind::Billing
        | Kind::Permission => "validationException",
        Kind::Server => "internalServerException",
    };
    let message = failure.message.as_deref().unwrap_or(native(kind).1);
    let mut body = json!({ "message": message });
    if name == "modelStreamErrorException" {
        body["originalMessage"] = message.into();
        body["originalStatusCode"] = ORIGINAL_STATUS.into();
    }
    frame::exception(name, body.to_string())
}

/// The headers of every reply. The date is the true one: AWS's JavaScript client sets its clock by it.
pub(super) fn headers(draw: &Draw, now: jiff::Timestamp, content_type: &'static str) -> Headers {
    vec![
        ("date".into(), now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string().into()),
        ("content-type".into(), content_type.into()),
        ("x-amzn-requestid".into(), draw.uuid("request").into()),
    ]
}

/// What models say of themselves when they fail.
const ORIGINAL_STATUS: u16 = 500;

fn unknown_operation(headers: Headers) -> Whole {
    let name = "com.amazon.coral.service#UnknownOperationException";
    let body = json!({ "Output": { "__type": name }, "Version": "1.0" });
    let errortype = format!(
        "UnknownOperationException:http://internal.amazon.com/coral/{}/",
        Layer::Framework.namespace()
    );
    with(headers, 404, errortype, &body)
}

fn with(mut headers: Headers, status: u16, errortype: String, body: &Value) -> Whole {
    headers.push(("x-amzn-errortype".into(), Cow::Owned(errortype)));
    Whole { status, headers, body: body.to_string().into() }
}

/// Who throws an exception, as its namespace tells.
#[derive(Clone, Copy)]
enum Layer {
    Service,
    Framework,
}

impl Layer {
    fn namespace(self) -> &'static str {
        match self {
            Self::Service => "com.amazon.bedrock",
            Self::Framework => "com.amazon.coral.service",
        }
    }
}

struct Exception {
    name: &'static str,
    status: u16,
    layer: Layer,
}

const fn exception(name: &'static str, status: u16, layer: Layer) -> Exception {
    Exception { name, status, layer }
}

/// The operation's own exceptions, and those that any operation may throw.
const EXCEPTIONS: [Exception; 20] = [
    exception("ValidationException", 400, Layer::Service),
    exception("AccessDeniedException", 403, Layer::Service),
    exception("ResourceNotFoundException", 404, Layer::Service),
    exception("ModelTimeoutException", 408, Layer::Service),
    exception("ModelErrorException", 424, Layer::Service),
    exception("ThrottlingException", 429, Layer::Service),
    exception("ModelNotReadyException", 429, Layer::Service),
    exception("InternalServerException", 500, Layer::Service),
    exception("ServiceUnavailableException", 503, Layer::Service),
    exception("ServiceQuotaExceededException", 400, Layer::Service),
    exception("ConflictException", 400, Layer::Service),
    exception("DependencyFailedException", 424, Layer::Service),
    exception("BadGatewayException", 502, Layer::Service),
    exception("SerializationException", 400, Layer::Framework),
    exception("RequestEntityTooLargeException", 413, Layer::Framework),
    exception("ExpiredTokenException", 403, Layer::Framework),
    exception("IncompleteSignatureException", 403, Layer::Framework),
    exception("InvalidSignatureException", 403, Layer::Framework),
    exception("MissingAuthenticationTokenException", 403, Layer::Framework),
    exception("UnrecognizedClientException", 403, Layer::Framework),
];

/// What the service says to each kind, where nothing more is known.
fn native(kind: Kind) -> (&'static str, &'static str) {
    const INVALID: &str = "ValidationException";
    const DENIED: &str = "AccessDeniedException";
    const THROTTLED: &str = "ThrottlingException";
    const UNAVAILABLE: &str = "ServiceUnavailableException";
    match kind {
        Kind::InvalidRequest | Kind::Unprocessable => {
            (INVALID, "Malformed input request, please reformat your input and try again.")
        }
        Kind::ContextLength => (INVALID, "Input is too long for requested model."),
        Kind::ContentFilter => {
            (INVALID, "The model returned the following errors: Output blocked by content filtering policy")
        }
        Kind::Authentication => {
            ("UnrecognizedClientException", "The security token included in the request is invalid.")
        }
        Kind::Billing => (
            DENIED,
            "Model access is denied due to INVALID_PAYMENT_INSTRUMENT:A valid payment instrument must be provided.",
        ),
        Kind::Permission => (DENIED, "You don't have access to the model with the specified model ID."),
        Kind::NotFound | Kind::Method => (
            "ResourceNotFoundException",
            "Could not resolve the foundation model from the provided model identifier.",
        ),
        Kind::Conflict => ("ConflictException", "The request conflicts with another one."),
        Kind::TooLarge => ("RequestEntityTooLargeException", "The request body is too large."),
        Kind::RateLimit => (THROTTLED, "Too many requests, please wait before trying again."),
        Kind::Quota => (THROTTLED, "Too many tokens per day, please wait before trying again."),
        Kind::Server => (
            "InternalServerException",
            "The system encountered an unexpected error during processing. Try your request again.",
        ),
        Kind::Model => (
            "ModelErrorException",
            "The model returned the following errors: the request could not be processed.",
        ),
        Kind::NotReady => {
            ("ModelNotReadyException", "The model is not ready for inference. Try your request again.")
        }
        Kind::Overloaded => (UNAVAILABLE, "Too many connections, please wait before trying again."),
        Kind::Unavailable => (UNAVAILABLE, "Bedrock is unable to process your request."),
        Kind::Timeout => (
            "ModelTimeoutException",
            "Model has timed out in processing the request. Try your request again.",
        ),
    }
}

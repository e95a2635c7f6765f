//! What Bedrock says when it fails, in OpenAI's terms.
//!
//! A kind of failure comes as a status with the header `x-amzn-errortype`, as an exception in a stream whose status
//! was 200 already, or, from what stands before the service, as a type inside the body:
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_Errors>,
//! <https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization>

use serde::Deserialize;

use crate::openai::Problem;
use crate::{Text, json};

/// A reply whose status is not 2xx.
pub(super) fn reply(status: u16, kind: Option<&str>, body: &[u8]) -> Problem {
    let body = Body::read(body);
    let named = body.kind();
    let kind = name(kind.or(named.as_deref()).unwrap_or_default());
    problem(kind, status, body.message())
}

/// An exception in a stream: `:exception-type` and its payload.
pub(super) fn exception(kind: &str, payload: &[u8]) -> Problem {
    problem(name(kind), 502, Body::read(payload).message())
}

/// An error in a stream: `:error-code` and `:error-message`.
pub(super) fn error(code: &str, message: &[u8]) -> Problem {
    problem(name(code), 502, Some(String::from_utf8_lossy(message).into_owned()))
}

/// What a model says of itself in a reply whose status was 200.
pub(super) fn of_model(message: String) -> Problem {
    problem("ModelError", 502, Some(message))
}

/// The name alone: `aws.protocoltests#Throttling:http://…` holds it between its namespace and a URL.
fn name(kind: &str) -> &str {
    let kind = kind.split(':').next().unwrap_or_default();
    kind.rsplit('#').next().unwrap_or_default().trim()
}

fn problem(kind: &str, status: u16, message: Option<String>) -> Problem {
    let known = KINDS.iter().find(|(name, ..)| name.eq_ignore_ascii_case(stem(kind)));
    let problem = Problem::of(known.map_or(status, |&(_, status, _)| status));
    let code = known.map_or(problem.code, |&(_, _, code)| code.map(Into::into));
    let message = message.filter(|message| !message.is_empty()).unwrap_or_else(|| match kind {
        "" => format!("the provider answered with status {status}"),
        kind => format!("the provider reports {kind}"),
    });
    // AWS explains a bad signature by the canonical request below the first line, which is not for clients.
    let message = if problem.status == 401 { first_line(&message) } else { message };
    Problem { message, code, ..problem }
}

fn stem(kind: &str) -> &str {
    kind.strip_suffix("Exception").unwrap_or(kind)
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().trim_end().to_owned()
}

/// Kinds of failures, `Exception` left out: the status that says the same to OpenAI's clients, which try again on 408,
/// 409, 429 and 5xx, and OpenAI's code.
///
/// Converse's own: 424 becomes 502 and a model's 408 becomes 504, for it is the upstream that failed and a client may
/// try again. Those of AWS's front doors: <https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html>.
const KINDS: &[(&str, u16, Option<&str>)] = &[
    ("AccessDenied", 403, Some("permission_denied")),
    ("InternalServer", 500, None),
    ("ModelError", 502, Some("model_error")),
    ("ModelNotReady", 503, Some("model_not_ready")),
    ("ModelStreamError", 502, Some("model_error")),
    ("ModelTimeout", 504, Some("timeout")),
    ("ResourceNotFound", 404, Some("model_not_found")),
    ("ServiceQuotaExceeded", 429, Some("insufficient_quota")),
    ("ServiceUnavailable", 503, Some("overloaded")),
    ("Throttling", 429, Some("rate_limit_exceeded")),
    ("Validation", 400, None),
    ("ExpiredToken", 401, Some("invalid_api_key")),
    ("IncompleteSignature", 401, Some("invalid_api_key")),
    ("InternalFailure", 500, None),
    ("InvalidClientTokenId", 401, Some("invalid_api_key")),
    ("InvalidSignature", 401, Some("invalid_api_key")),
    ("MissingAuthenticationToken", 401, Some("invalid_api_key")),
    ("RequestExpired", 401, Some("invalid_api_key")),
    ("UnknownOperation", 404, Some("not_found")),
    ("UnrecognizedClient", 401, Some("invalid_api_key")),
];

/// The forms of an error's body. What is no JSON object of these is a body without a message, such as a proxy's HTML.
#[derive(Default, Deserialize)]
struct Body<'a> {
    #[serde(borrow, alias = "Message", alias = "errorMessage")]
    message: Option<Text<'a>>,
    #[serde(borrow, rename = "__type")]
    shape: Option<Text<'a>>,
    #[serde(borrow)]
    code: Option<Text<'a>>,
    #[serde(borrow, rename = "Output")]
    output: Option<Output<'a>>,
}

#[derive(Deserialize)]
struct Output<'a> {
    #[serde(borrow, rename = "__type")]
    shape: Option<Text<'a>>,
}

impl<'a> Body<'a> {
    fn read(bytes: &'a [u8]) -> Self {
        json::read(bytes).unwrap_or_default()
    }

    fn kind(&self) -> Option<String> {
        let outer = self.output.as_ref().and_then(|output| output.shape);
        Some(self.shape.or(self.code).or(outer)?.plain().into_owned())
    }

    fn message(&self) -> Option<String> {
        Some(self.message?.plain().into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::{error, exception, reply};

    const TYPE: &str = "ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/";

    #[test]
    fn the_header_names_the_kind() {
        let problem = reply(400, Some(TYPE), br#"{"message":"Too many tokens"}"#);
        assert_eq!((problem.status, &*problem.message), (429, "Too many tokens"));
        assert_eq!(problem.code.as_deref(), Some("rate_limit_exceeded"));
    }

    #[test]
    fn the_body_names_it_where_the_header_does_not() {
        for body in [
            r#"{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"no"}"#,
            r#"{"code":"AccessDeniedException","message":"no"}"#,
            r#"{"__type":"AccessDeniedException","errorMessage":"no"}"#,
        ] {
            let problem = reply(400, None, body.as_bytes());
            assert_eq!((problem.status, &*problem.message), (403, "no"), "{body}");
        }
        let body =
            br#"{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}"#;
        let problem = reply(404, None, body);
        assert_eq!(problem.message, "the provider reports UnknownOperationException");
    }

    #[test]
    fn a_status_speaks_for_itself_where_nothing_else_does() {
        for (status, expected) in [(403, 403), (418, 418), (500, 500), (503, 503), (302, 502)] {
            let problem = reply(status, None, b"<html>Bad gateway</html>");
            assert_eq!(problem.status, expected);
            assert_eq!(problem.message, format!("the provider answered with status {status}"));
        }
    }

    #[test]
    fn what_awss_check_of_a_signature_printed_stays_here() {
        let body =
            "{\"message\":\"The signature does not match.\\n\\nThe Canonical String was\\nPOST\\n/model\"}";
        let problem = reply(403, Some("InvalidSignatureException"), body.as_bytes());
        assert_eq!((problem.status, &*problem.message), (401, "The signature does not match."));
    }

    #[test]
    fn exceptions_and_errors_in_a_stream_have_the_status_they_would_have_had() {
        let problem =
            exception("modelStreamErrorException", br#"{"message":"broke","originalStatusCode":500}"#);
        assert_eq!((problem.status, &*problem.message), (502, "broke"));
        assert_eq!(exception("throttlingException", b"{}").status, 429);
        assert_eq!(exception("aNewException", b"").message, "the provider reports aNewException");
        let problem = error("InternalFailure", b"it broke");
        assert_eq!((problem.status, &*problem.message), (500, "it broke"));
    }
}

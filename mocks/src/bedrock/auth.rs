//! Who is calling: a [signature](super::sigv4), or a [Bedrock API key](https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html).

use jiff::Timestamp;

use crate::Keys;
use crate::cloud::aws::sigv4::{self, Refusal};
use crate::provider::Denied;
use crate::request::Request;
use crate::script::{Failure, Kind};

/// With what real API keys begin: short-lived ones, and long-lived ones.
const PREFIXES: [&str; 2] = ["bedrock-api-key-", "ABSK"];

/// The signing name, of the agents' runtime too.
const SERVICE: &str = "bedrock";

/// Is the caller known?
///
/// # Errors
/// What was wrong, and what the service says to that.
pub(super) fn check(request: &Request, keys: &Keys<'_>, now: Timestamp) -> Result<(), Box<Denied>> {
    if request.header("authorization").is_none() {
        return Err(denied("AccessDeniedException", "Authorization header is missing", "no key"));
    }
    match request.bearer() {
        Some(key) if keys.published.accepts("bedrock", key) => Ok(()),
        Some(key) if PREFIXES.iter().any(|prefix| key.starts_with(prefix)) => {
            let message = "Authentication failed: Please make sure your API Key is valid.";
            Err(denied("AccessDeniedException", message, "unknown API key"))
        }
        Some(_) => {
            let message = "Invalid API Key format: Must start with pre-defined prefix";
            Err(denied("AccessDeniedException", message, "no API key of Bedrock"))
        }
        None => match sigv4::verify(request, keys, SERVICE, now) {
            Ok(_) => Ok(()),
            Err(refusal) => Err(refused(request, refusal)),
        },
    }
}

fn denied(exception: &str, message: &str, reason: &str) -> Box<Denied> {
    let failure = Failure::new(Kind::Authentication, message);
    let failure = Failure { code: Some(exception.to_owned()), ..failure };
    Box::new(Denied { failure, reason: reason.to_owned(), canonical_request: None })
}

/// The journal shows what should have been signed, but no session token.
fn refused(request: &Request, refusal: Refusal) -> Box<Denied> {
    let Refusal { exception, message, expected } = refusal;
    let Some(expected) = expected else { return denied(exception, &message, &message) };
    let reason = format!("wrong signature; the string to sign should have been\n{}", expected.string_to_sign);
    let canonical_request = match request.header("x-amz-security-token") {
        Some(token) => expected.canonical_request.replace(token, "****"),
        None => expected.canonical_request,
    };
    Box::new(Denied { canonical_request: Some(canonical_request), ..*denied(exception, &message, &reason) })
}

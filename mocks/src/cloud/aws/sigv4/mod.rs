//! [Signature Version 4](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html), as the service verifies it:
//! every part is computed anew from the bytes that came in.

mod authorization;
mod canonical;

use authorization::{ALGORITHM, Authorization, Scope};
use canonical::Port;
use jiff::{SignedDuration, Timestamp};
use ring::{digest, hmac};

use super::{ACCOUNT, USER};
use crate::cloud::Caller;
use crate::request::Request;
use crate::{AwsKey, Keys};

/// The service that signs otherwise than all others.
const S3: &str = "s3";
const TERMINATOR: &str = "aws4_request";
/// How far the client's clock may be off, either way.
const SKEW_MINUTES: i64 = 5;
/// `20260102T030405Z`
const BASIC: &str = "%Y%m%dT%H%M%SZ";

/// Why a signature is not good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The exception's name.
    pub exception: &'static str,
    /// What the service says.
    pub message: String,
    /// Where the signature itself is wrong: what should have been signed.
    pub expected: Option<Expected>,
}

/// What should have been signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The request in canonical form.
    pub canonical_request: String,
    /// What the signature is made over.
    pub string_to_sign: String,
}

/// Verifies the signature of a request that has a header `authorization`, at this time, for the service of this signing name. Gives
/// who signed.
///
/// # Errors
/// The first thing that is wrong, in the order in which the service looks: form, scope, key, clock, signature.
pub fn verify(request: &Request, keys: &Keys<'_>, service: &str, now: Timestamp) -> Result<Caller, Refusal> {
    let date = request.header("x-amz-date").or_else(|| request.header("date"));
    let header = request.header("authorization").unwrap_or_default();
    let authorization = Authorization::parse(header, date.is_some()).map_err(incomplete)?;
    let signed_at = timestamp(date.unwrap_or_default())?;
    let date = signed_at.strftime(BASIC).to_string();
    let Authorization { scope, signed_headers, signature } = &authorization;
    date_fits(scope, &date)?;
    if !signed_headers.iter().any(|name| name == "host") {
        let message = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.";
        return Err(invalid(message.to_owned()));
    }
    let (key, caller) = &signer(request, keys, scope)?;
    scope_fits(scope, key, service)?;
    clock_fits(&date, signed_at, now)?;

    let expected = |port| {
        let canonical_request = canonical::request(request, signed_headers, port, service == S3);
        let hash = hex(&sha256(canonical_request.as_bytes()));
        let string_to_sign = format!("{ALGORITHM}\n{date}\n{}\n{hash}", scope.text());
        Expected { canonical_request, string_to_sign }
    };
    let is_good = |port| *signature == sign(key, scope, &expected(port).string_to_sign);
    // The port is this mock's: who signs the host alone has signed what AWS would have got.
    if is_good(Port::Signed) || is_good(Port::Unsigned) {
        return Ok(caller.clone());
    }
    let expected = expected(Port::Signed);
    let Expected { canonical_request, string_to_sign } = &expected;
    let message = format!(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'{canonical_request}'\n\nThe String-to-Sign should have been\n'{string_to_sign}'\n"
    );
    Err(Refusal { expected: Some(expected), ..invalid(message) })
}

fn invalid(message: String) -> Refusal {
    Refusal { exception: "InvalidSignatureException", message, expected: None }
}

fn incomplete(message: String) -> Refusal {
    Refusal { exception: "IncompleteSignatureException", message, expected: None }
}

/// The time of the request: in AWS's basic form, or as HTTP writes a date.
fn timestamp(text: &str) -> Result<Timestamp, Refusal> {
    let is_basic = text.len() == 16 && text.bytes().filter(u8::is_ascii_digit).count() == 14;
    let basic = || jiff::civil::DateTime::strptime(BASIC, text).ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    let found = if is_basic { basic() } else { jiff::fmt::rfc2822::parse(text).ok() };
    let message = || {
        format!(
            "Date must be in ISO-8601 'basic format'. Got '{text}'. See http://en.wikipedia.org/wiki/ISO_8601"
        )
    };
    found.map(|found| found.timestamp()).ok_or_else(|| incomplete(message()))
}

fn date_fits(scope: &Scope<'_>, date: &str) -> Result<(), Refusal> {
    let day = &date[..8];
    if scope.date == day {
        return Ok(());
    }
    Err(invalid(format!(
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{day}', from '{date}'.",
        scope.date
    )))
}

/// The pair of the scope's key id, if the request also carries its session token.
fn signer(request: &Request, keys: &Keys<'_>, scope: &Scope<'_>) -> Result<(AwsKey, Caller), Refusal> {
    let token = request.header("x-amz-security-token");
    let fits = |key: &AwsKey| key.session_token.as_deref() == token;
    if let Some(key) = keys.published.aws(scope.key).filter(|key| fits(key)) {
        let [arn, id, account] = [USER.0, USER.1, ACCOUNT].map(str::to_owned);
        return Ok((key.clone(), Caller { arn, id, account }));
    }
    let refusal =
        |exception, message: &str| Refusal { exception, message: message.to_owned(), expected: None };
    match keys.issued.session(scope.key).filter(|session| fits(&session.key)) {
        None => {
            let message = "The security token included in the request is invalid.";
            Err(refusal("UnrecognizedClientException", message))
        }
        Some(session) if keys.issued.is_over(session.expires) => {
            Err(refusal("ExpiredTokenException", "The security token included in the request is expired"))
        }
        Some(session) => Ok((session.key, session.caller)),
    }
}

fn scope_fits(scope: &Scope<'_>, key: &AwsKey, service: &str) -> Result<(), Refusal> {
    let mut wrong = String::new();
    if scope.region != key.region {
        wrong += "Credential should be scoped to a valid region. ";
    }
    if scope.service != service {
        wrong += &format!("Credential should be scoped to correct service: '{service}'. ");
    }
    if scope.terminator != TERMINATOR {
        wrong += &format!(
            "Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{}'. ",
            scope.terminator
        );
    }
    if wrong.is_empty() { Ok(()) } else { Err(invalid(wrong)) }
}

fn clock_fits(date: &str, signed_at: Timestamp, now: Timestamp) -> Result<(), Refusal> {
    let skew = SignedDuration::from_mins(SKEW_MINUTES);
    let at = |time: Timestamp| time.strftime(BASIC).to_string();
    let age = now.duration_since(signed_at);
    if age > skew {
        let (limit, now) = (at(now - skew), at(now));
        return Err(invalid(format!(
            "Signature expired: {date} is now earlier than {limit} ({now} - {SKEW_MINUTES} min.)"
        )));
    }
    if age < -skew {
        let (limit, now) = (at(now + skew), at(now));
        return Err(invalid(format!(
            "Signature not yet current: {date} is still later than {limit} ({now} + {SKEW_MINUTES} min.)"
        )));
    }
    Ok(())
}

/// The signature, in hexadecimal.
fn sign(key: &AwsKey, scope: &Scope<'_>, string_to_sign: &str) -> String {
    let mut secret = format!("AWS4{}", key.secret_access_key).into_bytes();
    for part in [scope.date, scope.region, scope.service, scope.terminator, string_to_sign] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        secret = hmac::sign(&key, part.as_bytes()).as_ref().to_vec();
    }
    hex(&secret)
}

pub(in crate::cloud) fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, bytes).as_ref().to_vec()
}

pub(in crate::cloud) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

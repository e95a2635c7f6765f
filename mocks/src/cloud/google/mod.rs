//! Google Cloud: access tokens of [OAuth 2](https://developers.google.com/identity/protocols/oauth2/service-account), for whoever signs as a
//! service account, and for machines that ask their metadata server.

mod metadata;
mod oauth;

use serde_json::{Value, json};

use super::{Issued, Token, key};
use crate::seed::Draw;
pub(super) use metadata::Metadata;
pub(super) use oauth::OAuth;

pub(super) const METADATA: &str = "google-metadata";
const OAUTH: &str = "google-oauth";

/// Who everybody is.
const ACCOUNT: &str = "touchstone@touchstone-project.iam.gserviceaccount.com";
/// The same, as a number.
const SUBJECT: &str = "100000000000000000001";
const PROJECT: &str = "touchstone-project";
/// Where all of Google's tokens are asked for.
const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";
const ISSUER: &str = "https://accounts.google.com";
/// The scope that all of Google Cloud takes.
pub(crate) const PLATFORM: &str = "https://www.googleapis.com/auth/cloud-platform";
/// A second less than the hour: none is younger when it arrives.
const HOUR: u64 = 3_599;

/// A service account's key as it is downloaded, for tokens from here.
pub(super) fn service_account(token_uri: &str) -> Value {
    let account = ACCOUNT.replace('@', "%40");
    json!({
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": *key::ID,
        "private_key": key::pem(),
        "client_email": ACCOUNT,
        "client_id": SUBJECT,
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": token_uri,
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        "client_x509_cert_url": format!("https://www.googleapis.com/robot/v1/metadata/x509/{account}"),
        "universe_domain": "googleapis.com",
    })
}

/// Why an access token opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Nobody issued it.
    Unknown,
    /// Its time is over.
    Expired,
    /// It was asked for something else.
    Scope,
}

/// Is this an access token that holds, for one of these scopes?
pub(crate) fn check(token: &str, scopes: &[&str], issued: &Issued<'_>) -> Result<(), Refusal> {
    let known = issued.token(token).filter(|_| token.starts_with(PREFIX)).ok_or(Refusal::Unknown)?;
    if issued.is_over(known.expires) {
        return Err(Refusal::Expired);
    }
    let fits = known.purposes.iter().any(|purpose| scopes.contains(&purpose.as_str()));
    if fits { Ok(()) } else { Err(Refusal::Scope) }
}

const PREFIX: &str = "ya29.";

/// An access token for these scopes, and for how many seconds it holds.
fn issue(issued: &Issued<'_>, draw: &Draw, purposes: Vec<String>) -> (String, i64) {
    let text = format!("{PREFIX}c.{}", draw.text("access token", 200));
    let seconds = issued.lifetime(HOUR);
    let expires = issued.now().as_second().saturating_add(seconds);
    issued.keep_token(&text, &Token { purposes, expires });
    (text, seconds)
}

/// Who the account is, told to this audience.
fn identity(issued: &Issued<'_>, audience: &str) -> String {
    let now = issued.now().as_second();
    super::jwt::sign(&json!({
        "aud": audience,
        "azp": ACCOUNT,
        "email": ACCOUNT,
        "email_verified": true,
        "exp": now.saturating_add(issued.lifetime(HOUR + 1)),
        "iat": now,
        "iss": ISSUER,
        "sub": SUBJECT,
    }))
}

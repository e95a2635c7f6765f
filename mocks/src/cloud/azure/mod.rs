//! Azure: access tokens of [Microsoft Entra](https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow), for
//! applications with a secret or an identity of elsewhere, and for machines that have one of their own.

mod entra;
mod error;
mod managed;

use serde_json::json;

use super::{Issued, Token, jwt};
use crate::seed::Draw;
pub(super) use entra::Entra;
pub(super) use managed::Managed;

pub(super) const MANAGED: &str = "azure-imds";
const ENTRA: &str = "entra";

/// The one tenant, by its id and by its domain.
const TENANT: &str = "7e57ab1e-0000-4000-8000-000000000001";
const DOMAIN: &str = "touchstone.onmicrosoft.com";
/// An application; and the identity that may be chosen at a machine, where it is not the machine's own.
const CLIENT: &str = "7e57ab1e-0000-4000-8000-0000000000c1";
/// The same, as an object of the tenant.
const OBJECT: &str = "7e57ab1e-0000-4000-8000-0000000000d1";
/// A machine's own identity.
const MACHINE: &str = "7e57ab1e-0000-4000-8000-0000000000c2";

/// For whom there are tokens.
const RESOURCES: [&str; 5] = [
    "https://cognitiveservices.azure.com",
    "https://ai.azure.com",
    "https://management.azure.com",
    "https://management.core.windows.net",
    "https://graph.microsoft.com",
];

/// For whom a resource is meant, if anybody is called so: with a slash at its end or without.
fn resource(asked: &str) -> Option<&'static str> {
    RESOURCES.into_iter().find(|known| *known == asked.trim_end_matches('/'))
}

/// Is this an access token that holds, for one of these?
///
/// # Errors
/// Why not, for the journal: the service does not say.
pub(crate) fn check(token: &str, audiences: &[&str], issued: &Issued<'_>) -> Result<(), &'static str> {
    let known = issued.token(token).filter(|_| token.starts_with("ey")).ok_or("unknown key or token")?;
    if issued.is_over(known.expires) {
        return Err("expired token");
    }
    let fits = known.purposes.iter().any(|purpose| audiences.contains(&purpose.as_str()));
    if fits { Ok(()) } else { Err("a token for somebody else") }
}

/// How somebody showed who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Secret,
    Assertion,
}

/// An access token for this resource, and when it ends.
fn issue(
    issued: &Issued<'_>,
    draw: &Draw,
    client: &str,
    resource: &str,
    shown: Shown,
    asked: u64,
) -> (String, i64) {
    let now = issued.now().as_second();
    let expires = now.saturating_add(issued.lifetime(asked));
    let issuer = format!("https://sts.windows.net/{TENANT}/");
    let text = jwt::sign(&json!({
        "aud": resource,
        "iss": issuer,
        "iat": now,
        "nbf": now,
        "exp": expires,
        "aio": draw.text("aio", 44),
        "appid": client,
        "appidacr": if shown == Shown::Secret { "1" } else { "2" },
        "idp": issuer,
        "idtyp": "app",
        "oid": OBJECT,
        "sub": OBJECT,
        "tid": TENANT,
        "uti": draw.text("uti", 22),
        "ver": "1.0",
    }));
    issued.keep_token(&text, &Token { purposes: vec![resource.to_owned()], expires });
    (text, expires)
}

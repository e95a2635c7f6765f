//! What clouds have beside their models: services that say who somebody is, and hand out keys and tokens that hold for a time.
//!
//! ```text
//! client ─▶ sts, imds, ecs            ─▶ keys, a session token ┐                    ┌▶ bedrock
//!        ─▶ google-oauth, -metadata   ─▶ access token          ├▶ Issued (shelf) ──▶┼▶ gemini, vertex
//!        ─▶ entra, azure-imds         ─▶ access token          ┘                    └▶ azure
//! ```

pub mod aws;
pub(crate) mod azure;
pub(crate) mod google;
mod identity;
mod issued;
mod jwt;
mod key;
mod service;

pub(crate) use identity::SUBJECT;
pub use issued::{Caller, Issued, Session, Token};

use crate::provider::Provider;
use crate::request::Request;
use service::Beside;

/// All of them. The name is also the prefix of their paths on the common port, and that of their document in `specs`.
pub static ALL: [&dyn Provider; 8] = [
    &Beside(aws::Sts),
    &Beside(aws::Imds),
    &Beside(aws::Ecs),
    &Beside(aws::S3),
    &Beside(google::OAuth),
    &Beside(google::Metadata),
    &Beside(azure::Entra),
    &Beside(azure::Managed),
];

/// The names of all of them.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|service| service.name())
}

/// Who a workload is, as its cluster says: for an hour, unless it is said otherwise.
pub(crate) fn identity_token(
    issued: &Issued<'_>,
    audience: &str,
    subject: &str,
    seconds: Option<u64>,
) -> String {
    let seconds =
        seconds.map_or_else(|| issued.lifetime(3_600), |seconds| i64::try_from(seconds).unwrap_or(i64::MAX));
    identity::token(audience, subject, issued.now().as_second(), seconds)
}

/// A service account's key, in JSON, for tokens from the endpoint at this address.
pub(crate) fn google_service_account(token_uri: &str) -> String {
    format!("{:#}\n", google::service_account(token_uri))
}

/// Whose path this is at the addresses that every machine of a cloud has: `169.254.169.254`, `169.254.170.2`.
pub(crate) fn of_link(request: &Request) -> Option<&'static dyn Provider> {
    let found = LINKS.iter().find(|(start, _)| request.path.starts_with(start)).map(|(_, name)| *name);
    // Google's clients look whether anybody is there.
    let looks = request.path == "/" && request.header("metadata-flavor").is_some();
    crate::provider::find(found.or(looks.then_some(google::METADATA))?)
}

const LINKS: [(&str, &str); 5] = [
    ("/latest/", aws::IMDS),
    ("/v1/credentials", aws::ECS),
    ("/v2/credentials", aws::ECS),
    ("/computeMetadata/", google::METADATA),
    ("/metadata/", azure::MANAGED),
];

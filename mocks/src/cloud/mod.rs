//! What clouds have beside their models: services that say who somebody is, and hand out keys and tokens that hold for a time.
//!
//! ```text
//! client ─▶ sts, imds, ecs            ─▶ keys, a session token ┐                    ┌▶ bedrock
//!        ─▶ google-oauth, -metadata   ─▶ access token          ├▶ Issued (shelf) ──▶┼▶ gemini, vertex
//!        ─▶ entra, azure-imds         ─▶ access token          ┘                    └▶ azure
//! ```

pub mod aws;
mod identity;
mod issued;
mod jwt;
mod key;
mod service;

pub(crate) use identity::SUBJECT;
pub use issued::{Caller, Issued, Session, Token};

use crate::provider::Provider;
use service::Beside;

/// All of them. The name is also the prefix of their paths on the common port, and that of their document in `specs`.
pub static ALL: [&dyn Provider; 3] = [&Beside(aws::Sts), &Beside(aws::Imds), &Beside(aws::Ecs)];

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

/// Whose path this is at the addresses that every machine of a cloud has: `169.254.169.254`, `169.254.170.2`.
pub(crate) fn of_link(path: &str) -> Option<&'static dyn Provider> {
    let (_, name) = LINKS.iter().find(|(start, _)| path.starts_with(start))?;
    crate::provider::find(name)
}

const LINKS: [(&str, &str); 3] =
    [("/latest/", aws::IMDS), ("/v1/credentials", aws::ECS), ("/v2/credentials", aws::ECS)];

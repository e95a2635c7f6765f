//! Whose something is: a digest, so that the store holds no key of a client's.

use std::fmt::{self, Display};
use std::sync::Arc;

use http::HeaderMap;
use ring::digest::{Context, SHA256};

use crate::config::Route;

/// One client of one route, or of one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Scope([u8; 32]);

/// Headers by which clients, or the gateways before this one, say who calls.
/// <https://developer.konghq.com/gateway/entities/consumer/>
const HEADERS: [&str; 8] = [
    "api-key",
    "authorization",
    "openai-organization",
    "openai-project",
    "x-api-key",
    "x-consumer-id",
    "x-credential-identifier",
    "x-goog-api-key",
];

impl Scope {
    /// Of a call. Whoever is known is known by name, whatever key is shown; of the others, those that show no key are one.
    pub(crate) fn new(route: &Arc<Route>, headers: &HeaderMap, consumer: Option<&str>) -> Self {
        let key = route.key();
        let mut parts = vec![key.as_bytes(), consumer.unwrap_or_default().as_bytes()];
        for name in HEADERS {
            for value in headers.get_all(name) {
                parts.extend([name.as_bytes(), value.as_bytes()]);
            }
        }
        Self::digest(parts)
    }

    /// Of all that makes a difference. It is the same in every process.
    pub(crate) fn digest<'p>(parts: impl IntoIterator<Item = &'p [u8]>) -> Self {
        let mut hash = Context::new(&SHA256);
        for part in parts {
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let mut scope = [0; 32];
        scope.copy_from_slice(hash.finish().as_ref());
        Self(scope)
    }

    #[cfg(test)]
    pub(super) fn of(number: u8) -> Self {
        Self([number; 32])
    }
}

/// Thirty-two letters and digits of it.
impl Display for Scope {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..16].iter().try_for_each(|byte| write!(to, "{byte:02x}"))
    }
}

//! Whose something is: a route's client, told by the keys that it shows.

use std::sync::Arc;

use http::HeaderMap;
use ring::digest::{Context, SHA256};

use crate::config::Route;

/// One client of one route. It is a hash, so that the store holds no key.
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
        let mut hash = Context::new(&SHA256);
        let key = route.key();
        hash.update(&key.len().to_ne_bytes());
        hash.update(key.as_bytes());
        let consumer = consumer.unwrap_or_default();
        hash.update(&consumer.len().to_ne_bytes());
        hash.update(consumer.as_bytes());
        for name in HEADERS {
            for value in headers.get_all(name) {
                hash.update(name.as_bytes());
                hash.update(&value.len().to_ne_bytes());
                hash.update(value.as_bytes());
            }
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

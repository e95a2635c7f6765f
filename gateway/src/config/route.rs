//! Kong's routes and the service behind each.
//!
//! <https://developer.konghq.com/gateway/entities/route/>

use std::time::Duration;

use super::AiProxy;
use super::rule::{HeaderRule, HostRule, PathRule};

/// A route together with the `ai-proxy` that answers it.
#[derive(Clone, Debug)]
pub struct Route {
    /// Unique among routes.
    pub name: Option<String>,
    /// The service it belongs to, where it belongs to one.
    pub service: Option<String>,
    /// How long the gateway waits for the upstream: the service's.
    pub timeouts: Timeouts,
    /// Which schemes it serves.
    pub protocols: Protocols,
    /// Any of these, in capitals; empty: all.
    pub methods: Vec<String>,
    /// Any of these; empty: all.
    pub hosts: Vec<HostRule>,
    /// Any of these; empty: all.
    pub paths: Vec<PathRule>,
    /// All of these.
    pub headers: Vec<HeaderRule>,
    /// Ranks routes with regex paths; the highest first.
    pub regex_priority: i64,
    /// Kong's words for tools.
    pub tags: Vec<String>,
    /// The route's plugin, else its service's, else the global one.
    pub plugin: AiProxy,
}

/// The schemes that a route serves; at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protocols {
    /// Plain.
    pub http: bool,
    /// TLS. A route that serves this alone answers plain requests with 426.
    pub https: bool,
}

impl Default for Protocols {
    fn default() -> Self {
        Self { http: true, https: true }
    }
}

/// A service's patience and persistence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// To connect.
    pub connect: Duration,
    /// Between two writes.
    pub write: Duration,
    /// Between two reads.
    pub read: Duration,
    /// How often a call that failed before a byte was read is tried again.
    pub retries: u16,
}

impl Default for Timeouts {
    /// Kong's.
    fn default() -> Self {
        let minute = Duration::from_secs(60);
        Self { connect: minute, write: minute, read: minute, retries: 5 }
    }
}

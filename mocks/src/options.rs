//! How the mocks are started.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use crate::{Authority, Credentials, StoreLimits};

/// Everything has a default that suits a test: an ephemeral port on 127.0.0.1, all providers, seed 0.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where all providers listen, each under its own prefix, and the admin paths under `/__mock/`. Port 0: any free one.
    pub listen: SocketAddr,
    /// Providers that get a port of their own besides, at the provider's own paths. Port 0: any free one.
    pub ports: BTreeMap<String, u16>,
    /// 0: tasks on the caller's runtime. Else so many threads, each with a runtime and a listening socket of its own.
    pub threads: usize,
    /// From which ids and times follow: same seed and same requests, same bytes.
    pub seed: u64,
    /// The keys accepted.
    pub credentials: Credentials,
    /// The models that exist; absent: every model does.
    pub models: Option<Vec<String>>,
    /// Where the providers' own host names are served besides, by TLS. Port 0: any free one.
    pub tls: Option<SocketAddr>,
    /// Whether the common address is an HTTP proxy too, which leads to the mock of the host that is asked for, and nowhere else.
    pub proxy: bool,
    /// Who signs for the hosts; absent, and there is TLS or a proxy: a new one.
    pub authority: Option<Arc<Authority>>,
    /// Answer requests that break the provider's rules all the same; the journal tells. What is of another type or out of its bounds
    /// counts as not said.
    pub lenient: bool,
    /// How much the journal keeps.
    pub journal: JournalLimits,
    /// Where what providers keep is kept over a restart; absent: it goes with the mocks.
    pub state: Option<PathBuf>,
    /// How much of it there may be.
    pub store: StoreLimits,
    /// The longest that tokens and keys hold which the clouds issue, in seconds; absent: as long as the clouds say.
    pub token_seconds: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            ports: BTreeMap::new(),
            threads: 0,
            seed: 0,
            credentials: Credentials::default(),
            models: None,
            tls: None,
            proxy: false,
            authority: None,
            lenient: false,
            journal: JournalLimits::default(),
            state: None,
            store: StoreLimits::default(),
            token_seconds: None,
        }
    }
}

/// Bounds of the journal: by default 10,000 requests, 64 MiB, and 2 MiB of one reply. What exceeds them goes, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalLimits {
    /// Requests kept.
    pub entries: usize,
    /// Bytes of requests and replies kept, all together.
    pub bytes: usize,
    /// Bytes kept of one reply; the entry says when it was cut.
    pub reply_bytes: usize,
}

impl Default for JournalLimits {
    fn default() -> Self {
        Self { entries: 10_000, bytes: 64 << 20, reply_bytes: 2 << 20 }
    }
}

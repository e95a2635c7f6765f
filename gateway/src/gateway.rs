//! The gateway as a whole: one thread for each core, all on one address, nothing shared but the configuration and [`Commons`].

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::runtime::Builder;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::LocalSet;
use tokio_util::sync::CancellationToken;

use crate::commons::Commons;
use crate::config::Config;
use crate::egress::{Egress, Ways};
use crate::limits::Limits;
use crate::proxy::Proxy;
use crate::server::{self, Shared};
use crate::statistics::Sinks;

/// Threads of each core that ask the system for addresses; it can only do that by waiting.
const RESOLVERS: usize = 8;
/// What records of calls get at least to be written, though the calls took all of the time.
const FLUSH: Duration = Duration::from_secs(1);

/// How a gateway runs; what it does is in its [`Config`].
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where clients connect; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Threads, each with a runtime and connections of its own; 0: as many as there are cores.
    pub threads: usize,
    /// A PEM file of certificates that are trusted beside Mozilla's, in connections to upstreams.
    pub trust: Option<PathBuf>,
    /// The way out to upstreams.
    pub egress: Egress,
    /// What it bears.
    pub limits: Limits,
}

impl Settings {
    /// A gateway on `listen` with defaults for the rest; `trust` is `SSL_CERT_FILE`, which most programs understand, and `egress` is
    /// what the environment says of proxies.
    #[must_use]
    pub fn new(listen: SocketAddr) -> Self {
        let trust = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
        Self { listen, threads: 0, trust, egress: Egress::from_env(), limits: Limits::default() }
    }
}

/// Why a gateway does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its address cannot be had.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// A thread, a runtime, a signal handler, a file of certificates or hosts, or a proxy cannot be had.
    #[error("cannot start: {0}")]
    System(#[from] io::Error),
}

/// A running gateway. Dropping it stops it at once; [`Gateway::shutdown`] lets calls finish first.
pub struct Gateway {
    address: SocketAddr,
    shared: Shared,
    threads: Vec<(JoinHandle<()>, oneshot::Receiver<()>)>,
    sinks: Arc<Sinks>,
    drain: Duration,
}

impl Gateway {
    /// Starts serving. When this returns, clients can connect.
    ///
    /// # Errors
    /// The address is taken, the system gives no threads, the certificates or the hosts file cannot be read, or a proxy is none.
    pub fn start(config: Config, settings: Settings) -> Result<Self, Error> {
        let Settings { listen, threads, trust, egress, limits } = settings;
        let threads = if threads > 0 { threads } else { thread::available_parallelism()?.get() };
        let (address, listeners) =
            server::listen(listen, threads).map_err(|source| Error::Listen { address: listen, source })?;
        let shared = Shared {
            connections: Arc::new(Semaphore::new(limits.connections.min(Semaphore::MAX_PERMITS))),
            drain: CancellationToken::new(),
            abort: CancellationToken::new(),
        };
        let tls = crate::tls::client(trust.as_deref())?;
        let ways = Arc::new(Ways::read(&egress)?);
        let config = Arc::new(config);
        let commons = Arc::new(Commons::new(&config, &tls, &ways, &limits));
        let (sinks, drain) = (Arc::clone(&commons.sinks), limits.drain);
        let mut gateway = Self { address, shared: shared.clone(), threads: Vec::new(), sinks, drain };
        for (core, listener) in listeners.into_iter().enumerate() {
            let (shared, limits) = (shared.clone(), limits.clone());
            let (config, tls, ways) = (Arc::clone(&config), Arc::clone(&tls), Arc::clone(&ways));
            let commons = Arc::clone(&commons);
            let runtime =
                Builder::new_current_thread().enable_all().max_blocking_threads(RESOLVERS).build()?;
            let (over, ended) = oneshot::channel();
            let thread = thread::Builder::new().name(format!("gateway-{core}")).spawn(move || {
                let _over = over;
                LocalSet::new().block_on(&runtime, async {
                    server::serve(Proxy::new(config, tls, ways, commons, limits), listener, shared).await;
                });
            })?;
            gateway.threads.push((thread, ended));
        }
        Ok(gateway)
    }

    /// Where clients connect.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more calls, and lets those that run finish for at most [`Limits::drain`]; what is left of that is for the records of
    /// calls that are not written yet.
    pub async fn shutdown(mut self) {
        self.shared.drain.cancel();
        let began = Instant::now();
        for (thread, ended) in self.threads.drain(..) {
            // The sender is dropped as the thread's last act, so joining does not block.
            let _ = ended.await;
            let _ = thread.join();
        }
        self.sinks.finish(self.drain.saturating_sub(began.elapsed()).max(FLUSH)).await;
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.shared.abort.cancel();
    }
}

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
use crate::status::{Loaded, Post, Station};

/// Threads of each core that ask the system for addresses; it can only do that by waiting.
const RESOLVERS: usize = 8;
/// What records of calls get at least to be written, though the calls took all of the time.
const FLUSH: Duration = Duration::from_secs(1);

/// How a gateway runs; what it does is in its [`Config`].
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where clients connect; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Where operators find `/metrics`, `/status` and the like; `None`: nowhere. The clients' address: there.
    pub status: Option<SocketAddr>,
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
        Self {
            listen,
            status: None,
            threads: 0,
            trust,
            egress: Egress::from_env(),
            limits: Limits::default(),
        }
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
    post: Option<Post>,
}

impl Gateway {
    /// Starts serving. When this returns, clients can connect.
    ///
    /// # Errors
    /// The address is taken, the system gives no threads, the certificates or the hosts file cannot be read, or a proxy is none.
    pub fn start(config: Config, settings: Settings) -> Result<Self, Error> {
        let Settings { listen, status, threads, trust, egress, limits } = settings;
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
        let loaded = Loaded::new(&config, &commons);
        let station = Arc::new(Station::new(loaded, &shared.connections, shared.drain.clone(), threads));
        // Port 0 twice is two ports.
        let public = status == Some(listen) && listen.port() != 0;
        let post = status.filter(|_| !public).map(|address| {
            Post::start(address, Arc::clone(&station)).map_err(|source| Error::Listen { address, source })
        });
        let station = public.then_some(station);
        let post = post.transpose()?;
        let mut gateway = Self { address, shared: shared.clone(), threads: Vec::new(), sinks, drain, post };
        for (core, listener) in listeners.into_iter().enumerate() {
            let (shared, limits) = (shared.clone(), limits.clone());
            let (config, tls, ways) = (Arc::clone(&config), Arc::clone(&tls), Arc::clone(&ways));
            let (commons, station) = (Arc::clone(&commons), station.clone());
            let runtime =
                Builder::new_current_thread().enable_all().max_blocking_threads(RESOLVERS).build()?;
            let (over, ended) = oneshot::channel();
            let thread = thread::Builder::new().name(format!("gateway-{core}")).spawn(move || {
                let _over = over;
                LocalSet::new().block_on(&runtime, async {
                    let mut proxy = Proxy::new(config, tls, ways, commons, limits);
                    proxy.station = station;
                    server::serve(proxy, listener, shared).await;
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

    /// Where operators look, if that is an address of its own.
    #[must_use]
    pub fn status_addr(&self) -> Option<SocketAddr> {
        self.post.as_ref().map(Post::address)
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

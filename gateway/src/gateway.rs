//! The gateway as a whole: one thread for each core, all on one address, nothing shared but the configuration and [`Commons`]; and
//! how it goes over to another configuration.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use tokio::runtime::Builder;
use tokio::sync::mpsc::{self, Sender};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::LocalSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::commons::Commons;
use crate::config::Config;
use crate::egress::{Egress, Ways};
use crate::life::Life;
use crate::limits::Limits;
use crate::proxy::Proxy;
use crate::server::{self, Core, Generation, Identity, Shared};
use crate::statistics::{Observers, Sinks};
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
    /// Where operators find `/metrics`, `/status` and the like; `None`: nowhere.
    pub status: Option<StatusAddress>,
    /// Threads, each with a runtime and connections of its own; 0: as many as there are cores.
    pub threads: usize,
    /// A PEM file of certificates that are trusted beside Mozilla's, in connections to upstreams.
    pub trust: Option<PathBuf>,
    /// Who clients are shown, where they are to speak TLS: all of them, then.
    pub tls: Option<Tls>,
    /// Where the configuration was read; it is only told.
    pub file: Option<PathBuf>,
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
            tls: None,
            file: None,
            egress: Egress::from_env(),
            limits: Limits::default(),
        }
    }
}

/// Where operators look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusAddress {
    /// There, or the gateway does not start. The clients' address: beside what clients call.
    At(SocketAddr),
    /// There, if nobody else is; otherwise nowhere, which is logged.
    IfFree(SocketAddr),
}

/// Two PEM files: a chain of certificates, and the key of the first of them.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The chain.
    pub certificates: PathBuf,
    /// The key.
    pub key: PathBuf,
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
    generations: Vec<Sender<Generation>>,
    observers: Arc<Observers>,
    sinks: Arc<Sinks>,
    station: Arc<Station>,
    /// Whether clients' own address has the operators' pages.
    is_public: bool,
    post: Option<Post>,
    out: Out,
    limits: Limits,
    tls: Option<Tls>,
}

/// The way to upstreams.
#[derive(Clone)]
struct Out {
    tls: Arc<ClientConfig>,
    ways: Arc<Ways>,
}

impl Gateway {
    /// Starts serving. When this returns, clients can connect.
    ///
    /// # Errors
    /// The address is taken, the system gives no threads, the certificates or the hosts file cannot be read, or a proxy is none.
    pub fn start(config: Config, settings: Settings) -> Result<Self, Error> {
        let Settings { listen, status, threads, trust, tls, file, egress, limits } = settings;
        let threads = if threads > 0 { threads } else { thread::available_parallelism()?.get() };
        let identity = tls.as_ref().map(|tls| Identity::read(&tls.certificates, &tls.key)).transpose()?;
        let (address, listeners) =
            server::listen(listen, threads).map_err(|source| Error::Listen { address: listen, source })?;
        let shared = Shared {
            connections: Arc::new(Semaphore::new(limits.connections.min(Semaphore::MAX_PERMITS))),
            identity: identity.map(Arc::new),
            leave: CancellationToken::new(),
            drain: CancellationToken::new(),
            abort: CancellationToken::new(),
        };
        let out = Out { tls: crate::tls::client(trust.as_deref())?, ways: Arc::new(Ways::read(&egress)?) };
        let config = Arc::new(config);
        let commons = Arc::new(Commons::new(&config, &out.tls, &out.ways, &limits, None));
        let loaded = Loaded { file, ..Loaded::new(&config, &commons) };
        let station = Arc::new(Station::new(loaded, &shared.connections, shared.leave.clone(), threads));
        // Port 0 twice is two ports.
        let is_public = status == Some(StatusAddress::At(listen)) && listen.port() != 0;
        let post = match status {
            Some(status) if !is_public => post(status, &station)?,
            _ => None,
        };
        let mut gateway = Self {
            address,
            shared,
            threads: Vec::new(),
            generations: Vec::new(),
            observers: Arc::clone(&commons.observers),
            sinks: Arc::clone(&commons.sinks),
            station,
            is_public,
            post,
            out,
            limits,
            tls,
        };
        for listener in listeners {
            gateway.add(listener, &config, &commons)?;
        }
        Ok(gateway)
    }

    /// Adds a core.
    fn add(
        &mut self,
        listener: TcpListener,
        config: &Arc<Config>,
        commons: &Arc<Commons>,
    ) -> Result<(), Error> {
        let (config, commons, limits) = (Arc::clone(config), Arc::clone(commons), self.limits.clone());
        let (shared, Out { tls, ways }) = (self.shared.clone(), self.out.clone());
        let station = self.is_public.then(|| Arc::clone(&self.station));
        let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(RESOLVERS).build()?;
        let (over, ended) = oneshot::channel();
        let (sender, generations) = mpsc::channel(1);
        let name = format!("gateway-{}", self.threads.len());
        let thread = thread::Builder::new().name(name).spawn(move || {
            let _over = over;
            LocalSet::new().block_on(&runtime, async {
                let mut proxy = Proxy::new(config, tls, ways, commons, limits, shared.leave.clone());
                proxy.station = station;
                server::serve(Core::new(proxy), generations, listener, shared).await;
            });
        })?;
        self.threads.push((thread, ended));
        self.generations.push(sender);
        Ok(())
    }

    /// Answers all later calls by another configuration; those that run keep to theirs. What is known of targets, tokens and kept responses
    /// lives on, where it is of a route and a plugin that are still there.
    pub async fn reload(&self, config: Config) {
        let config = Arc::new(config);
        let last = self.station.loaded();
        let Out { tls, ways } = &self.out;
        let commons = Arc::new(Commons::new(&config, tls, ways, &self.limits, Some(&last.commons)));
        let mut waiting = Vec::new();
        for core in &self.generations {
            let (adopted, done) = oneshot::channel();
            let (config, commons) = (Arc::clone(&config), Arc::clone(&commons));
            if core.send(Generation { config, commons, adopted }).await.is_ok() {
                waiting.push(done);
            }
        }
        for done in waiting {
            // The sender is dropped, whether the core lives or not.
            let _ = done.await;
        }
        commons.life.loaded();
        self.station.load(Loaded { file: last.file, ..Loaded::new(&config, &commons) });
    }

    /// Reads the certificates and the key that clients are shown again; connections that are open keep theirs.
    ///
    /// # Errors
    /// Something is wrong with them: all is as it was.
    pub fn renew(&self) -> io::Result<()> {
        match (&self.shared.identity, &self.tls) {
            (Some(identity), Some(tls)) => identity.renew(&tls.certificates, &tls.key),
            _ => Ok(()),
        }
    }

    /// How the configuration came here.
    pub(crate) fn life(&self) -> Arc<Life> {
        Arc::clone(&self.station.loaded().commons.life)
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

    /// Says that it is not ready for [`Limits::notice`], then takes no more calls, and lets those that run finish for at most
    /// [`Limits::drain`]; what is left of that is for the records of calls that are not written yet.
    pub async fn shutdown(mut self) {
        self.shared.leave.cancel();
        if !self.limits.notice.is_zero() {
            sleep(self.limits.notice).await;
        }
        self.shared.drain.cancel();
        let began = Instant::now();
        for (thread, ended) in self.threads.drain(..) {
            // The sender is dropped as the thread's last act, so joining does not block.
            let _ = ended.await;
            let _ = thread.join();
        }
        let left = || self.limits.drain.saturating_sub(began.elapsed()).max(FLUSH);
        self.observers.finish(left()).await;
        self.sinks.finish(left()).await;
    }
}

/// Opens the operators' own address.
fn post(status: StatusAddress, station: &Arc<Station>) -> Result<Option<Post>, Error> {
    let (StatusAddress::At(address) | StatusAddress::IfFree(address)) = status;
    match (Post::start(address, Arc::clone(station)), status) {
        (Ok(post), _) => Ok(Some(post)),
        (Err(source), StatusAddress::At(_)) => Err(Error::Listen { address, source }),
        (Err(error), StatusAddress::IfFree(_)) => {
            tracing::warn!(%error, "no status page: {address} cannot be had; see --status-listen");
            Ok(None)
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.shared.abort.cancel();
    }
}

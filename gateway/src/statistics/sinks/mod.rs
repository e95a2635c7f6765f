//! Where records of calls go besides the gateway's own log: files and servers, each behind a queue with a bound and a thread of its own.
//!
//! ```text
//! Record::drop ─▶ Kong's object, once, as bytes ─▶ Queue ─▶ thread ─▶ file
//!    (a core)                                  └─▶ Queue ─▶ thread ─▶ server, in batches, tried again
//! ```
//!
//! A core never waits for any of it. What finds no room, or is not taken in time, is counted and told in the gateway's own log.

mod endpoint;
mod file;
mod queue;
mod server;

use std::future::Future;
#[cfg(feature = "otlp")]
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use rustls::ClientConfig;
use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio::task::LocalSet;
use tokio::time::{Instant, timeout};

use file::File;
use queue::Queue;
use server::Server;

#[cfg(feature = "otlp")]
pub(crate) use endpoint::Endpoint;
pub(crate) use queue::Deliver;

use crate::config::{FileLog, HttpLog, Plugins};
use crate::egress::Ways;
use crate::log::DROPPED;

/// All places that records go to, of all routes. Routes that say the same share one.
pub(crate) struct Sinks {
    tls: Arc<ClientConfig>,
    ways: Arc<Ways>,
    open: Mutex<Vec<(Settings, Weak<Sink>)>>,
    /// Threads that run; each that ends says so.
    running: watch::Sender<usize>,
    /// By when all of it must be over, once that is known.
    deadline: watch::Sender<Option<Instant>>,
}

/// One of them. Dropping the last handle lets it write what waits, and end.
pub(crate) struct Sink {
    queue: Arc<Queue>,
}

#[derive(Clone, PartialEq)]
enum Settings {
    File(FileLog),
    Server(Box<HttpLog>),
}

impl Sinks {
    pub(crate) fn new(tls: Arc<ClientConfig>, ways: Arc<Ways>) -> Self {
        let (running, deadline) = (watch::Sender::new(0), watch::Sender::new(None));
        Self { tls, ways, open: Mutex::default(), running, deadline }
    }

    /// Where the records of a route go.
    pub(crate) fn of(self: &Arc<Self>, plugins: &Plugins) -> Vec<Arc<Sink>> {
        let file = plugins.file_log.clone().map(Settings::File);
        let server = plugins.http_log.clone().map(|settings| Settings::Server(Box::new(settings)));
        file.into_iter().chain(server).map(|settings| self.open(settings)).collect()
    }

    fn open(self: &Arc<Self>, settings: Settings) -> Arc<Sink> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|(_, sink)| sink.strong_count() > 0);
        let known = open.iter().find(|(known, _)| *known == settings);
        if let Some(sink) = known.and_then(|(_, sink)| sink.upgrade()) {
            return sink;
        }
        let sink = Arc::new(self.start(settings.clone()));
        open.push((settings, Arc::downgrade(&sink)));
        sink
    }

    fn start(self: &Arc<Self>, settings: Settings) -> Sink {
        let deadline = self.deadline.subscribe();
        match settings {
            Settings::File(settings) => {
                let queue = Arc::new(Queue::new(file::bounds(), &DROPPED, deadline));
                self.run("gateway-file-log", Arc::clone(&queue), move || File::new(settings));
                Sink { queue }
            }
            Settings::Server(settings) => {
                let queue = Arc::new(Queue::new(settings.queue.clone(), &DROPPED, deadline));
                let (tls, ways) = (Arc::clone(&self.tls), Arc::clone(&self.ways));
                self.run("gateway-http-log", Arc::clone(&queue), move || Server::new(&settings, &tls, &ways));
                Sink { queue }
            }
        }
    }

    /// A queue, and a thread that empties it into what `make` makes. Those that are lost are counted in `dropped`.
    #[cfg(feature = "otlp")]
    pub(crate) fn queue<D: Deliver>(
        self: &Arc<Self>,
        name: &str,
        settings: crate::config::Queue,
        dropped: &'static AtomicU64,
        make: impl FnOnce(&Arc<ClientConfig>, &Ways) -> D + Send + 'static,
    ) -> Sink {
        let queue = Arc::new(Queue::new(settings, dropped, self.deadline.subscribe()));
        let (tls, ways) = (Arc::clone(&self.tls), Arc::clone(&self.ways));
        self.run(name, Arc::clone(&queue), move || make(&tls, &ways));
        Sink { queue }
    }

    /// A thread that does what `make` makes; it must end once nobody wants it any more.
    #[cfg(feature = "otlp")]
    pub(crate) fn task<F: Future<Output = ()>>(
        self: &Arc<Self>,
        name: &str,
        make: impl FnOnce(&Arc<ClientConfig>, &Ways) -> F + Send + 'static,
    ) {
        let (tls, ways) = (Arc::clone(&self.tls), Arc::clone(&self.ways));
        self.spawn(name, move || make(&tls, &ways));
    }

    /// A thread that empties a queue. Without it the queue fills up and drops: a gateway without this log is better than none.
    fn run<D: Deliver>(
        self: &Arc<Self>,
        name: &str,
        queue: Arc<Queue>,
        deliver: impl FnOnce() -> D + Send + 'static,
    ) {
        self.spawn(name, move || async move { queue.drive(deliver()).await });
    }

    fn spawn<F: Future<Output = ()>>(
        self: &Arc<Self>,
        name: &str,
        make: impl FnOnce() -> F + Send + 'static,
    ) {
        let sinks = Arc::clone(self);
        self.running.send_modify(|running| *running += 1);
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            let _ended = Ended(sinks);
            match Builder::new_current_thread().enable_all().max_blocking_threads(1).build() {
                Ok(runtime) => LocalSet::new().block_on(&runtime, make()),
                Err(error) => tracing::error!(%error, "no log is written"),
            }
        });
        if let Err(error) = thread {
            tracing::error!(%error, "no log is written");
        }
    }

    /// Waits until all that was recorded is written, for so long at most. No sink has a handle any more.
    pub(crate) async fn finish(&self, within: Duration) {
        let _ = self.deadline.send_replace(Some(Instant::now() + within));
        let mut running = self.running.subscribe();
        let _ = timeout(within + GRACE, running.wait_for(|running| *running == 0)).await;
    }
}

/// What a thread is given to notice that its time is over, and to count what it leaves behind.
const GRACE: Duration = Duration::from_millis(500);

/// A thread of these ends, however it does.
struct Ended(Arc<Sinks>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.running.send_modify(|running| *running -= 1);
    }
}

impl Sink {
    /// Takes a record: a JSON object. Never waits.
    pub(crate) fn put(&self, record: Bytes) {
        self.queue.put(record);
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.queue.end();
    }
}

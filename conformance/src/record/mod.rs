//! `touchstone record`: stands between a client and a provider, and writes what passes as scenarios, scripts and evidence.
//!
//! ```text
//!  client ─▶ recorder ─▶ provider        recorded/scenarios/   for `touchstone test --scenarios`
//!     ◀──────── │ ◀────────              recorded/scripts/     in neutral terms, for `touchstone mock --script`
//!               ▼                        recorded/bytes/       byte for byte and at its times, for the same
//!       redact, read, write              recorded/exchanges/   heads, bytes, times: the evidence
//! ```

mod ask;
mod events;
mod exchange;
mod files;
mod frames;
mod limits;
mod proxy;
mod read;
mod redact;
mod upstream;

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use redact::Redactor;

use crate::{Error, dialect};
use exchange::Exchange;
use files::{Files, Place};
use proxy::{Hand, Proxy};
use upstream::Upstream;

/// What to record.
#[derive(Clone)]
pub struct Options {
    /// Whose API passes: the name of a mock.
    pub provider: String,
    /// Where calls are sent on to: `https://api.anthropic.com`; a path goes before theirs.
    pub to: String,
    /// Where clients connect.
    pub listen: SocketAddr,
    /// Where files are written; it is made where there is none, and numbers go on from those that are there.
    pub folder: PathBuf,
    /// The second word of the scenarios' ids.
    pub name: String,
    /// The user's own patterns of what must not be kept.
    pub redact: Vec<String>,
    /// A file of certificates to trust besides those that browsers do.
    pub ca: Option<PathBuf>,
    /// The client's own `host` goes on, as signatures want it; else the provider's.
    pub keep_host: bool,
    /// Called with a sentence for each exchange.
    pub told: Option<Told>,
}

/// Hears what was written.
pub type Told = Arc<dyn Fn(&str) + Send + Sync>;

impl Options {
    /// Calls of this provider, sent on to this address, recorded into this folder; at any free port of 127.0.0.1.
    pub fn new(provider: impl Into<String>, to: impl Into<String>, folder: impl Into<PathBuf>) -> Self {
        Self {
            provider: provider.into(),
            to: to.into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            folder: folder.into(),
            name: "recorded".to_owned(),
            redact: Vec::new(),
            ca: None,
            keep_host: false,
            told: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("provider", &self.provider)
            .field("to", &self.to)
            .field("listen", &self.listen)
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// A recorder that runs until it is shut down.
pub struct Recorder {
    addr: SocketAddr,
    stop: CancellationToken,
    serving: JoinHandle<()>,
    connections: TaskTracker,
    hand: Hand,
    writing: JoinHandle<()>,
    written: watch::Receiver<usize>,
}

impl Recorder {
    /// Begins to listen.
    ///
    /// # Errors
    /// [`Error::Record`], where the provider, an address or a pattern is none; [`Error::File`], where the folder cannot be made.
    pub async fn start(options: Options) -> Result<Self, Error> {
        if dialect::of(&options.provider).is_none() && mocks::provider::find(&options.provider).is_none() {
            let known: Vec<_> = mocks::provider::names().collect();
            return Err(Error::Record(format!(
                "no provider `{}`; there are {}",
                options.provider,
                known.join(", ")
            )));
        }
        let is_word = |word: &str| {
            !word.is_empty()
                && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        if !is_word(&options.name) {
            return Err(Error::Record(format!(
                "`{}` is no word of an id: small letters, digits and hyphens",
                options.name
            )));
        }
        let upstream = Upstream::new(&options.to, options.ca.as_deref())?;
        let redactor = Redactor::new(&options.redact)?;
        let failed = |source| Error::File { path: options.folder.clone(), source };
        std::fs::create_dir_all(&options.folder).map_err(failed)?;
        let listening =
            |source: std::io::Error| Error::Record(format!("cannot listen on {}: {source}", options.listen));
        let listener = TcpListener::bind(options.listen).await.map_err(listening)?;
        let addr = listener.local_addr().map_err(listening)?;
        let (sender, receiver) = mpsc::channel(64);
        let hand = Hand { sender, tasks: TaskTracker::new() };
        let proxy = Arc::new(Proxy {
            upstream,
            provider: options.provider.clone(),
            address: options.to.clone(),
            keep_host: options.keep_host,
            hand: hand.clone(),
        });
        let (count, written) = watch::channel(0);
        let writer = Writer { redactor, next: next(&options.folder), seen: HashMap::new(), options };
        let (stop, connections) = (CancellationToken::new(), TaskTracker::new());
        let serving = tokio::spawn(serve(listener, proxy, stop.clone(), connections.clone()));
        Ok(Self {
            addr,
            stop,
            serving,
            connections,
            hand,
            writing: tokio::spawn(writer.run(receiver, count)),
            written,
        })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// As clients need it.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Waits until so many exchanges are written, or cannot be.
    pub async fn written(&self, count: usize) {
        let mut written = self.written.clone();
        // It lives as long as the writer, which ends after this.
        let _ = written.wait_for(|so_far| *so_far >= count).await;
    }

    /// Takes no more calls, lets those under way finish for a while, and writes what there is.
    pub async fn shutdown(self) {
        self.stop.cancel();
        let _ = self.serving.await;
        self.connections.close();
        // Connections end by themselves once their call is over, or at the latest after a while.
        self.connections.wait().await;
        self.hand.tasks.close();
        self.hand.tasks.wait().await;
        drop(self.hand);
        let _ = self.writing.await;
    }
}

async fn serve(listener: TcpListener, proxy: Arc<Proxy>, stop: CancellationToken, connections: TaskTracker) {
    let room = Arc::new(Semaphore::new(limits::CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = async { (Arc::clone(&room).acquire_owned().await, listener.accept().await) } => accepted,
        };
        let (permit, Ok((stream, _))) = accepted else {
            // Out of file descriptors, mostly: some connection must end first.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let (proxy, stop) = (Arc::clone(&proxy), stop.clone());
        connections.spawn(async move {
            let _permit = permit;
            let _ = stream.set_nodelay(true);
            let service = service_fn(move |request| Arc::clone(&proxy).handle(request));
            let mut builder = http1::Builder::new();
            builder.timer(TokioTimer::new());
            let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
            // Whoever goes away, or is cut off, is noted by the body.
            tokio::select! {
                _ = connection.as_mut() => return,
                () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
            }
            let _ = tokio::time::timeout(limits::GRACE, connection).await;
        });
    }
}

/// Writes what it is handed, one after the other.
struct Writer {
    redactor: Redactor,
    next: usize,
    /// How often the same was asked.
    seen: HashMap<(String, Option<String>), u64>,
    options: Options,
}

impl Writer {
    async fn run(mut self, mut exchanges: mpsc::Receiver<Exchange>, count: watch::Sender<usize>) {
        while let Some(exchange) = exchanges.recv().await {
            let told = self.options.told.clone();
            let (back, sentence) = match tokio::task::spawn_blocking(move || self.write(exchange)).await {
                Ok(done) => done,
                // A panic of ours costs the recording, and says so; the calls pass on.
                Err(error) => {
                    tracing::error!(%error, "the recorder failed");
                    return;
                }
            };
            self = back;
            if let Some(told) = told {
                told(&sentence);
            }
            count.send_modify(|count| *count += 1);
        }
    }

    fn write(mut self, mut exchange: Exchange) -> (Self, String) {
        exchange.number = self.next;
        self.next += 1;
        let what = format!("{:04} {} {}", exchange.number, exchange.request.method, exchange.request.path);
        let secrets = match self.redactor.redact(&mut exchange) {
            Ok(secrets) => secrets,
            Err(reason) => return (self, format!("{:04} not kept: {reason}", exchange.number)),
        };
        let nth = self.seen.entry((exchange.request.path.clone(), files::said_last(&exchange))).or_insert(0);
        *nth += 1;
        let place = Place { name: &self.options.name, nth: *nth, secrets: &secrets };
        let written = Files::of(&mut exchange, &place, &self.redactor).and_then(|files| {
            files.write(&self.options.folder).map_err(|error| error.to_string())?;
            Ok(files.list.len())
        });
        let status = exchange.reply.as_ref().map_or("no reply".to_owned(), |reply| reply.status.to_string());
        let sentence = match written {
            Ok(files) => {
                let notes = exchange.notes.iter().map(|note| format!("\n       {note}"));
                format!("{what}: {status}, {:?}, {files} files{}", exchange.end, notes.collect::<String>())
            }
            Err(reason) => format!("{:04} not kept: {reason}", exchange.number),
        };
        (self, sentence)
    }
}

/// The number after the highest that is there.
fn next(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder.join("exchanges")).into_iter().flatten().flatten();
    let number = |name: std::ffi::OsString| name.to_string_lossy().split('-').next()?.parse::<usize>().ok();
    entries.filter_map(|entry| number(entry.file_name())).max().unwrap_or(0) + 1
}

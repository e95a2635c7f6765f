//! The running mocks.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::cloud;
use crate::http::{Door, Kind, bind, serve};
use crate::journal::Entry;
use crate::provider;
use crate::script::Script;
use crate::state::State;
use crate::store::Store;
use crate::{Authority, Credentials, Options};

/// All providers at a free port of 127.0.0.1, with seed 0.
///
/// # Errors
/// No port could be opened.
pub async fn start() -> Result<Mocks, Error> {
    start_with(Options::default()).await
}

/// The same, as the options say.
///
/// # Errors
/// An address is taken or forbidden; a provider's name is unknown.
pub async fn start_with(mut options: Options) -> Result<Mocks, Error> {
    let shared = options.threads > 1;
    let mut doors = Vec::new();
    let mut listeners = vec![open(&mut doors, options.listen, Kind::Common, shared)?];
    for (name, port) in &options.ports {
        let provider = provider::find(name).ok_or_else(|| Error::Provider(name.clone()))?;
        listeners.push(open(
            &mut doors,
            SocketAddr::new(options.listen.ip(), *port),
            Kind::Own(provider),
            shared,
        )?);
    }
    if let Some(addr) = options.tls {
        listeners.push(open(&mut doors, addr, Kind::Tls, shared)?);
    }
    if options.authority.is_none() && (options.tls.is_some() || options.proxy) {
        options.authority = Some(Arc::new(Authority::new()?));
    }
    let threads = options.threads;
    let store = match options.state.clone() {
        None => Store::new(options.store),
        Some(file) => {
            Store::open(file.clone(), options.store).map_err(|source| Error::File { path: file, source })?
        }
    };
    let state = Arc::new(State::new(options, store));
    std::thread::Builder::new().name("mocks-load".into()).spawn(load).map_err(Error::Thread)?;

    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let mocks = Mocks { doors, state, stop, tasks };
    if threads == 0 {
        for (listener, door) in listeners.into_iter().zip(mocks.doors.clone()) {
            let listener =
                TcpListener::from_std(listener).map_err(|problem| Error::Listen(door.addr, problem))?;
            mocks.tasks.spawn(serve(listener, door.kind, Arc::clone(&mocks.state), mocks.stop.clone()));
        }
        return Ok(mocks);
    }
    let mut first = Some(listeners);
    for number in 0..threads {
        let listeners = match first.take() {
            Some(listeners) => listeners,
            None => again(&mocks.doors)?,
        };
        mocks.thread(number, listeners)?;
    }
    Ok(mocks)
}

fn open(
    doors: &mut Vec<Door>,
    addr: SocketAddr,
    kind: Kind,
    shared: bool,
) -> Result<std::net::TcpListener, Error> {
    // Sockets that share an address share it with other programs too: one that does not share says whether it is free.
    if shared && addr.port() != 0 {
        drop(bind(addr, false).map_err(|problem| Error::Listen(addr, problem))?);
    }
    let listener = bind(addr, shared).map_err(|problem| Error::Listen(addr, problem))?;
    let addr = listener.local_addr().map_err(|problem| Error::Listen(addr, problem))?;
    doors.push(Door { addr, kind });
    Ok(listener)
}

/// The same addresses once more, for another thread.
fn again(doors: &[Door]) -> Result<Vec<std::net::TcpListener>, Error> {
    doors
        .iter()
        .map(|door| bind(door.addr, true).map_err(|problem| Error::Listen(door.addr, problem)))
        .collect()
}

/// What the first requests would wait for: the tokenizer and the schemas.
fn load() {
    for provider in provider::ALL.iter() {
        let Some(api) = specs::api(provider.name()) else { continue };
        for operation in api.operations() {
            let _ = operation.request(&serde_json::Value::Null);
        }
    }
    crate::tokens::load();
}

/// Mocks that run until they are dropped or shut down.
pub struct Mocks {
    doors: Vec<Door>,
    state: Arc<State>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Mocks {
    /// The common address: providers under their prefixes, and `/__mock/`.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.doors[0].addr
    }

    /// The base of a provider's own paths: its own port where it has one, else the common one with its prefix.
    #[must_use]
    pub fn url(&self, provider: &str) -> String {
        match self.ports().get(provider) {
            Some(own) => format!("http://{own}"),
            None => format!("http://{}/{provider}", self.addr()),
        }
    }

    /// Provider names to the addresses of their own ports.
    #[must_use]
    pub fn ports(&self) -> BTreeMap<&'static str, SocketAddr> {
        let own = |door: &Door| match door.kind {
            Kind::Own(provider) => Some((provider.name(), door.addr)),
            Kind::Common | Kind::Tls => None,
        };
        self.doors.iter().filter_map(own).collect()
    }

    /// Where the providers' own hosts are served by TLS.
    #[must_use]
    pub fn tls(&self) -> Option<SocketAddr> {
        self.doors.iter().find(|door| matches!(door.kind, Kind::Tls)).map(|door| door.addr)
    }

    /// Whom clients must trust to speak TLS with the mocks.
    #[must_use]
    pub fn authority(&self) -> Option<&Authority> {
        self.state.options.authority.as_deref()
    }

    /// Adds a script; one for the same requests is replaced.
    pub fn add(&self, script: Script) {
        self.state.scripts.add(script);
    }

    /// Removes the scripts that look for this text.
    pub fn remove(&self, marker: &str) {
        self.state.scripts.remove(marker);
    }

    /// Forgets scripts, journal, what was drawn from the seed, and what was kept.
    pub fn reset(&self) {
        self.state.reset();
    }

    /// How long, at most, what clouds issue from now on holds; nothing: as long as the clouds say.
    pub fn limit_tokens(&self, seconds: Option<u64>) {
        self.state.set_token_seconds(seconds);
    }

    /// Ends the time of all tokens and keys that clouds issued so far.
    pub fn expire_tokens(&self) {
        self.state.keys().issued.expire();
    }

    /// Every secret text that clouds issued so far, expired or not, for those who look whether one leaked.
    #[must_use]
    pub fn issued_secrets(&self) -> Vec<String> {
        self.state.keys().issued.secrets()
    }

    /// Who a workload is, as its cluster says to this audience: what stands in the file of its service account's token.
    #[must_use]
    pub fn identity_token(&self, audience: &str) -> String {
        cloud::identity_token(&self.state.keys().issued, audience, cloud::SUBJECT, None)
    }

    /// A service account's key as Google Cloud has it downloaded, for tokens from here.
    #[must_use]
    pub fn google_service_account(&self) -> String {
        cloud::google_service_account(&format!("{}/token", self.url("google-oauth")))
    }

    /// What came in, oldest first; with a marker, only requests whose body contains it.
    #[must_use]
    pub fn journal(&self, marker: Option<&str>) -> Vec<Entry> {
        self.state.journal.entries(marker)
    }

    /// The journal once it is as wanted. Waits for as long as it takes: a limit is the caller's.
    pub async fn journal_when(&self, marker: Option<&str>, wanted: impl Fn(&[Entry]) -> bool) -> Vec<Entry> {
        self.state.journal_when(marker, wanted).await
    }

    /// Comes back when the replies to all requests with this marker are over, or nothing was sent of any for so long: whoever they are
    /// for does not read on. Waits for as long as it takes: a limit is the caller's.
    pub async fn quiet(&self, marker: &str, quiet: Duration) {
        self.state.quiet(marker, quiet).await;
    }

    /// What the journal tells of connections and requests that were meant for nobody here, and how often: each by what was asked for
    /// and the reason.
    #[must_use]
    pub fn refused(&self) -> BTreeMap<(String, String), usize> {
        self.state.journal.refused()
    }

    /// When the journal's milliseconds began.
    #[must_use]
    pub fn epoch(&self) -> Instant {
        self.state.epoch.into_std()
    }

    /// The keys that are accepted.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        &self.state.options.credentials
    }

    /// Ends every connection and waits until all is quiet, and the file of the state, if there is one, is written.
    pub async fn shutdown(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.state.store.save();
    }

    /// A thread with a runtime of its own.
    fn thread(&self, number: usize, listeners: Vec<std::net::TcpListener>) -> Result<(), Error> {
        let (doors, state, stop) = (self.doors.clone(), Arc::clone(&self.state), self.stop.clone());
        let token = self.tasks.token();
        let run = async move {
            let mut serving = Vec::new();
            for (listener, door) in listeners.into_iter().zip(doors) {
                match TcpListener::from_std(listener) {
                    Ok(listener) => {
                        serving.push(serve(listener, door.kind, Arc::clone(&state), stop.clone()));
                    }
                    Err(problem) => tracing::error!(%problem, addr = %door.addr, "cannot listen"),
                }
            }
            futures_util::future::join_all(serving).await;
        };
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Thread)?;
        let body = move || {
            runtime.block_on(run);
            drop(token);
        };
        std::thread::Builder::new().name(format!("mocks-{number}")).spawn(body).map_err(Error::Thread)?;
        Ok(())
    }
}

impl Drop for Mocks {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Why the mocks did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An address is taken or forbidden.
    #[error("cannot listen on {0}: {1}{hint}", hint = privilege(.0, .1))]
    Listen(SocketAddr, #[source] io::Error),
    /// No thread, or no runtime for it.
    #[error("cannot start a thread: {0}")]
    Thread(#[source] io::Error),
    /// There is no mock of this name.
    #[error("no provider is called `{0}`")]
    Provider(String),
    /// No certificates.
    #[error("cannot make certificates: {0}")]
    Certificate(String),
    /// A file of the authority, or of the state, cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// What helps where a port is for the privileged alone.
fn privilege(addr: &SocketAddr, problem: &io::Error) -> String {
    let port = addr.port();
    if problem.kind() != io::ErrorKind::PermissionDenied || port >= 1024 {
        return String::new();
    }
    format!(
        "; it takes root, the capability net_bind_service, or `sysctl net.ipv4.ip_unprivileged_port_start={port}`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opens_a_privileged_port_is_told() {
        let said = |port| {
            let addr = SocketAddr::from(([127, 0, 0, 1], port));
            Error::Listen(addr, io::ErrorKind::PermissionDenied.into()).to_string()
        };
        assert!(said(443).ends_with("`sysctl net.ipv4.ip_unprivileged_port_start=443`"), "{}", said(443));
        assert!(!said(9443).contains("sysctl"));
    }
}

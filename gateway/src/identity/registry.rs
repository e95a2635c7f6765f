//! All who get tokens, and the thread that asks for them: signing, files and slow servers hold up no core.

use std::io;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use rustls::ClientConfig;
use tokio::runtime::Builder;
use tokio::sync::{Notify, Semaphore};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::network::Network;
use super::source::Source;
use super::{Failure, Issued, Principal};
use crate::egress::Ways;
use crate::limits::Limits;

/// How often a request that may go better in a moment is made, and how long after the first and the second.
const TRIES: [Duration; 3] = [Duration::from_millis(100), Duration::from_millis(400), Duration::ZERO];
/// Tokens that are asked for at once: where calls name roles, there may be as many as there are calls.
const AT_ONCE: usize = 256;
/// Threads that read files and ask for addresses.
const READERS: usize = 2;

/// One source for each principal, whichever routes and cores need it, for as long as any does.
pub(crate) struct Registry {
    network: Network,
    desk: Arc<Desk>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    sources: Vec<Weak<Source>>,
    /// Whether the thread runs.
    runs: bool,
}

/// Between the thread and the others.
#[derive(Default)]
struct Desk {
    /// Sources that nobody asks for yet.
    fresh: Mutex<Vec<Weak<Source>>>,
    bell: Notify,
    closed: CancellationToken,
}

impl Registry {
    pub(crate) fn new(tls: &Arc<ClientConfig>, ways: &Arc<Ways>, limits: &Limits) -> Self {
        Self {
            network: Network::new(Arc::clone(tls), Arc::clone(ways), limits.clone()),
            desk: Arc::default(),
            known: Mutex::default(),
        }
    }

    /// The source of a principal's tokens. The first one begins to be asked for.
    pub(crate) fn source(&self, principal: Principal) -> Arc<Source> {
        let mut known = lock(&self.known);
        known.sources.retain(|source| source.strong_count() > 0);
        let found =
            known.sources.iter().filter_map(Weak::upgrade).find(|source| source.principal == principal);
        if let Some(source) = found {
            return source;
        }
        tracing::info!(principal = %principal, "asking for tokens");
        // Whoever waits longer than the one who asks is waiting for nobody.
        let source = Arc::new(Source::new(principal, 2 * self.network.limits().token));
        known.sources.push(Arc::downgrade(&source));
        if !known.runs {
            known.runs = match start(Arc::clone(&self.desk), self.network.clone()) {
                Ok(()) => true,
                Err(error) => {
                    source.settle(Err(Failure::Settings(format!("cannot start a thread: {error}"))));
                    return source;
                }
            };
        }
        lock(&self.desk.fresh).push(Arc::downgrade(&source));
        self.desk.bell.notify_one();
        source
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.desk.closed.cancel();
    }
}

fn start(desk: Arc<Desk>, network: Network) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(READERS).build()?;
    thread::Builder::new().name("identity".to_owned()).spawn(move || {
        LocalSet::new().block_on(&runtime, desk.serve(Rc::new(network)));
        // What reads a file or asks for an address may hang there: nobody waits for it.
        runtime.shutdown_background();
    })?;
    Ok(())
}

impl Desk {
    /// Asks for all tokens, until the gateway is gone.
    async fn serve(&self, network: Rc<Network>) {
        let permits = Rc::new(Semaphore::new(AT_ONCE));
        let serve = async {
            loop {
                for source in std::mem::take(&mut *lock(&self.fresh)) {
                    spawn_local(keep(source, Rc::clone(&network), Rc::clone(&permits)));
                }
                self.bell.notified().await;
            }
        };
        tokio::select! {
            () = self.closed.cancelled() => (),
            () = serve => (),
        }
    }
}

/// Keeps a source in tokens for as long as anybody has it.
async fn keep(source: Weak<Source>, network: Rc<Network>, permits: Rc<Semaphore>) {
    loop {
        // Meanwhile it may turn out that nobody needs it any more.
        let permit = permits.acquire().await;
        let Some(held) = source.upgrade() else { return };
        if held.begin() {
            let result = ask(&held.principal, &network).await;
            tell(&held.principal, &result);
            held.settle(result);
        }
        let (due, bell) = (held.due(), Arc::clone(&held.bell));
        drop((held, permit));
        let until_due = async {
            match due {
                Some(due) => sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = until_due => (),
            () = bell.notified() => (),
        }
    }
}

/// Asks for one credential, more than once where that may help.
async fn ask(principal: &Principal, network: &Network) -> Result<Issued, Failure> {
    let ask = async {
        let mut last = Failure::Settings("nobody was asked".to_owned());
        for wait in TRIES {
            match principal.issue(network).await {
                Ok(Issued { by, lasts: Some(Duration::ZERO), .. }) => {
                    return Err(Failure::Garbage { whom: by, what: "credentials that have expired" });
                }
                Err(failure) if failure.is_passing() => last = failure,
                done => return done,
            }
            sleep(wait).await;
        }
        Err(last)
    };
    let limit = network.limits().token;
    timeout(limit, ask).await.unwrap_or(Err(Failure::Slow(limit)))
}

fn tell(principal: &Principal, result: &Result<Issued, Failure>) {
    match result {
        Ok(Issued { by, lasts, .. }) => {
            let seconds = lasts.map(|lasts| lasts.as_secs());
            tracing::info!(%principal, by, seconds, "got a token");
        }
        Err(failure) => tracing::warn!(%principal, %failure, "got no token"),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

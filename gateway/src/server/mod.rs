//! The gateway as a server: listening, connections of clients, and their end.

mod connection;
mod core;
mod linger;
mod listen;
mod tls;
mod watch;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::Receiver;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use core::{Core, Generation};
pub(crate) use linger::LINGER;
pub(crate) use listen::listen;
pub(crate) use tls::{Identity, Secure};
pub(crate) use watch::Busy;

/// How long to wait when the system is out of sockets.
const OUT_OF_SOCKETS: Duration = Duration::from_millis(100);

/// What the cores of one gateway share.
#[derive(Clone)]
pub(crate) struct Shared {
    /// One permit for each connection that is served.
    pub(crate) connections: Arc<Semaphore>,
    /// Who clients are shown, where they speak TLS.
    pub(crate) identity: Option<Arc<Identity>>,
    /// No more calls are wanted.
    pub(crate) leave: CancellationToken,
    /// No new calls.
    pub(crate) drain: CancellationToken,
    /// No calls at all.
    pub(crate) abort: CancellationToken,
}

/// Serves one core until the gateway is drained or aborted, by one configuration after the other. Runs within a `LocalSet`, whose end is
/// the end of every connection that is left.
pub(crate) async fn serve(
    core: Core,
    generations: Receiver<Generation>,
    listener: std::net::TcpListener,
    shared: Shared,
) {
    let core = Rc::new(core);
    let listener = TcpListener::from_std(listener).expect("a listener that is already non-blocking");
    let connections = TaskTracker::new();
    let start = |socket, permit| {
        let connection = connection::serve(Rc::clone(&core), socket, shared.clone(), permit);
        connections.spawn_local(connection);
    };
    let drained = async {
        accept(&listener, &shared, &start).await;
        // Who has connected already is served yet: closing the listener would reset them.
        while let Some(Ok((socket, _))) = listener.accept().now_or_never() {
            let Ok(permit) = Arc::clone(&shared.connections).try_acquire_owned() else { break };
            start(socket, permit);
        }
        drop(listener);
        core.proxy().drain();
        connections.close();
        let end = Instant::now() + core.limits.drain;
        let _ = timeout_at(end, connections.wait()).await;
        // A call that was still coming may have left something to be made.
        core.proxy().settle(end).await;
    };
    tokio::select! {
        () = drained => (),
        () = shared.abort.cancelled() => (),
        () = core.run(generations) => (),
    }
}

/// Accepts connections until the gateway is drained.
async fn accept(listener: &TcpListener, shared: &Shared, start: &impl Fn(TcpStream, OwnedSemaphorePermit)) {
    let accepting = async {
        loop {
            match listener.accept().await {
                Ok((socket, _)) => {
                    let Ok(permit) = Arc::clone(&shared.connections).acquire_owned().await else { return };
                    start(socket, permit);
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept");
                    sleep(OUT_OF_SOCKETS).await;
                }
            }
        }
    };
    tokio::select! {
        () = accepting => (),
        () = shared.drain.cancelled() => (),
    }
}

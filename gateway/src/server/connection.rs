//! One client's connection, HTTP/1.1 or HTTP/2 as its first bytes say.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use super::watch::{Watch, Watched};
use super::{Core, Secure, Shared};
use crate::limits::Limits;

/// How often an HTTP/2 client is asked whether it is still there, and how long it may take to say so.
const PING: Duration = Duration::from_secs(30);
/// Bytes that may wait for one HTTP/2 client's stream.
const SEND_BUFFER: usize = 64 << 10;

/// Serves `socket` until its client closes, it is idle for too long, or the gateway is drained and its calls are over.
pub(super) async fn serve(core: Rc<Core>, socket: TcpStream, shared: Shared, _permit: OwnedSemaphorePermit) {
    if socket.set_nodelay(true).is_err() {
        return;
    }
    let watch = Watch::new(socket.peer_addr().ok().map(|address| address.ip()));
    match &shared.identity {
        None => speak(core, socket, None, &watch, shared.drain).await,
        Some(identity) => {
            let Some(socket) = identity.accept(socket, core.limits.handshake).await else { return };
            speak(core, socket, Some(Secure), &watch, shared.drain).await;
        }
    }
    // A connection that left HTTP behind is open still: its session is a call like any other.
    watch.quiet().await;
}

/// Speaks HTTP, until that ends.
async fn speak<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    core: Rc<Core>,
    socket: S,
    secure: Option<Secure>,
    watch: &Arc<Watch>,
    drain: CancellationToken,
) {
    let limits = core.limits.clone();
    let socket = Watched::new(TokioIo::new(socket), Arc::clone(watch));
    let service = service_fn(|mut request: Request<Incoming>| {
        let (proxy, busy) = (core.proxy(), watch.busy());
        if let Some(secure) = secure {
            request.extensions_mut().insert(secure);
        }
        async move { Ok::<_, Infallible>(proxy.answer(request, busy).await) }
    });
    let builder = builder(&limits);
    let mut connection = pin!(builder.serve_connection_with_upgrades(socket, service));
    let mut overdue = pin!(watch.overdue(&limits));
    let mut draining = false;
    loop {
        tokio::select! {
            // Errors are the client's: it went away, or does not speak HTTP. Its calls have their own records.
            _ = connection.as_mut() => return,
            () = overdue.as_mut() => return,
            () = drain.cancelled(), if !draining => {
                draining = true;
                watch.leave();
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

fn builder(limits: &Limits) -> Builder<Local> {
    let mut builder = Builder::new(Local);
    // The time for a head is bounded by `Watch`, which knows idle connections of both versions.
    builder.http1().header_read_timeout(None).max_buf_size(limits.head_bytes.max(8 << 10));
    if limits.head_fields != Limits::default().head_fields {
        // hyper's own limit is the same as our default, and cheaper when it is not set.
        builder.http1().max_headers(limits.head_fields);
    }
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING)
        .max_concurrent_streams(limits.streams)
        .max_send_buf_size(SEND_BUFFER)
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX));
    builder
}

/// Runs what hyper spawns on the core that it was spawned on.
#[derive(Clone, Copy)]
struct Local;

impl<F: Future + 'static> Executor<F> for Local {
    fn execute(&self, future: F) {
        tokio::task::spawn_local(async move {
            future.await;
        });
    }
}

//! Listening sockets, and what comes in by them.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::connection;
use crate::provider::Provider;
use crate::state::State;

/// Where requests come in, and whose they are; absent: the path's prefix says so.
#[derive(Clone, Copy)]
pub(crate) struct Door {
    pub(crate) addr: SocketAddr,
    pub(crate) provider: Option<&'static dyn Provider>,
}

/// More connections than this wait in the kernel.
const CONNECTIONS: usize = 20_000;
const BACKLOG: i32 = 4_096;

/// Opens a listening socket; several may share an address.
pub(crate) fn bind(addr: SocketAddr, shared: bool) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    if shared {
        socket.set_reuse_port(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Takes connections in until the token is cancelled, which ends them too.
pub(crate) async fn serve(
    listener: TcpListener,
    provider: Option<&'static dyn Provider>,
    state: Arc<State>,
    stop: CancellationToken,
) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = async { (Arc::clone(&room).acquire_owned().await, listener.accept().await) } => accepted,
        };
        let (permit, stream) = match accepted {
            (permit, Ok((stream, _))) => (permit, stream),
            // Out of file descriptors, mostly: some connection must end first.
            (_, Err(problem)) => {
                tracing::warn!(%problem, "cannot accept");
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            }
        };
        let (state, stop) = (Arc::clone(&state), stop.clone());
        tokio::spawn(async move {
            let _permit = permit;
            tokio::select! {
                () = stop.cancelled() => {}
                () = connection::serve(stream, provider, state) => {}
            }
        });
    }
}

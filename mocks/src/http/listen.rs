//! Listening sockets, and what comes in by them.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::connection::{self, Connection};
use super::{socket, tls};
use crate::limits::{BACKLOG, CONNECTIONS};
use crate::provider::Provider;
use crate::state::State;
use crate::whose::Whose;

/// Where requests come in, and how.
#[derive(Clone, Copy)]
pub(crate) struct Door {
    pub(crate) addr: SocketAddr,
    pub(crate) kind: Kind,
}

/// What is spoken there.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// HTTP, under the providers' names, and as a proxy if the options say so.
    Common,
    /// HTTP, at a provider's own paths.
    Own(&'static dyn Provider),
    /// TLS, for the providers' own hosts.
    Tls,
}

/// Enough for most requests.
const FIRST: usize = 8 << 10;

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
pub(crate) async fn serve(listener: TcpListener, kind: Kind, state: Arc<State>, stop: CancellationToken) {
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
        // Without it every second small write waits for the client's delayed acknowledgement, 40 ms.
        let _ = stream.set_nodelay(true);
        let (state, stop) = (Arc::clone(&state), stop.clone());
        tokio::spawn(async move {
            let _permit = permit;
            tokio::select! {
                () = stop.cancelled() => {}
                () = enter(stream, kind, state) => {}
            }
        });
    }
}

async fn enter(stream: TcpStream, kind: Kind, state: Arc<State>) {
    let plain = |stream| Connection::new(socket::Socket::Plain(stream), BytesMut::with_capacity(FIRST));
    match kind {
        Kind::Common if state.options.proxy => {
            connection::serve(plain(stream).proxied(), Whose::Path, state).await;
        }
        Kind::Common => connection::serve(plain(stream), Whose::Path, state).await,
        Kind::Own(provider) => connection::serve(plain(stream), Whose::One(provider), state).await,
        Kind::Tls => tls::serve(stream, BytesMut::new(), None, state).await,
    }
}

//! One address, one listening socket for each core: Linux spreads the connections over them.
//!
//! `SO_REUSEPORT`: <https://man7.org/linux/man-pages/man7/socket.7.html>

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

/// Connections that may wait in the kernel's queue, for each core; the kernel caps it at `somaxconn`.
const BACKLOG: i32 = 4096;

/// The address that was got, and `count` non-blocking sockets that listen on it.
pub(crate) fn listen(address: SocketAddr, count: usize) -> io::Result<(SocketAddr, Vec<TcpListener>)> {
    let is_shared = count > 1;
    if is_shared && address.port() != 0 {
        // With SO_REUSEPORT two gateways of one user would share a port in silence; without it the second one fails.
        bind(address, false)?;
    }
    let first = bind(address, is_shared)?;
    let address = first.local_addr()?;
    let mut listeners = vec![first];
    while listeners.len() < count {
        listeners.push(bind(address, true)?);
    }
    Ok((address, listeners))
}

fn bind(address: SocketAddr, shared: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A port whose old connections are in TIME_WAIT is free.
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(shared)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_share_a_port_that_nobody_else_gets() {
        let (address, listeners) = listen("127.0.0.1:0".parse().unwrap(), 3).unwrap();
        assert!(listeners.iter().all(|listener| listener.local_addr().unwrap() == address));
        assert_eq!(listen(address, 1).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        drop(listeners);
        assert!(listen(address, 2).is_ok());
    }
}

//! A port that stays free for whom it is meant.

use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Socket, Type};

/// A port of this machine that is nobody else's while this lives. Who asks for any free one gets another; who asks for this one may
/// listen there; and where nobody does, connections are refused. So it is on Linux; elsewhere the port was free a moment ago.
pub(crate) struct Port {
    addr: SocketAddr,
    _socket: Option<Socket>,
}

impl Port {
    pub(crate) fn new() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        // Servers say the same of theirs. Two that both do may have one port, as long as not both of them listen.
        socket.set_reuse_address(true).expect("it is set");
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).expect("a free port");
        let addr = socket.local_addr().ok().and_then(|address| address.as_socket()).expect("it is bound");
        Self { addr, _socket: cfg!(target_os = "linux").then_some(socket) }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }
}

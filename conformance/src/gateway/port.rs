//! Ports for a gateway: one to listen on, and one on which nobody does.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::ops::Range;

use tokio::net::TcpSocket;

/// Where Linux says which ports it gives to whoever asks for any: the first and the last.
const GIVEN: &str = "/proc/sys/net/ipv4/ip_local_port_range";
/// Below are the ports that many programs have by custom.
const FIRST: u16 = 16_384;
/// Draws until one is free.
const DRAWS: usize = 100;

/// A port that refuses connections for as long as this lives: nobody listens there, and nobody else can.
#[derive(Debug)]
pub(super) struct Closed {
    pub(super) port: u16,
    _socket: TcpSocket,
}

impl Closed {
    pub(super) fn new() -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(here(0))?;
        Ok(Self { port: socket.local_addr()?.port(), _socket: socket })
    }
}

/// A port that was free a moment ago, for a gateway that takes a while to listen there. Another process may take it in between; then the
/// gateway does not come up, and says so. Whoever asks the system for any port does not get this one, as far as the system says which
/// those are.
pub(super) fn free() -> io::Result<u16> {
    let given = std::fs::read_to_string(GIVEN).unwrap_or_default();
    let drawn = apart(&given).and_then(|ports| {
        (0..DRAWS).map(|_| fastrand::u16(ports.clone())).find(|port| TcpListener::bind(here(*port)).is_ok())
    });
    drawn.map_or_else(|| Ok(TcpListener::bind(here(0))?.local_addr()?.port()), Ok)
}

/// Ports that the system gives to nobody who does not name them, if there are any.
fn apart(given: &str) -> Option<Range<u16>> {
    let first = given.split_whitespace().next()?.parse().ok()?;
    (FIRST < first).then_some(FIRST..first)
}

fn here(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateways_port_is_none_of_those_that_the_system_gives() {
        assert_eq!(apart("32768\t60999\n"), Some(FIRST..32768));
        for none in ["1024\t65535\n", "16384 60999", "", "many"] {
            assert_eq!(apart(none), None, "{none}");
        }
        let ports: Vec<u16> = (0..50).map(|_| free().unwrap()).collect();
        if let Some(apart) = apart(&std::fs::read_to_string(GIVEN).unwrap_or_default()) {
            assert!(ports.iter().all(|port| apart.contains(port)), "{ports:?}");
        }
    }

    #[tokio::test]
    async fn nobody_listens_on_a_closed_port() {
        let closed = Closed::new().unwrap();
        assert!(TcpListener::bind(here(closed.port)).is_err());
        assert!(std::net::TcpStream::connect(here(closed.port)).is_err());
    }
}

//! The mocks as an HTTP proxy that lets nothing out: [`CONNECT`](https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6) and
//! [absolute targets](https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2) lead to the mock of the host that they name.

use std::sync::Arc;

use tokio::time::timeout;

use super::connection::{self, Connection};
use super::socket::Socket;
use super::{h1, tls};
use crate::hosts::{self, Meant};
use crate::limits::HANDSHAKE;
use crate::state::State;
use crate::whose::Whose;

/// The first byte of a TLS record that carries a handshake.
const HANDSHAKE_RECORD: u8 = 0x16;
const ESTABLISHED: &[u8] = b"HTTP/1.1 200 Connection Established\r\n\r\n";

/// Whom a request's target means; `port` is our own. Another port of this machine is somebody else.
///
/// # Errors
/// Nobody here is called so.
pub(super) fn target(authority: &str, port: Option<u16>) -> Result<Meant, String> {
    match hosts::meant(authority) {
        Some(Meant::Own) if port_of(authority) != port => {}
        Some(meant) => return Ok(meant),
        None => {}
    }
    let shown: String = authority.chars().filter(|c| !c.is_control()).take(253).collect();
    Err(format!("{shown} is no host of a provider, and nothing leaves this machine"))
}

/// Serves what comes through a tunnel to its end.
pub(super) async fn tunnel(mut connection: Connection, meant: Meant, authority: &str, state: Arc<State>) {
    if h1::write_all(&mut connection, ESTABLISHED).await.is_err() {
        return;
    }
    if connection.ahead.is_empty() {
        let Ok(Ok(())) = timeout(HANDSHAKE, connection.read()).await else { return };
    }
    let Connection { socket, ahead, .. } = connection;
    let whose = Whose::Host(meant);
    match socket {
        Socket::Plain(stream) if ahead.first() == Some(&HANDSHAKE_RECORD) => {
            let host = hosts::without_port(authority).to_ascii_lowercase();
            tls::serve(stream, ahead, Some(host), state).await;
        }
        socket => connection::serve(Connection::new(socket, ahead), whose, state).await,
    }
}

fn port_of(authority: &str) -> Option<u16> {
    let (_, port) = authority.rsplit_once(':')?;
    port.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn leads(authority: &str) -> bool {
        target(authority, Some(9000)).is_ok()
    }

    #[test]
    fn only_providers_and_our_own_port_are_reached() {
        for known in
            ["api.openai.com:443", "api.openai.com", "127.0.0.1:9000", "[::1]:9000", "localhost:9000"]
        {
            assert!(leads(known), "{known}");
        }
        for other in [
            "example.com:443",
            "127.0.0.1:9001",
            "127.0.0.1",
            "[::1]:22",
            "localhost:",
            ":9000",
            "",
            "[",
            "a:b:c",
        ] {
            assert!(!leads(other), "{other}");
        }
    }

    #[test]
    fn a_refusal_shows_no_more_than_a_name() {
        let refusal = target(&format!("evil\r\nx: y\u{7}{}", "a".repeat(9_999)), None).err().unwrap();
        assert!(refusal.len() < 400 && !refusal.contains(['\r', '\n', '\u{7}']), "{refusal}");
    }

    proptest! {
        #[test]
        fn no_target_panics_and_none_is_found_that_is_not_named(authority in "\\PC{0,60}|[a-z0-9.:\\[\\]*-]{0,60}", port in any::<u16>()) {
            if let Ok(Meant::Own) = target(&authority, Some(port)) {
                prop_assert!(authority.ends_with(&port.to_string()));
            }
        }
    }
}

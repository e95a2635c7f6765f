//! A tunnel through a proxy: [`CONNECT`](https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6).

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Head, Origin};
use crate::fault::Fault;

/// More than any sane proxy says.
const REPLY_BYTES: usize = 8 << 10;

/// Asks for a tunnel. What is written to the socket afterwards goes to `origin`.
pub(super) async fn open(socket: &mut TcpStream, origin: &Origin) -> Result<(), Fault> {
    let broken = |_| Fault::Connect("the proxy closed the connection");
    let target = origin.with_port();
    let request = format!("CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n\r\n");
    socket.write_all(request.as_bytes()).await.map_err(broken)?;
    let mut seen = BytesMut::new();
    loop {
        if let Some(head) = Head::parse(&mut seen)? {
            return match head.status {
                // What the upstream says comes after the tunnel, and it only speaks when it is spoken to.
                200..300 if seen.is_empty() => Ok(()),
                200..300 => Err(Fault::Connect("the proxy says more than a tunnel begins with")),
                _ => Err(Fault::Connect("the proxy does not lead there")),
            };
        }
        if seen.len() > REPLY_BYTES {
            return Err(Fault::Connect("the proxy's reply is too long"));
        }
        if socket.read_buf(&mut seen).await.map_err(broken)? == 0 {
            return Err(Fault::Connect("the proxy closed the connection"));
        }
    }
}

//! A server that is sent bodies, one after the other.

use std::io::Write;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use rustls::ClientConfig;
use tokio::time::Instant;

use crate::egress::Ways;
use crate::fault::Fault;
use crate::limits::Limits;
use crate::upstream::{Origin, Peer, Reply, Scratch, Timeouts, exchange};

/// Bytes of a reply that are read: nobody wants it, but its connection.
const REPLY: usize = 1 << 20;
/// Connections to the server: there is never more than one body on its way.
const POOL: usize = 1;

/// Where bodies go, and how.
pub(crate) struct Endpoint {
    /// `None`: its name is not one.
    peer: Option<Rc<Peer>>,
    pub(crate) name: String,
    /// All of a request's head but its length.
    head: Vec<u8>,
    timeouts: Timeouts,
    limits: Limits,
}

impl Endpoint {
    /// `fields`: header fields of each request.
    pub(crate) fn new(
        (method, url): (&str, &Uri),
        fields: &[(&str, &str)],
        timeouts: Timeouts,
        keepalive: Duration,
        (tls, ways): (&Arc<ClientConfig>, &Ways),
    ) -> Self {
        let is_tls = url.scheme_str() == Some("https");
        let host = url.host().unwrap_or_default().trim_matches(['[', ']']).to_ascii_lowercase();
        let port = url.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let origin = Origin { tls: is_tls, host, port };
        let limits = Limits { pool: POOL, pool_idle: keepalive, ..Limits::default() };
        let (name, way) = (origin.with_port(), ways.to(&origin));
        let authority = origin.authority();
        let peer = Peer::new(origin, way, tls, Scratch::new(), &limits).map(Rc::new);
        let prefix = peer.as_ref().map_or("", |peer| &peer.prefix);
        // With its query, which Kong leaves out.
        let path = url.path_and_query().map_or("/", |path| path.as_str());
        let mut head = format!("{method} {prefix}{path} HTTP/1.1\r\n").into_bytes();
        let own = [("host", &*authority), ("user-agent", crate::USER_AGENT)];
        for (name, value) in own.iter().chain(fields) {
            for part in [name, ": ", value, "\r\n"] {
                head.extend_from_slice(part.as_bytes());
            }
        }
        Self { peer, name, head, timeouts, limits }
    }

    /// Sends a body of this length, which `write` writes; `Ok`: the status that the server gave.
    pub(crate) async fn send(&self, length: usize, write: impl FnOnce(&mut Vec<u8>)) -> Result<u16, Fault> {
        let peer = self.peer.as_ref().ok_or(Fault::Connect("its name is not one"))?;
        let mut request = Vec::with_capacity(self.head.len() + length + 32);
        request.extend_from_slice(&self.head);
        write!(request, "content-length: {length}\r\n\r\n").expect("a vector takes every write");
        write(&mut request);
        let mut idle = peer.take(false);
        loop {
            let connection = match idle.take() {
                Some(connection) => connection,
                None => peer.connect(self.timeouts.connect).await?,
            };
            match exchange(connection, &request, None, self.timeouts, self.limits.reply_head_bytes).await {
                // It had just closed an idle one; the next is a fresh one, so this happens once.
                Err(broken) if broken.stale => (),
                Err(broken) => return Err(broken.fault),
                Ok(opened) => {
                    let deadline = Instant::now() + self.timeouts.call;
                    let mut reply = Reply::new(opened, peer, self.timeouts, deadline)?;
                    let status = reply.head.status;
                    // Its connection can be used again once it is read; whether it can does not matter here.
                    let _ = reply.whole(REPLY).await;
                    return Ok(status);
                }
            }
        }
    }
}

//! A server that records are sent to, one by one or in batches.

use std::io::Write;
use std::rc::Rc;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use rustls::ClientConfig;
use tokio::time::Instant;

use super::queue::Deliver;
use crate::config::{HttpLog, Named};
use crate::egress::Ways;
use crate::fault::Fault;
use crate::limits::Limits;
use crate::upstream::{Origin, Peer, Reply, Scratch, Timeouts, exchange};

/// Bytes of a reply that are read: nobody wants it, but its connection.
const REPLY: usize = 1 << 20;
/// Connections to the server: there is never more than one batch on its way.
const POOL: usize = 1;

/// A server, and how it is spoken to.
pub(super) struct Server {
    /// `None`: its name is not one.
    peer: Option<Rc<Peer>>,
    name: String,
    /// All of a request's head but its length.
    head: Vec<u8>,
    /// Whether a batch is an array: one record alone is none.
    is_batch: bool,
    timeouts: Timeouts,
    limits: Limits,
}

impl Server {
    pub(super) fn new(settings: &HttpLog, tls: &Arc<ClientConfig>, ways: &Ways) -> Self {
        let url = &settings.endpoint;
        let is_tls = url.scheme_str() == Some("https");
        let host = url.host().unwrap_or_default().trim_matches(['[', ']']).to_ascii_lowercase();
        let port = url.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let origin = Origin { tls: is_tls, host, port };
        let limits = Limits { pool: POOL, pool_idle: settings.keepalive, ..Limits::default() };
        let (name, way) = (origin.with_port(), ways.to(&origin));
        let authority = origin.authority();
        let peer = Peer::new(origin, way, tls, Scratch::new(), &limits).map(Rc::new);
        let prefix = peer.as_ref().map_or("", |peer| &peer.prefix);
        let head = head(settings, &format!("{prefix}{}", path(settings)), &authority);
        let within = settings.timeout;
        let timeouts = Timeouts { connect: within, write: within, read: within, call: within };
        Self { peer, name, head, is_batch: settings.queue.max_batch_size > 1, timeouts, limits }
    }

    /// Sends records; `Ok`: the status that the server gave.
    async fn send(&self, records: &[Bytes]) -> Result<u16, Fault> {
        let peer = self.peer.as_ref().ok_or(Fault::Connect("its name is not one"))?;
        let request = self.request(records);
        let mut idle = peer.take();
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

    fn request(&self, records: &[Bytes]) -> Vec<u8> {
        let around = if self.is_batch { records.len() + 1 } else { 0 };
        let length = records.iter().map(Bytes::len).sum::<usize>() + around;
        let mut request = Vec::with_capacity(self.head.len() + length + 32);
        request.extend_from_slice(&self.head);
        write!(request, "content-length: {length}\r\n\r\n").expect("a vector takes every write");
        let mut mark = b'[';
        for record in records {
            if self.is_batch {
                request.push(std::mem::replace(&mut mark, b','));
            }
            request.extend_from_slice(record);
        }
        if self.is_batch {
            request.push(b']');
        }
        request
    }
}

impl Deliver for Server {
    fn name(&self) -> &str {
        &self.name
    }

    /// All of them, or none.
    async fn deliver(&mut self, records: &[Bytes]) -> (usize, Result<(), String>) {
        match self.send(records).await {
            Ok(status) if status < 300 => (records.len(), Ok(())),
            Ok(status) => (0, Err(format!("it answered with {status}"))),
            Err(fault) => (0, Err(fault.to_string())),
        }
    }
}

/// Of the endpoint, with its query, which Kong leaves out.
fn path(settings: &HttpLog) -> &str {
    settings.endpoint.path_and_query().map_or("/", |path| path.as_str())
}

/// The head of every request, up to its length.
fn head(settings: &HttpLog, path: &str, authority: &str) -> Vec<u8> {
    let mut head = Vec::with_capacity(512);
    let mut field = |name: &str, value: &str| {
        for part in [name, ": ", value, "\r\n"] {
            head.extend_from_slice(part.as_bytes());
        }
    };
    field("host", authority);
    field("content-type", settings.content_type);
    field("user-agent", concat!("touchstone/", env!("CARGO_PKG_VERSION")));
    if let Some(user) = &settings.user {
        field("authorization", &format!("Basic {}", STANDARD.encode(user.expose())));
    }
    for (name, value) in &settings.headers {
        field(name.as_str(), value.expose());
    }
    let mut all = format!("{} {path} HTTP/1.1\r\n", settings.method.name()).into_bytes();
    all.append(&mut head);
    all
}

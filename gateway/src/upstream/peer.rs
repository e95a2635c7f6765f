//! One upstream server as one core knows it: how to reach it, and the connections that are open to it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use super::dial::dial;
use super::{Connection, Scratch, tunnel};
use crate::egress::Way;
use crate::fault::Fault;
use crate::limits::Limits;

/// Scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) tls: bool,
    /// Without the brackets of an IPv6 address.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Origin {
    /// Of an absolute `http` or `https` URL.
    pub(crate) fn of(url: &Uri) -> Self {
        let tls = url.scheme_str() == Some("https");
        let host = url.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let port = url.port_u16().unwrap_or(if tls { 443 } else { 80 });
        Self { tls, host: host.to_ascii_lowercase(), port }
    }

    /// Host and port, as a tunnel is asked for.
    pub(crate) fn with_port(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The `Host` header: with a port where it is not the scheme's own.
    pub(crate) fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let default = if self.tls { 443 } else { 80 };
        if self.port == default { host } else { format!("{host}:{}", self.port) }
    }
}

/// How long one call may wait for what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    pub(crate) connect: Duration,
    pub(crate) write: Duration,
    pub(crate) read: Duration,
    pub(crate) call: Duration,
}

/// An upstream server, and its idle connections on this core.
pub(crate) struct Peer {
    pub(crate) origin: Arc<Origin>,
    /// What stands before the path of every request: nothing, but where a proxy must be told whom to ask.
    pub(crate) prefix: String,
    way: Way,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    scratch: Scratch,
    /// Oldest first.
    idle: RefCell<VecDeque<(Instant, Connection)>>,
    pool: usize,
    pool_idle: Duration,
}

impl Peer {
    /// `None`: the host of an `https` origin is neither a name nor an address.
    pub(crate) fn new(
        origin: Origin,
        way: Way,
        tls: &Arc<ClientConfig>,
        scratch: Scratch,
        limits: &Limits,
    ) -> Option<Self> {
        let tls = if origin.tls {
            Some((TlsConnector::from(Arc::clone(tls)), ServerName::try_from(origin.host.clone()).ok()?))
        } else {
            None
        };
        let is_asked = way.proxy.is_some() && tls.is_none();
        Some(Self {
            prefix: if is_asked { format!("http://{}", origin.authority()) } else { String::new() },
            origin: Arc::new(origin),
            way,
            tls,
            scratch,
            idle: RefCell::default(),
            pool: limits.pool,
            pool_idle: limits.pool_idle,
        })
    }

    /// An idle connection that still looks open, the youngest first; `surely` for a request that is not sent again if it is not.
    pub(crate) fn take(&self, surely: bool) -> Option<Connection> {
        let mut idle = self.idle.borrow_mut();
        while let Some((since, mut connection)) = idle.pop_back() {
            let is_idle = if surely { connection.is_surely_idle() } else { connection.is_idle() };
            if since.elapsed() < self.pool_idle && is_idle {
                return Some(connection);
            }
        }
        None
    }

    /// Keeps a connection whose last reply ended cleanly.
    pub(crate) fn put(&self, mut connection: Connection) {
        connection.reused = true;
        let mut idle = self.idle.borrow_mut();
        if idle.len() == self.pool {
            idle.pop_front();
        }
        if self.pool > 0 {
            idle.push_back((Instant::now(), connection));
        }
    }

    /// Drops what nobody wants any more.
    pub(crate) fn sweep(&self) {
        self.idle
            .borrow_mut()
            .retain_mut(|(since, connection)| since.elapsed() < self.pool_idle && connection.is_idle());
    }

    /// A fresh connection.
    pub(crate) async fn connect(&self, within: Duration) -> Result<Connection, Fault> {
        timeout(within, self.open()).await.map_err(|_| Fault::ConnectTimeout(within))?
    }

    async fn open(&self) -> Result<Connection, Fault> {
        let addresses = self.addresses().await?;
        let mut socket = dial(addresses, TcpStream::connect::<SocketAddr>)
            .await
            .map_err(|error| Fault::Connect(why(&error)))?;
        socket.set_nodelay(true).map_err(|error| Fault::Connect(why(&error)))?;
        let Some((connector, name)) = &self.tls else {
            return Ok(Connection::plain(socket, self.scratch.clone()));
        };
        if self.way.proxy.is_some() {
            tunnel::open(&mut socket, &self.origin).await?;
        }
        let socket =
            connector.connect(name.clone(), socket).await.map_err(|error| Fault::Connect(why(&error)))?;
        Ok(Connection::tls(socket, self.scratch.clone()))
    }

    /// Of the upstream, or of the proxy before it.
    async fn addresses(&self) -> Result<Vec<SocketAddr>, Fault> {
        let whom = self.way.proxy.as_deref().unwrap_or(&self.origin);
        if !self.way.addresses.is_empty() {
            return Ok(self
                .way
                .addresses
                .iter()
                .map(|address| SocketAddr::new(*address, whom.port))
                .collect());
        }
        let named = tokio::net::lookup_host((whom.host.as_str(), whom.port)).await;
        Ok(named.map_err(|_| Fault::Connect("its name does not resolve"))?.collect())
    }
}

fn why(error: &io::Error) -> &'static str {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match (tls, error.kind()) {
        (Some(rustls::Error::InvalidCertificate(_)), _) => "its certificate is not trusted",
        (Some(_), _) => "the TLS handshake failed",
        (_, io::ErrorKind::ConnectionRefused) => "connection refused",
        (_, io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof) => "it closed the connection",
        (_, io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => "no way to its address",
        (_, io::ErrorKind::TimedOut) => "its address does not answer",
        _ => "the connection failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_names_only_an_unusual_port() {
        let authority = |tls, host: &str, port| Origin { tls, host: host.to_owned(), port }.authority();
        assert_eq!(authority(true, "api.openai.com", 443), "api.openai.com");
        assert_eq!(authority(false, "localhost", 8080), "localhost:8080");
        assert_eq!(authority(false, "::1", 80), "[::1]");
        assert_eq!(authority(true, "::1", 80), "[::1]:80");
    }
}

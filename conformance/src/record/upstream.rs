//! The provider that calls are sent on to: plain HTTP, or TLS with the roots that browsers trust.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_util::either::Either;

use super::limits::CONNECT;
use crate::Error;

/// Where a provider is.
pub(super) struct Upstream {
    host: String,
    port: u16,
    /// Before every path of a request.
    prefix: String,
    tls: Option<TlsConnector>,
}

/// A connection that ends when this is dropped.
pub(super) struct Running(JoinHandle<()>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Upstream {
    /// Reads an address; `ca` is a file of certificates to trust besides.
    ///
    /// # Errors
    /// [`Error::Record`], where it is no address of HTTP; [`Error::File`].
    pub(super) fn new(address: &str, ca: Option<&Path>) -> Result<Self, Error> {
        let wrong = |why: &str| Error::Record(format!("`{address}` {why}"));
        let (is_tls, rest) = match (address.strip_prefix("https://"), address.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return Err(wrong("begins with neither https:// nor http://")),
        };
        let uri: http::Uri = address.parse().map_err(|_| wrong("is no address"))?;
        let authority = uri.authority().ok_or_else(|| wrong("has no host"))?;
        if authority.as_str().contains('@') || rest.contains(['?', '#']) {
            return Err(wrong("must be a host and a path, without user, query and fragment"));
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = authority.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let prefix = uri.path().trim_end_matches('/').to_owned();
        Ok(Self { host, port, prefix, tls: is_tls.then(|| connector(ca)).transpose()? })
    }

    /// As a request's `host` names it.
    pub(super) fn authority(&self) -> String {
        let usual = if self.tls.is_some() { 443 } else { 80 };
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == usual { host } else { format!("{host}:{}", self.port) }
    }

    /// A path of the provider's at this address.
    pub(super) fn path(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// Sends a request by a connection of its own.
    ///
    /// # Errors
    /// A sentence, where no reply came.
    pub(super) async fn call(
        &self,
        request: http::Request<Full<Bytes>>,
    ) -> Result<(http::Response<Incoming>, Running), String> {
        let stream = timeout(CONNECT, self.connect()).await;
        let stream = stream.map_err(|_| format!("no connection within {} s", CONNECT.as_secs()))??;
        let opened = http1::handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = opened.map_err(|error| crate::client::explain(&error))?;
        let running = Running(tokio::spawn(async move {
            // The same error comes out of the call or of its body.
            let _ = connection.await;
        }));
        let reply = timeout(super::limits::HEAD, sender.send_request(request)).await;
        let reply = reply.map_err(|_| format!("no reply within {} s", super::limits::HEAD.as_secs()))?;
        Ok((reply.map_err(|error| crate::client::explain(&error))?, running))
    }

    async fn connect(
        &self,
    ) -> Result<Either<TcpStream, Box<tokio_rustls::client::TlsStream<TcpStream>>>, String> {
        let stream =
            TcpStream::connect((self.host.as_str(), self.port)).await.map_err(|error| error.to_string())?;
        // Pieces shall come when they are sent.
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let Some(connector) = &self.tls else { return Ok(Either::Left(stream)) };
        let name = ServerName::try_from(self.host.clone()).map_err(|error| error.to_string())?;
        let stream = connector.connect(name, stream).await.map_err(|error| format!("TLS: {error}"))?;
        Ok(Either::Right(Box::new(stream)))
    }
}

fn connector(ca: Option<&Path>) -> Result<TlsConnector, Error> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(file) = ca {
        let text = std::fs::read(file).map_err(|source| Error::File { path: file.to_owned(), source })?;
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
        let certificates =
            certificates.map_err(|error| Error::Record(format!("{}: {error}", file.display())))?;
        if roots.add_parsable_certificates(certificates).0 == 0 {
            return Err(Error::Record(format!("{}: no certificates there", file.display())));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| Error::Record(error.to_string()))?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

//! TLS towards clients: rustls with ring; HTTP/2 or HTTP/1.1, as the client likes it (ALPN, RFC 7301).

use std::io;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Marks a request that came over TLS.
#[derive(Clone, Copy)]
pub(crate) struct Secure;

/// Who clients are shown, until that changes.
pub(crate) struct Identity(RwLock<Arc<ServerConfig>>);

impl Identity {
    /// By a chain of certificates and the key of the first of them, each a PEM file.
    pub(crate) fn read(certificates: &Path, key: &Path) -> io::Result<Self> {
        config(certificates, key).map(|config| Self(RwLock::new(config)))
    }

    /// Reads the files again. If something is wrong with them, all is as it was.
    pub(crate) fn renew(&self, certificates: &Path, key: &Path) -> io::Result<()> {
        let next = config(certificates, key)?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }

    /// `None`: the client does not speak TLS as it should, or not soon enough.
    pub(super) async fn accept(&self, socket: TcpStream, within: Duration) -> Option<TlsStream<TcpStream>> {
        let config = Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner));
        timeout(within, TlsAcceptor::from(config).accept(socket)).await.ok()?.ok()
    }
}

fn config(certificates: &Path, key: &Path) -> io::Result<Arc<ServerConfig>> {
    let wrong = |path: &Path, why: String| io::Error::other(format!("{}: {why}", path.display()));
    let chain = CertificateDer::pem_file_iter(certificates).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|error| wrong(certificates, error.to_string()))?;
    if chain.is_empty() {
        return Err(wrong(certificates, "it has no certificate".to_owned()));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| wrong(key, error.to_string()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|error| wrong(key, error.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

//! TLS towards a database, as its section of the file wants it.

use std::io;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, ProtocolVersion, SignatureScheme};
#[cfg(feature = "pgvector")]
use rustls::{
    pki_types::{PrivateKeyDer, pem::PemObject},
    sign::{CertifiedKey, SingleCertAndKey},
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How to speak TLS to one server.
#[derive(Clone)]
pub(crate) struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
    /// TLS 1.3 or nothing.
    newest: bool,
}

impl Tls {
    /// `base`: what holds for upstreams.
    pub(crate) fn new(base: &ClientConfig, name: &str, verify: bool) -> io::Result<Self> {
        let mut config = base.clone();
        config.alpn_protocols.clear();
        if !verify {
            let provider = Arc::clone(config.crypto_provider());
            config.dangerous().set_certificate_verifier(Arc::new(Anyone(provider)));
        }
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), name: server(name)?, newest: false })
    }

    /// Shows a certificate of our own, as PEM, where the server asks for one.
    #[cfg(feature = "pgvector")]
    pub(crate) fn showing(self, certificates: &str, key: &str) -> io::Result<Self> {
        let mut config = (**self.connector.config()).clone();
        let chain = CertificateDer::pem_slice_iter(certificates.as_bytes()).collect::<Result<_, _>>();
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(io::Error::other)?;
        let key = config.crypto_provider().key_provider.load_private_key(key).map_err(io::Error::other)?;
        let shown = CertifiedKey::new(chain.map_err(io::Error::other)?, key);
        config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(shown));
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), ..self })
    }

    /// Takes TLS 1.3 alone.
    #[cfg(feature = "pgvector")]
    pub(crate) fn newest(self) -> Self {
        Self { newest: true, ..self }
    }

    pub(crate) async fn connect<S>(&self, socket: S) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let stream = self.connector.connect(self.name.clone(), socket).await?;
        let version = stream.get_ref().1.protocol_version();
        if self.newest && version != Some(ProtocolVersion::TLSv1_3) {
            return Err(io::Error::other("it does not speak TLS 1.3"));
        }
        Ok(stream)
    }
}

fn server(name: &str) -> io::Result<ServerName<'static>> {
    ServerName::try_from(name.to_owned()).map_err(io::Error::other)
}

/// Takes any certificate, where the file says so; whoever shows it must still have its key.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

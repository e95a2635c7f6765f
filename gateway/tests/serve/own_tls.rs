//! TLS on the gateway's own address.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;

/// Files of a certificate for `localhost`.
struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    fn new() -> (Self, CertificateDer<'static>) {
        let files = Self { folder: tempfile::tempdir().unwrap() };
        let certificate = files.write();
        (files, certificate)
    }

    /// Puts another certificate there.
    fn write(&self) -> CertificateDer<'static> {
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let tls = self.tls();
        std::fs::write(&tls.certificates, own.cert.pem()).unwrap();
        std::fs::write(&tls.key, own.signing_key.serialize_pem()).unwrap();
        own.cert.der().clone()
    }

    fn tls(&self) -> Tls {
        let path = |name| Path::join(self.folder.path(), name);
        Tls { certificates: path("chain.pem"), key: path("key.pem") }
    }
}

/// Shakes hands with a gateway that shows `certificate`; `alpn`: what the client speaks.
async fn connect(
    gateway: &Gateway,
    certificate: &CertificateDer<'static>,
    alpn: &[&str],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    let socket = TcpStream::connect(gateway.addr()).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, socket).await
}

fn spoken(socket: &TlsStream<TcpStream>) -> Option<String> {
    let name = socket.get_ref().1.alpn_protocol()?;
    Some(String::from_utf8(name.to_vec()).unwrap())
}

fn ask() -> Request<Full<Bytes>> {
    Request::post("https://localhost/chat").header("host", "localhost").body(Full::new(ASK.into())).unwrap()
}

/// One call by HTTP/1.1: status and body.
async fn one_call(gateway: &Gateway, certificate: &CertificateDer<'static>) -> (StatusCode, String) {
    let socket = connect(gateway, certificate, &["http/1.1"]).await.unwrap();
    assert_eq!(spoken(&socket).as_deref(), Some("http/1.1"));
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await.unwrap();
    tokio::spawn(connection);
    let reply = sender.send_request(ask()).await.unwrap();
    let status = reply.status();
    let body = reply.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn either_version_of_http_is_spoken_over_tls() {
    let upstream = Upstream::listen().await;
    let (files, certificate) = Files::new();
    let gateway = Setup { tls: Some(files.tls()), ..Setup::new("openai", upstream.addr) }.start();
    let answer = async || upstream.call().await.write(json_reply("200 OK", ANSWER)).await;
    let (reply, ()) = tokio::join!(one_call(&gateway, &certificate), answer());
    assert_eq!(reply, (StatusCode::OK, ANSWER.to_owned()));

    let socket = connect(&gateway, &certificate, &["h2", "http/1.1"]).await.unwrap();
    assert_eq!(spoken(&socket).as_deref(), Some("h2"), "the newer one is chosen");
    let (mut sender, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(socket)).await.unwrap();
    tokio::spawn(connection);
    let (reply, ()) = tokio::join!(sender.send_request(ask()), answer());
    assert_eq!(reply.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_route_is_served_over_its_own_protocols() {
    let upstream = Upstream::listen().await;
    let (files, certificate) = Files::new();
    let setup = |protocols: Value| Setup {
        tls: Some(files.tls()),
        ..Setup::new("openai", upstream.addr).service("protocol", "http").protocols(protocols)
    };
    let secure = setup(json!(["https"])).start();
    let answer = async { upstream.call().await.write(json_reply("200 OK", ANSWER)).await };
    let (reply, ()) = tokio::join!(one_call(&secure, &certificate), answer);
    assert_eq!(reply.0, StatusCode::OK);
    // As in Kong, where the protocol is a part of what a route matches.
    let plain = setup(json!(["http"])).start();
    let (status, body) = one_call(&plain, &certificate).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{body}");
    let without = Setup { tls: None, ..setup(json!(["https"])) }.start();
    let reply = chat(&without, ASK).await;
    assert_eq!(
        (reply.error(), reply.field("upgrade")),
        ((426, "https_required".to_owned()), Some("TLS/1.2, HTTP/1.1"))
    );
    assert_eq!(reply.json()["error"]["message"], "please use HTTPS protocol");
}

#[tokio::test]
async fn what_is_no_handshake_is_not_answered() {
    let (files, _) = Files::new();
    let setup = Setup { tls: Some(files.tls()), ..Setup::new("openai", "127.0.0.1:1".parse().unwrap()) };
    let gateway = setup.limits(|limits| limits.handshake = Duration::from_millis(50)).start();
    for said in [&b""[..], b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", b"\x16\x03\x01"] {
        let mut socket = TcpStream::connect(gateway.addr()).await.unwrap();
        socket.write_all(said).await.unwrap();
        let mut seen = Vec::new();
        let closed = timeout(Duration::from_secs(60), socket.read_to_end(&mut seen));
        let _ = closed.await.expect("an end");
        assert!(!seen.starts_with(b"HTTP"), "{said:?}");
    }
}

#[tokio::test]
async fn certificates_are_renewed_and_wrong_ones_refused() {
    let (files, first) = Files::new();
    let setup = Setup { tls: Some(files.tls()), ..Setup::new("openai", "127.0.0.1:1".parse().unwrap()) };
    let gateway = setup.start();
    let open = connect(&gateway, &first, &[]).await.unwrap();
    let second = files.write();
    assert!(connect(&gateway, &second, &[]).await.is_err(), "nobody was told");
    gateway.renew().unwrap();
    assert!(connect(&gateway, &first, &[]).await.is_err());
    assert!(connect(&gateway, &second, &[]).await.is_ok());

    let Tls { certificates, key } = files.tls();
    for (path, text) in [(&certificates, ""), (&certificates, "nothing"), (&key, ""), (&key, "-----BEGIN")] {
        let good = std::fs::read(path).unwrap();
        std::fs::write(path, text).unwrap();
        let refused = gateway.renew().unwrap_err().to_string();
        assert!(refused.contains(path.to_str().unwrap()), "{refused}");
        assert!(connect(&gateway, &second, &[]).await.is_ok(), "the old ones are shown on");
        std::fs::write(path, good).unwrap();
    }
    // A key of another certificate.
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(&key, own.signing_key.serialize_pem()).unwrap();
    assert!(gateway.renew().is_err());
    drop(open);
}

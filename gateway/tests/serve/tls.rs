//! TLS towards upstreams: nothing is sent to whoever cannot show who it is.

use std::sync::Arc;

use rustls::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::upstream::{DONE, event};
use super::*;

/// A server whose certificate nobody has signed but itself.
pub(super) struct Server {
    pub(super) acceptor: TlsAcceptor,
    pub(super) listener: TcpListener,
    certificate: String,
}

impl Server {
    pub(super) async fn start(name: &str) -> Self {
        let own = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let key = own.signing_key.serialize_der().try_into().unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { acceptor: TlsAcceptor::from(Arc::new(config)), listener, certificate: own.cert.pem() }
    }

    fn before(&self) -> Setup {
        let address = self.listener.local_addr().unwrap();
        let url = format!("https://localhost:{}", address.port());
        Setup::new("openai", address).set("/model/options/upstream_url", url).service("retries", 0)
    }

    /// Trusts the certificate, for as long as the file lives.
    pub(super) fn trusted(&self) -> (Setup, tempfile::NamedTempFile) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &self.certificate).unwrap();
        (Setup { trust: Some(file.path().to_owned()), ..self.before() }, file)
    }
}

#[tokio::test]
async fn a_trusted_server_is_asked_on_one_connection() {
    let server = Server::start("localhost").await;
    let (setup, _file) = server.trusted();
    let gateway = setup.start();
    let answers = async {
        let (socket, _) = server.listener.accept().await.unwrap();
        let mut socket = server.acceptor.accept(socket).await.unwrap();
        let events = format!("{}{DONE}", event("Hi"));
        let chunks = format!("{:x}\r\n{events}\r\n0\r\n\r\n", events.len());
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        for reply in [
            json_reply("200 OK", ANSWER),
            format!("{head}{chunks}").into_bytes(),
            json_reply("200 OK", ANSWER),
        ] {
            let mut seen = Vec::new();
            while !seen.ends_with(b"}") {
                assert!(socket.read_buf(&mut seen).await.unwrap() > 0);
            }
            assert!(seen.starts_with(b"POST /v1/chat/completions HTTP/1.1\r\n"));
            socket.write_all(&reply).await.unwrap();
        }
        socket
    };
    let calls = async {
        assert_eq!(chat(&gateway, ASK).await.text(), ANSWER);
        assert_eq!(chat(&gateway, ASK_STREAM).await.content(), "Hi");
        assert_eq!(chat(&gateway, ASK).await.text(), ANSWER);
    };
    tokio::join!(answers, calls);
}

#[tokio::test]
async fn a_server_without_a_trusted_certificate_gets_no_request() {
    let stranger = Server::start("localhost").await;
    let impostor = Server::start("elsewhere.example").await;
    let (trusting, _file) = impostor.trusted();
    for (server, setup) in [(&stranger, stranger.before()), (&impostor, trusting)] {
        let gateway = setup.start();
        let handshake = async {
            let (socket, _) = server.listener.accept().await.unwrap();
            assert!(server.acceptor.accept(socket).await.is_err(), "it is broken off");
        };
        let (reply, ()) = tokio::join!(chat(&gateway, ASK), handshake);
        assert_eq!(reply.error(), (502, "upstream_unreachable".to_owned()));
        assert!(reply.text().contains("its certificate is not trusted"), "{}", reply.text());
    }
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_gets_no_request() {
    let upstream = Upstream::listen().await;
    let gateway = Setup::new("openai", upstream.addr)
        .set("/model/options/upstream_url", format!("https://{}", upstream.addr))
        .service("retries", 0)
        .start();
    let server = async { upstream.plain(b"HTTP/1.1 400 Bad Request\r\n\r\n").await };
    let (reply, seen) = tokio::join!(chat(&gateway, ASK), server);
    assert_eq!(reply.error(), (502, "upstream_unreachable".to_owned()));
    assert!(!seen.windows(4).any(|bytes| bytes == b"POST"));
}

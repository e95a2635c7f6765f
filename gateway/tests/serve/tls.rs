//! TLS towards upstreams: nothing is sent to whoever cannot show who it is.

use std::sync::Arc;

use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

#[tokio::test]
async fn a_server_without_a_trusted_certificate_gets_no_request() {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = own.signing_key.serialize_der().try_into().unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let gateway = Setup::new("openai", "127.0.0.1:1".parse().unwrap())
        .set("/model/options/upstream_url", format!("https://localhost:{port}"))
        .service("retries", 0)
        .start();
    let server = async {
        let (socket, _) = listener.accept().await.unwrap();
        assert!(acceptor.accept(socket).await.is_err(), "the handshake is broken off");
    };
    let (reply, ()) = tokio::join!(chat(&gateway, ASK), server);
    assert_eq!(reply.error(), (502, "upstream_unreachable".to_owned()));
    assert!(reply.text().contains("its certificate is not trusted"), "{}", reply.text());
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

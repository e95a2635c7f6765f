//! TLS for the providers' own host names: who is served under which, by which HTTP, and who is refused.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use mocks::script::{Cut, Fault, How, Reply, Script};
use mocks::{Authority, Mocks, Options};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::client;

/// Mocks with TLS at a port of its own, and as a proxy.
pub(crate) async fn start() -> Mocks {
    let any = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    mocks::start_with(Options { tls: any, proxy: true, ..Options::default() }).await.unwrap()
}

/// A client's TLS, which trusts these mocks and nobody else.
pub(crate) async fn shake<S: AsyncRead + AsyncWrite + Unpin>(
    mocks: &Mocks,
    stream: S,
    name: &str,
    alpn: &[&str],
) -> io::Result<TlsStream<S>> {
    shake_as(mocks.authority().unwrap().pem(), stream, name, alpn).await
}

async fn shake_as<S: AsyncRead + AsyncWrite + Unpin>(
    pem: &str,
    stream: S,
    name: &str,
    alpn: &[&str],
) -> io::Result<TlsStream<S>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(ring).with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

async fn connect(mocks: &Mocks, name: &str) -> io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(mocks.tls().unwrap()).await?;
    shake(mocks, stream, name, &["http/1.1"]).await
}

/// One request to a host; the status of its reply.
async fn ask(mocks: &Mocks, name: &str, host: &str, path: &str) -> u16 {
    let mut stream = connect(mocks, name).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    client::read(&mut stream, &mut Vec::new()).await.status
}

#[tokio::test]
async fn every_host_leads_to_its_provider() {
    let mocks = start().await;
    let mut count = 0;
    for provider in mocks::provider::names() {
        for host in mocks::hosts::of(provider) {
            ask(&mocks, &host, &host, "/nothing/there").await;
            let entry = mocks.journal(None).pop().unwrap();
            assert_eq!(
                (entry.provider.as_str(), entry.path.as_str()),
                (provider, "/nothing/there"),
                "{host}"
            );
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
}

#[tokio::test]
async fn the_requests_own_host_goes_before_the_name_of_the_handshake() {
    let mocks = start().await;
    assert_eq!(ask(&mocks, "api.openai.com", "api.mistral.ai", "/v1/models").await, 401);
    assert_eq!(mocks.journal(None)[0].provider, "mistral");
    assert_eq!(ask(&mocks, "api.openai.com", "example.com", "/v1/models").await, 421);
    let entry = mocks.journal(None).remove(1);
    assert!(entry.refused.unwrap().contains("example.com"));
    assert_eq!((entry.provider.as_str(), entry.reply.status), ("", 421));
}

#[tokio::test]
async fn this_machine_is_served_by_name_and_by_address() {
    let mocks = start().await;
    for name in ["localhost", "127.0.0.1", "host.docker.internal"] {
        assert_eq!(ask(&mocks, name, name, "/mistral/v1/models").await, 401, "{name}");
        assert_eq!(ask(&mocks, name, name, "/__mock/ready").await, 200, "{name}");
    }
}

#[tokio::test]
async fn http_2_is_served_where_the_client_offers_it() {
    let mocks = start().await;
    mocks.add(Script::new("[[two]]", Reply::text(["Hel", "lo"])));
    let host = "api.openai.com";
    let stream = TcpStream::connect(mocks.tls().unwrap()).await.unwrap();
    let stream = shake(&mocks, stream, host, &["h2", "http/1.1"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let driving = tokio::spawn(connection);
    let body =
        json!({ "model": "gpt-4o", "stream": true, "messages": [{ "role": "user", "content": "[[two]]" }] });
    let request = http::Request::post(format!("https://{host}/v1/chat/completions"))
        .header("authorization", "Bearer sk-touchstone")
        .header("content-type", "application/json")
        .body(Full::new(bytes::Bytes::from(body.to_string())))
        .unwrap();
    let reply = sender.send_request(request).await.unwrap();
    assert_eq!(reply.status(), 200);
    let text = reply.into_body().collect().await.unwrap().to_bytes();
    assert!(text.ends_with(b"data: [DONE]\n\n"));
    let entry = mocks.journal(Some("[[two]]")).remove(0);
    assert_eq!((entry.http.as_str(), entry.provider.as_str()), ("HTTP/2", "openai"));
    driving.abort();
}

#[tokio::test]
async fn a_host_of_nobody_is_refused_and_told() {
    let mocks = start().await;
    let refused = connect(&mocks, "telemetry.example.com").await.unwrap_err();
    assert!(refused.to_string().contains("UnrecognisedName"), "{refused}");
    let entry = mocks.journal_when(None, |entries| !entries.is_empty()).await.remove(0);
    assert_eq!((entry.method.as_str(), entry.path.as_str()), ("TLS", "telemetry.example.com"));
    assert!(entry.refused.unwrap().contains("no provider"));
    assert_eq!((entry.aborted, entry.reply.status), (true, 0));
}

#[tokio::test]
async fn a_client_that_does_not_trust_the_authority_is_told() {
    let mocks = start().await;
    let stranger = Authority::new().unwrap();
    let stream = TcpStream::connect(mocks.tls().unwrap()).await.unwrap();
    shake_as(stranger.pem(), stream, "api.openai.com", &[]).await.unwrap_err();
    let entry = mocks.journal_when(None, |entries| !entries.is_empty()).await.remove(0);
    let refused = entry.refused.unwrap();
    assert!(refused.contains("does not trust"), "{refused}");
}

#[tokio::test]
async fn a_cut_ends_tcp_and_an_end_ends_tls() {
    let mocks = start().await;
    let cut =
        |how| Fault { cut: Some(Cut { after_event: Some(2), how, ..Cut::default() }), ..Fault::default() };
    mocks.add(Script::new("[[whole]]", Reply::text(["Hel", "lo"])));
    mocks.add(Script::new("[[fin]]", Reply::text(["Hel", "lo"]).with_fault(cut(How::Fin))));
    mocks.add(Script::new("[[rst]]", Reply::text(["Hel", "lo"]).with_fault(cut(How::Rst))));
    for (marker, ended, events) in [
        ("[[whole]]", None, 5),
        ("[[fin]]", Some(ErrorKind::UnexpectedEof), 2),
        ("[[rst]]", Some(ErrorKind::ConnectionReset), 2),
    ] {
        let mut stream = connect(&mocks, "api.openai.com").await.unwrap();
        let body =
            json!({ "model": "gpt-4o", "stream": true, "messages": [{ "role": "user", "content": marker }] });
        let mut headers = client::headers("openai");
        headers.push(("connection", "close"));
        let bytes = client::request("POST", "/v1/chat/completions", &headers, body.to_string().as_bytes());
        let bytes = String::from_utf8(bytes).unwrap().replace("host: mock", "host: api.openai.com");
        stream.write_all(bytes.as_bytes()).await.unwrap();
        let mut raw = Vec::new();
        let end = stream.read_to_end(&mut raw).await;
        assert_eq!(end.err().map(|problem| problem.kind()), ended, "{marker}");
        let (reply, _) = client::parse(&raw, true).unwrap();
        assert_eq!((reply.events().len(), reply.complete), (events, ended.is_none()), "{marker}");
    }
}

#[test]
fn an_authority_is_kept_for_its_owner_alone_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let first = Authority::kept(folder.path()).unwrap();
    let again = Authority::kept(folder.path()).unwrap();
    assert_eq!(first.pem(), again.pem());
    let mode = std::fs::metadata(folder.path().join("ca-key.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let trust = first.trust(folder.path()).unwrap();
    let bundle = std::fs::read_to_string(trust.bundle).unwrap();
    assert!(bundle.starts_with(first.pem().trim_end()) && !bundle.contains("PRIVATE"));
    assert_eq!(std::fs::read_to_string(trust.ca).unwrap(), first.pem());

    std::fs::write(folder.path().join("ca.pem"), Authority::new().unwrap().pem()).unwrap();
    let refused = Authority::kept(folder.path()).unwrap_err().to_string();
    assert!(refused.contains("ca-key.pem"), "{refused}");
}

#[tokio::test]
async fn an_authority_that_was_kept_signs_for_its_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let pem = Authority::kept(folder.path()).unwrap().pem().to_owned();
    let authority = Some(Arc::new(Authority::kept(folder.path()).unwrap()));
    let any = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    let mocks = mocks::start_with(Options { tls: any, authority, ..Options::default() }).await.unwrap();
    let stream = TcpStream::connect(mocks.tls().unwrap()).await.unwrap();
    shake_as(&pem, stream, "api.anthropic.com", &[]).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn whoever_does_not_shake_hands_is_let_go() {
    let mocks = start().await;
    for addr in [mocks.tls().unwrap(), mocks.addr()] {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        // The beginning of a record; and a tunnel in which nothing comes.
        let bytes: &[u8] = if addr == mocks.addr() {
            b"CONNECT api.openai.com:443 HTTP/1.1\r\nhost: api.openai.com\r\n\r\n\x16"
        } else {
            b"\x16"
        };
        stream.write_all(bytes).await.unwrap();
        let mut rest = Vec::new();
        // It may be reset: not all was read.
        let _ = stream.read_to_end(&mut rest).await;
    }
    let told: Vec<_> = mocks.refused().into_keys().collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|(_, reason)| reason.contains("no TLS handshake within 10 s")), "{told:?}");
}

#[tokio::test]
async fn what_is_no_tls_ends_the_connection() {
    let mocks = start().await;
    for bytes in [b"GET / HTTP/1.1\r\nhost: api.openai.com\r\n\r\n".to_vec(), vec![0x16; 4096], vec![0; 64]] {
        let mut stream = TcpStream::connect(mocks.tls().unwrap()).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        assert!(rest.len() < 64, "an alert at most");
    }
    assert!(mocks.journal(None).iter().all(|entry| entry.refused.is_some()));
}

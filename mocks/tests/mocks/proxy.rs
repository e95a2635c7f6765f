//! The mocks as an HTTP proxy: it leads to them, and nowhere else.

use mocks::Mocks;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::client::{self, Reply};
use crate::tls;

/// A connection on which the proxy was asked for a tunnel, and what it said to that.
async fn tunnel(mocks: &Mocks, target: &str) -> (TcpStream, Reply) {
    let mut stream = TcpStream::connect(mocks.addr()).await.unwrap();
    let connect = format!("CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n\r\n");
    stream.write_all(connect.as_bytes()).await.unwrap();
    let mut raw = Vec::new();
    while !raw.ends_with(b"\r\n\r\n") {
        let mut piece = [0; 1];
        stream.read_exact(&mut piece).await.unwrap();
        raw.extend(piece);
    }
    let (mut reply, _) = client::parse(&raw, true).unwrap();
    if reply.status != 200 {
        reply = client::read(&mut stream, &mut raw).await;
    }
    (stream, reply)
}

async fn get(mocks: &Mocks, target: &str) -> Reply {
    client::exchange(mocks, &client::request("GET", target, &[], &[])).await
}

#[tokio::test]
async fn a_tunnel_leads_to_the_mock_of_its_host_by_tls() {
    let mocks = tls::start().await;
    let host = "bedrock-runtime.us-east-1.amazonaws.com";
    let (stream, reply) = tunnel(&mocks, &format!("{host}:443")).await;
    assert_eq!(reply.status, 200);
    let mut stream = tls::shake(&mocks, stream, host, &["http/1.1"]).await.unwrap();
    let request = format!("POST /model/m/converse HTTP/1.1\r\nhost: {host}\r\ncontent-length: 2\r\n\r\n{{}}");
    stream.write_all(request.as_bytes()).await.unwrap();
    let reply = client::read(&mut stream, &mut Vec::new()).await;
    assert_eq!(reply.status, 403, "no signature");
    let entry = mocks.journal(None).remove(0);
    assert_eq!((entry.provider.as_str(), entry.operation.as_str()), ("bedrock", "Converse"));
}

#[tokio::test]
async fn a_tunnel_leads_to_the_mock_of_its_host_without_tls() {
    let mocks = tls::start().await;
    let (mut stream, _) = tunnel(&mocks, "api.mistral.ai:80").await;
    stream.write_all(b"GET /v1/models HTTP/1.0\r\n\r\n").await.unwrap();
    assert_eq!(client::read(&mut stream, &mut Vec::new()).await.status, 401);
    assert_eq!(mocks.journal(None)[0].provider, "mistral");
}

#[tokio::test]
async fn an_absolute_target_leads_to_its_host() {
    let mocks = tls::start().await;
    assert_eq!(get(&mocks, "http://api.mistral.ai/v1/models").await.status, 401);
    let entry = mocks.journal(None).remove(0);
    assert_eq!((entry.provider.as_str(), entry.path.as_str()), ("mistral", "/v1/models"));
    let own = format!("http://{}/openai/v1/models", mocks.addr());
    assert_eq!(get(&mocks, &own).await.status, 401);
    assert_eq!(mocks.journal(None)[1].provider, "openai");
}

#[tokio::test]
async fn nothing_leaves_the_machine() {
    let mocks = tls::start().await;
    // It is there, and would answer.
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let other = other.local_addr().unwrap().to_string();
    for target in ["example.com:443", "169.254.1.1:80", "api.openai.com.example.com:443", &other] {
        let (_, reply) = tunnel(&mocks, target).await;
        assert_eq!(reply.status, 403, "{target}");
        assert!(
            reply.text().contains(target) && reply.text().contains("nothing leaves this machine"),
            "{target}"
        );
    }
    let refused = get(&mocks, "http://example.com/steal?what=key").await;
    assert_eq!((refused.status, refused.header("connection")), (403, Some("close")));
    let told = mocks.refused();
    assert_eq!((told.len(), told.values().sum::<usize>()), (5, 5), "{told:?}");
    let journal = mocks.journal(None);
    assert_eq!(journal.len(), 5);
    for entry in journal {
        assert_eq!((entry.provider.as_str(), entry.reply.status), ("", 403));
        assert!(entry.refused.is_some(), "{entry:?}");
    }
}

#[tokio::test]
async fn there_is_no_tunnel_in_a_tunnel() {
    let mocks = tls::start().await;
    let (mut stream, _) = tunnel(&mocks, "api.openai.com:80").await;
    stream
        .write_all(b"CONNECT api.openai.com:443 HTTP/1.1\r\nhost: api.openai.com:443\r\n\r\n")
        .await
        .unwrap();
    let status = client::read(&mut stream, &mut Vec::new()).await.status;
    assert!((400..500).contains(&status), "{status}");
}

#[tokio::test]
async fn who_is_no_proxy_makes_no_tunnel() {
    let mocks = mocks::start().await.unwrap();
    let (_, reply) = tunnel(&mocks, "api.openai.com:443").await;
    assert_eq!(reply.status, 404);
}

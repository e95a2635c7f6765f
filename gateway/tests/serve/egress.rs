//! The way out: through a proxy, and to the addresses of a hosts file.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::tls::Server;
use super::*;

/// A gateway of OpenAI's at its own host.
fn before(url: &str, egress: Egress) -> Setup {
    let nowhere = "127.0.0.1:9".parse().unwrap();
    let setup = Setup::new("openai", nowhere).set("/model/options/upstream_url", url).service("retries", 0);
    Setup { egress, ..setup }
}

fn through(proxy: &TcpListener) -> Egress {
    let url = Some(format!("http://{}", proxy.local_addr().unwrap()));
    Egress { https_proxy: url.clone(), http_proxy: url, ..Egress::default() }
}

/// What comes until its end is this.
async fn until(socket: &mut (impl AsyncReadExt + Unpin), end: &[u8]) -> String {
    let mut seen = Vec::new();
    while !seen.ends_with(end) {
        assert!(socket.read_buf(&mut seen).await.unwrap() > 0);
    }
    String::from_utf8(seen).unwrap()
}

#[tokio::test]
async fn an_https_upstream_is_reached_by_a_tunnel() {
    let server = Server::start("api.openai.com").await;
    let (trusting, _file) = server.trusted();
    let egress = through(&server.listener);
    let gateway =
        Setup { trust: trusting.trust, ..before("https://api.openai.com/v1/chat/completions", egress) }
            .start();
    let answers = async {
        let (mut socket, _) = server.listener.accept().await.unwrap();
        let asked = until(&mut socket, b"\r\n\r\n").await;
        assert_eq!(asked, "CONNECT api.openai.com:443 HTTP/1.1\r\nhost: api.openai.com:443\r\n\r\n");
        socket.write_all(b"HTTP/1.0 200 OK\r\nproxy-agent: test\r\n\r\n").await.unwrap();
        let mut socket = server.acceptor.accept(socket).await.unwrap();
        // Two calls by one tunnel.
        for _ in 0..2 {
            let asked = until(&mut socket, b"}").await;
            assert!(
                asked.starts_with("POST /v1/chat/completions HTTP/1.1\r\nhost: api.openai.com\r\n"),
                "{asked}"
            );
            socket.write_all(&json_reply("200 OK", ANSWER)).await.unwrap();
        }
        socket
    };
    let calls = async {
        assert_eq!(chat(&gateway, ASK).await.text(), ANSWER);
        assert_eq!(chat(&gateway, ASK).await.text(), ANSWER);
    };
    tokio::join!(answers, calls);
}

#[tokio::test]
async fn a_proxy_that_refuses_gets_no_request_and_no_key() {
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let long = format!("HTTP/1.1 200 OK\r\nx: {}", "a".repeat(10 << 10));
    for (reply, why) in [
        ("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n", "does not lead there"),
        ("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "says more"),
        ("SSH-2.0-x\r\n", "not HTTP/1"),
        ("", "closed the connection"),
        (&long, "too long"),
    ] {
        let gateway = before("https://api.openai.com/v1/chat/completions", through(&proxy)).start();
        let refuses = async {
            let (mut socket, _) = proxy.accept().await.unwrap();
            let asked = until(&mut socket, b"\r\n\r\n").await;
            socket.write_all(reply.as_bytes()).await.unwrap();
            socket.shutdown().await.unwrap();
            let mut rest = String::new();
            // It may be reset: what was sent is not read.
            let _ = socket.read_to_string(&mut rest).await;
            asked + &rest
        };
        let (answer, asked) = tokio::join!(chat(&gateway, ASK), refuses);
        assert_eq!(answer.status, 502, "{}", answer.text());
        assert!(answer.text().contains(why), "{}", answer.text());
        assert!(!asked.contains("POST") && !asked.contains(KEY), "{asked}");
    }
}

#[tokio::test]
async fn a_proxy_is_asked_for_an_http_upstream_by_its_whole_url() {
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gateway = before("http://upstream.example:8080/v1/x", through(&proxy)).start();
    let answers = async {
        let (mut socket, _) = proxy.accept().await.unwrap();
        let asked = until(&mut socket, b"}").await;
        socket.write_all(&json_reply("200 OK", ANSWER)).await.unwrap();
        asked
    };
    let (answer, asked) = tokio::join!(chat(&gateway, ASK), answers);
    assert_eq!(answer.text(), ANSWER);
    let head = "POST http://upstream.example:8080/v1/x HTTP/1.1\r\nhost: upstream.example:8080\r\n";
    assert!(asked.starts_with(head), "{asked}");
}

#[tokio::test]
async fn a_hosts_file_is_asked_before_the_system() {
    let server = Server::start("api.openai.com").await;
    let (trusting, _file) = server.trusted();
    let port = server.listener.local_addr().unwrap().port();
    let hosts = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(hosts.path(), "127.0.0.1 api.openai.com\n").unwrap();
    let egress = Egress { hosts_file: Some(hosts.path().to_owned()), ..Egress::default() };
    let url = format!("https://api.openai.com:{port}/v1/chat/completions");
    let gateway = Setup { trust: trusting.trust, ..before(&url, egress) }.start();
    let answers = async {
        let (socket, _) = server.listener.accept().await.unwrap();
        let mut socket = server.acceptor.accept(socket).await.unwrap();
        until(&mut socket, b"}").await;
        socket.write_all(&json_reply("200 OK", ANSWER)).await.unwrap();
        socket
    };
    let (answer, _socket) = tokio::join!(chat(&gateway, ASK), answers);
    assert_eq!(answer.text(), ANSWER);
}

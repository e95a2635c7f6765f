//! What the gateway bears from clients, and how it says no.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::*;

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_whichever_way_it_comes() {
    let upstream = Upstream::listen().await;
    let gateway = Setup::new("openai", upstream.addr).set("/max_request_body_size", 1000).start();
    let body = ASK.replace("Hello", &"x".repeat(300_000));
    let mut client = Client::connect(gateway.addr()).await;
    let length = body.len();
    for framing in [
        format!("content-length: {length}\r\n\r\n{body}"),
        format!("transfer-encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n"),
    ] {
        client.write(&format!("POST /chat HTTP/1.1\r\nhost: gateway\r\n{framing}")).await;
        let reply = client.reply().await;
        assert_eq!(reply.error(), (413, "request_too_large".to_owned()));
        assert!(reply.text().contains("1000 bytes"));
    }
    client.post("/chat", "", ASK).await;
    upstream.call().await.write(json_reply("200 OK", ANSWER)).await;
    assert_eq!(client.reply().await.status, 200, "the connection is still good");
}

#[tokio::test]
async fn a_client_that_asks_first_need_not_send() {
    let gateway =
        Setup::new("openai", "127.0.0.1:1".parse().unwrap()).set("/max_request_body_size", 1000).start();
    let mut client = Client::connect(gateway.addr()).await;
    client
        .write("POST /chat HTTP/1.1\r\nhost: gateway\r\nexpect: 100-continue\r\ncontent-length: 5000\r\n\r\n")
        .await;
    assert_eq!(client.reply().await.error().0, 413);
    timeout(Duration::from_secs(30), client.gone()).await.expect("nobody waits for the body");
}

#[tokio::test]
async fn a_body_that_does_not_come_times_out() {
    let gateway = Setup::new("openai", "127.0.0.1:1".parse().unwrap())
        .limits(|limits| limits.body = Duration::from_millis(50))
        .start();
    let mut client = Client::connect(gateway.addr()).await;
    client.write("POST /chat HTTP/1.1\r\nhost: gateway\r\ncontent-length: 50\r\n\r\n{").await;
    assert_eq!(client.reply().await.error(), (408, "request_incomplete".to_owned()));
}

#[tokio::test]
async fn a_head_that_does_not_come_ends_the_connection() {
    for start in ["", "POST /chat HTTP/1.1\r\nhost: gate", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let gateway = Setup::new("openai", "127.0.0.1:1".parse().unwrap())
            .limits(|limits| limits.idle = Duration::from_millis(50))
            .start();
        let mut client = Client::connect(gateway.addr()).await;
        client.write(start).await;
        timeout(Duration::from_secs(60), client.gone()).await.expect("an end");
    }
}

#[tokio::test]
async fn an_idle_connection_ends() {
    let gateway = Setup::new("openai", "127.0.0.1:1".parse().unwrap())
        .limits(|limits| limits.idle = Duration::from_secs(2))
        .start();
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/elsewhere", "", "").await;
    assert_eq!(client.reply().await.status, 404);
    timeout(Duration::from_secs(60), client.gone()).await.expect("an end");
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_let_go() {
    let upstream = Upstream::listen().await;
    let gateway =
        Setup::new("openai", upstream.addr).limits(|limits| limits.send = Duration::from_millis(100)).start();
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", "", ASK_STREAM).await;
    let mut call = upstream.call().await;
    call.begin_stream().await;
    client.head().await;
    let chunk = upstream::event(&"x".repeat(64 << 10));
    let flood = async {
        while call.socket.writable().await.is_ok() {
            let bytes = format!("{:x}\r\n{chunk}\r\n", chunk.len());
            if call.socket.write_all(bytes.as_bytes()).await.is_err() {
                return;
            }
        }
    };
    timeout(Duration::from_secs(60), flood).await.expect("the upstream's connection is closed");
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let gateway = Setup::new("openai", "127.0.0.1:1".parse().unwrap())
        .limits(|limits| limits.head_bytes = 16 << 10)
        .start();
    for fields in [format!("x: {}\r\n", "y".repeat(40 << 10)), "a: b\r\n".repeat(200)] {
        let mut client = Client::connect(gateway.addr()).await;
        client.post("/chat", &fields, ASK).await;
        assert_eq!(client.head().await.status, 431);
    }
}

#[tokio::test]
async fn whoever_still_sends_a_head_that_is_too_large_is_not_reset_before_it_reads_why() {
    let gateway = Setup::new("openai", "127.0.0.1:1".parse().unwrap())
        .limits(|limits| limits.head_bytes = 16 << 10)
        .start();
    let mut client = Client::connect(gateway.addr()).await;
    client.write(&format!("POST /chat HTTP/1.1\r\nx: {}", "y".repeat(20 << 10))).await;
    assert_eq!(client.head().await.status, 431);
    assert_eq!(client.socket.read_to_end(&mut Vec::new()).await.expect("an end, no reset"), 0);
    for _ in 0..16 {
        client.socket.write_all(&[b'y'; 64 << 10]).await.expect("somebody reads");
    }
}

#[tokio::test]
async fn connections_beyond_the_limit_wait() {
    let upstream = Upstream::listen().await;
    let gateway = Setup::new("openai", upstream.addr).limits(|limits| limits.connections = 1).start();
    let mut first = Client::connect(gateway.addr()).await;
    first.post("/elsewhere", "", "").await;
    first.reply().await;
    let mut second = Client::connect(gateway.addr()).await;
    second.post("/elsewhere", "", "").await;
    // The one thread has time for the second in plenty, while the first goes on.
    for _ in 0..50 {
        first.post("/elsewhere", "", "").await;
        assert_eq!(first.reply().await.status, 404);
    }
    let early = second.socket.try_read(&mut [0; 1]);
    assert_eq!(early.map_err(|error| error.kind()), Err(std::io::ErrorKind::WouldBlock));
    drop(first);
    assert_eq!(second.reply().await.status, 404);
}

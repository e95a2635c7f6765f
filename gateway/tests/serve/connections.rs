//! Connections: kept where both sides agree, tried afresh where that is safe, and left in peace when the gateway goes.

use std::time::Duration;

use tokio::time::timeout;

use super::upstream::{DONE, event};
use super::*;

/// Whether a connection that carried `reply` carries a second call.
async fn reused(reply: Vec<u8>, ask: &str) -> bool {
    let (upstream, gateway) = between("openai").await;
    let mut client = Client::connect(gateway.addr()).await;
    let answer = async {
        let mut call = upstream.call().await;
        call.write(reply).await;
        call
    };
    client.post("/chat", "", ask).await;
    let (first, call) = tokio::join!(client.reply(), answer);
    assert!(first.complete);
    client.post("/chat", "", ASK).await;
    let second = async {
        tokio::select! {
            biased;
            call = call.next() => (call, true),
            call = upstream.call() => (Some(call), false),
        }
    };
    let (call, same) = second.await;
    match call {
        Some(mut call) => call.write(json_reply("200 OK", ANSWER)).await,
        None => upstream.call().await.write(json_reply("200 OK", ANSWER)).await,
    }
    let second = client.reply().await;
    assert_eq!(second.status, 200);
    same && second.complete
}

#[tokio::test]
async fn a_connection_is_used_again_after_a_clean_end() {
    assert!(reused(json_reply("200 OK", ANSWER), ASK).await);
    assert!(reused(json_reply("400 Bad Request", "{}"), ASK).await);
    let events = format!("{}{DONE}", event("Hi"));
    let chunks = format!("{:x}\r\n{events}\r\n0\r\n\r\n", events.len());
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    assert!(reused(format!("{head}{chunks}").into_bytes(), ASK_STREAM).await);
}

#[tokio::test]
async fn a_connection_is_used_again_though_its_end_comes_late() {
    let (upstream, gateway) = between("openai").await;
    let answer = async {
        let mut call = upstream.call().await;
        call.begin_stream().await;
        call.chunk(format!("{}{DONE}", event("Hi"))).await;
        call
    };
    // The client has all of its stream before the upstream's body ends.
    let (reply, mut call) = tokio::join!(chat(&gateway, ASK_STREAM), answer);
    assert!(reply.complete);
    call.end_stream().await;
    let mut client = Client::connect(gateway.addr()).await;
    // The end is on its way over another socket: calls that are refused give it time.
    for _ in 0..50 {
        client.post("/elsewhere", "", "").await;
        assert_eq!(client.reply().await.status, 404);
    }
    client.post("/chat", "", ASK).await;
    let mut call = call.next().await.expect("a second call on the same connection");
    call.write(json_reply("200 OK", ANSWER)).await;
    assert_eq!(client.reply().await.status, 200);
}

#[tokio::test]
async fn a_connection_that_says_close_is_not_used_again() {
    let head = "200 OK\r\nconnection: close\r\ncontent-type: application/json";
    let (upstream, gateway) = between("openai").await;
    for _ in 0..2 {
        let answer = async {
            let mut call = upstream.call().await;
            call.write(whole(head, ANSWER)).await;
            call.gone().await;
        };
        let (reply, ()) = tokio::join!(chat(&gateway, ASK), answer);
        assert_eq!(reply.text(), ANSWER);
    }
}

#[tokio::test]
async fn a_connection_with_something_left_over_is_not_used_again() {
    let (upstream, gateway) = between("openai").await;
    for _ in 0..2 {
        let answer = async {
            let mut call = upstream.call().await;
            call.write([json_reply("200 OK", ANSWER), b"HTTP/1.1 200 OK\r\n\r\nsmuggled".to_vec()].concat())
                .await;
            call.gone().await;
        };
        let (reply, ()) = tokio::join!(chat(&gateway, ASK), answer);
        assert_eq!(reply.text(), ANSWER);
    }
}

#[tokio::test]
async fn a_call_that_meets_a_closing_connection_is_tried_afresh() {
    let (upstream, gateway) = between("openai").await;
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", "", ASK).await;
    let mut call = upstream.call().await;
    call.write(json_reply("200 OK", ANSWER)).await;
    assert_eq!(client.reply().await.status, 200);
    client.post("/chat", "", ASK).await;
    // The second request is read, and then dropped without a byte, as a server does that closes an idle connection.
    call.next().await.unwrap().close().await;
    upstream.call().await.write(json_reply("200 OK", ANSWER)).await;
    assert_eq!(client.reply().await.text(), ANSWER);
}

#[tokio::test]
async fn a_call_is_not_tried_afresh_on_a_fresh_connection() {
    let (upstream, gateway) = between("openai").await;
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", "", ASK).await;
    upstream.call().await.close().await;
    tokio::select! {
        reply = client.reply() => assert_eq!(reply.error(), (502, "upstream_closed".to_owned())),
        _ = upstream.call() => panic!("it was tried twice"),
    }
}

#[tokio::test]
async fn a_call_of_which_a_byte_was_answered_is_not_tried_afresh() {
    let (upstream, gateway) = between("openai").await;
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", "", ASK).await;
    let mut call = upstream.call().await;
    call.write(json_reply("200 OK", ANSWER)).await;
    assert_eq!(client.reply().await.status, 200);
    client.post("/chat", "", ASK).await;
    let mut call = call.next().await.unwrap();
    call.write("H").await;
    call.close().await;
    assert_eq!(client.reply().await.error(), (502, "upstream_closed".to_owned()));
}

#[tokio::test]
async fn clients_keep_their_connections() {
    let (upstream, gateway) = between("openai").await;
    let mut client = Client::connect(gateway.addr()).await;
    for _ in 0..3 {
        client.post("/elsewhere", "", &"x".repeat(100_000)).await;
        assert_eq!(client.reply().await.status, 404);
    }
    client.post("/chat", "", ASK).await;
    upstream.call().await.write(json_reply("200 OK", ANSWER)).await;
    assert_eq!(client.reply().await.status, 200);
}

#[tokio::test]
async fn a_shutdown_lets_calls_finish() {
    let (upstream, gateway) = between("openai").await;
    let address = gateway.addr();
    let mut idle = Client::connect(address).await;
    idle.post("/elsewhere", "", "").await;
    idle.reply().await;
    let mut client = Client::connect(address).await;
    client.post("/chat", "", ASK_STREAM).await;
    let mut call = upstream.call().await;
    call.begin_stream().await;
    client.head().await;
    let stream = async {
        // Whoever is idle is let go at once, and nobody new is let in.
        idle.gone().await;
        while tokio::net::TcpStream::connect(address).await.is_ok() {}
        call.chunk(format!("{}{DONE}", event("Hi"))).await;
        call.end_stream().await;
        while !client.line().await.contains("[DONE]") {}
        client.gone().await;
    };
    let ((), ()) = tokio::join!(gateway.shutdown(), stream);
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_ever() {
    let upstream = Upstream::listen().await;
    let gateway =
        Setup::new("openai", upstream.addr).limits(|limits| limits.drain = Duration::from_millis(50)).start();
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", "", ASK_STREAM).await;
    let call = upstream.call().await;
    timeout(Duration::from_secs(60), gateway.shutdown()).await.expect("an end");
    call.gone().await;
    client.gone().await;
}

#[tokio::test]
async fn dropping_a_gateway_stops_it() {
    let (upstream, gateway) = between("openai").await;
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", "", ASK).await;
    let call = upstream.call().await;
    drop(gateway);
    call.gone().await;
    client.gone().await;
}

/// Two calls on one connection, the second of which is closed when all of it was read; says how that ended, and whether another one came after that.
async fn closed_on(setup: impl FnOnce(Setup) -> Setup) -> (u16, bool) {
    let upstream = Upstream::listen().await;
    let gateway = setup(Setup::new("openai", upstream.addr)).start();
    let answer = async {
        let mut call = upstream.call().await;
        call.write(json_reply("200 OK", ANSWER)).await;
        call.next().await.expect("a second call on the same connection").close().await;
    };
    let mut calls = std::pin::pin!(async {
        chat(&gateway, ASK).await;
        chat(&gateway, ASK).await.status
    });
    tokio::select! {
        () = answer => (),
        status = &mut calls => return (status, false),
    }
    tokio::select! {
        mut again = upstream.call() => again.write(json_reply("200 OK", ANSWER)).await,
        status = &mut calls => return (status, false),
    }
    (calls.await, true)
}

#[tokio::test]
async fn what_may_have_been_done_is_sent_again_only_where_the_file_says_nothing_of_it() {
    assert_eq!(closed_on(|setup| setup).await, (200, true));
    let several = |setup: Setup| Setup::among(&[setup.plugin], &json!({"retries": 3}));
    assert_eq!(closed_on(several).await, (502, false));
}

//! Laws of streams: whatever the upstream and the network do, the client gets all of it, or is told.

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::future::join_all;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use super::upstream::{Call, DONE, anthropic, event};
use super::*;

/// Streams `wire` through the gateway; `write` brings it to the upstream's socket.
async fn stream(provider: &str, head: &str, write: impl AsyncFnOnce(&mut Call)) -> client::Reply {
    let (upstream, gateway) = between(provider).await;
    let answer = async {
        let mut call = upstream.call().await;
        call.write(format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n{head}\r\n")).await;
        write(&mut call).await;
        call.close().await;
    };
    let (reply, ()) = tokio::join!(chat(&gateway, ASK_STREAM), answer);
    reply
}

const CHUNKED: &str = "transfer-encoding: chunked\r\n";

#[tokio::test]
async fn how_the_bytes_are_cut_changes_nothing() {
    let wire = anthropic(&["Grüße, ", "日本 🎉", "\n", "end"]);
    let expected = "Grüße, 日本 🎉\nend";
    for size in [1, 2, 3, 7, 64, 500, wire.len()] {
        let chunks = stream("anthropic", CHUNKED, async |call| {
            for piece in wire.as_bytes().chunks(size) {
                call.chunk(piece).await;
            }
            call.end_stream().await;
        });
        let reply = chunks.await;
        assert_eq!((reply.status, reply.content().as_str(), reply.complete), (200, expected, true), "{size}");
        assert_eq!(reply.events().last(), Some(&"[DONE]"));
    }
}

#[tokio::test]
async fn one_byte_a_write_is_enough() {
    let mut wire = Vec::new();
    for part in anthropic(&["ä", "🎉"]).as_bytes().chunks(11) {
        wire.extend_from_slice(format!("{:x};x=y\r\n", part.len()).as_bytes());
        wire.extend_from_slice(part);
        wire.extend_from_slice(b"\r\n");
    }
    wire.extend_from_slice(b"0\r\nx-trailer: 1\r\n\r\n");
    let reply = stream("anthropic", CHUNKED, async |call| {
        for byte in &wire {
            call.write([*byte]).await;
            tokio::task::yield_now().await;
        }
    });
    let reply = reply.await;
    assert_eq!((reply.content().as_str(), reply.events().last()), ("ä🎉", Some(&"[DONE]")));
}

#[tokio::test]
async fn a_body_may_end_with_its_connection_or_by_its_length() {
    let wire = format!("{}{DONE}", event("Hi"));
    for head in ["", "connection: close\r\n", &format!("content-length: {}\r\n", wire.len())] {
        let reply = stream("openai", head, async |call| call.write(&wire).await).await;
        assert_eq!((reply.text(), reply.complete), (wire.as_str(), true), "{head}");
    }
}

#[tokio::test]
async fn openais_own_stream_passes_byte_for_byte() {
    let wire = format!(": hello\n\n{}data: {{\"choices\": [], \"new\": 1.10}}\n\n{DONE}", event("\u{1F389}"));
    let reply = stream("openai", CHUNKED, async |call| {
        call.chunk(&wire).await;
        call.end_stream().await;
    });
    let reply = reply.await;
    assert_eq!(reply.text(), wire);
    assert_eq!(reply.field("content-type"), Some("text/event-stream; charset=utf-8"));
}

#[tokio::test]
async fn events_arrive_when_they_are_sent() {
    let (upstream, gateway) = between("openai").await;
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", "", ASK_STREAM).await;
    let mut call = upstream.call().await;
    call.begin_stream().await;
    assert_eq!(client.head().await.status, 200);
    for text in ["one", "two", "three"] {
        // The next one is not sent before this one has come.
        call.chunk(event(text)).await;
        while !client.line().await.contains(text) {}
    }
}

#[tokio::test]
async fn gzip_is_undone_event_by_event() {
    let (upstream, gateway) = between("openai").await;
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", "accept-encoding: gzip\r\n", ASK_STREAM).await;
    let mut call = upstream.call().await;
    assert_eq!(call.field("accept-encoding"), Some("identity"));
    call.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip\r\n\r\n").await;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    for text in [event("one"), event("two"), DONE.to_owned()] {
        gzip.write_all(text.as_bytes()).unwrap();
        gzip.flush().unwrap();
        call.write(std::mem::take(gzip.get_mut())).await;
        while !client.line().await.contains(text.trim()) {}
    }
}

#[tokio::test]
async fn a_cut_stream_ends_in_an_error_and_no_done() {
    for provider in ["openai", "anthropic"] {
        let wire = if provider == "openai" { event("Hi") } else { anthropic(&["Hi"])[..600].to_owned() };
        let whole_chunk = stream(provider, CHUNKED, async |call| call.chunk(&wire).await).await;
        let in_a_chunk =
            stream(provider, CHUNKED, async |call| call.write(format!("fff\r\n{wire}")).await).await;
        let ended = stream(provider, CHUNKED, async |call| {
            call.chunk(&wire).await;
            call.end_stream().await;
        });
        let closed = stream(provider, "", async |call| call.write(&wire).await).await;
        for (reply, code) in [
            (whole_chunk, "upstream_closed"),
            (in_a_chunk, "upstream_closed"),
            (ended.await, "upstream_truncated"),
            (closed, "upstream_truncated"),
        ] {
            assert_eq!((reply.status, reply.last_error().as_str()), (200, code), "{}", reply.text());
        }
    }
}

#[tokio::test]
async fn a_reset_stream_ends_in_an_error_too() {
    let (upstream, gateway) = between("openai").await;
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", "", ASK_STREAM).await;
    let mut call = upstream.call().await;
    call.begin_stream().await;
    call.chunk(event("Hi")).await;
    let mut reply = client.head().await;
    while !client.line().await.contains("Hi") {}
    call.reset();
    reply.complete = true;
    while !matches!(reply.body.as_slice(), [.., b'}', b'\n', b'\n']) {
        let line = client.line().await;
        assert!(!line.is_empty(), "{}", reply.text());
        if line.starts_with("data:") {
            reply.body.extend_from_slice(format!("{}\n\n", line.trim()).as_bytes());
        }
    }
    assert_eq!(reply.last_error(), "upstream_closed");
}

#[tokio::test]
async fn broken_chunks_end_in_an_error() {
    let reply = stream("openai", CHUNKED, async |call| {
        call.chunk(event("Hi")).await;
        call.write("zz\r\nno\r\n").await;
    });
    assert_eq!(reply.await.last_error(), "upstream_invalid_reply");
}

#[tokio::test]
async fn silence_ends_in_an_error() {
    let upstream = Upstream::listen().await;
    let gateway = Setup::new("openai", upstream.addr).service("read_timeout", 2_000).start();
    let answer = async {
        let mut call = upstream.call().await;
        call.begin_stream().await;
        call.chunk(event("Hi")).await;
        call.gone().await;
    };
    let (reply, ()) = tokio::join!(chat(&gateway, ASK_STREAM), answer);
    assert_eq!((reply.events().len(), reply.last_error().as_str()), (2, "upstream_timeout"));
}

#[tokio::test]
async fn a_call_ends_though_its_stream_does_not() {
    for pause in [Duration::from_millis(5), Duration::ZERO] {
        let upstream = Upstream::listen().await;
        let gateway =
            Setup::new("openai", upstream.addr).limits(|limits| limits.call = Duration::from_secs(2)).start();
        let answer = async {
            let mut call = upstream.call().await;
            call.begin_stream().await;
            let text = event("more ");
            let chunk =
                format!("{:x}\r\n{text}\r\n", text.len()).repeat(if pause.is_zero() { 1000 } else { 1 });
            while call.socket.write_all(chunk.as_bytes()).await.is_ok() {
                tokio::time::sleep(pause).await;
            }
        };
        let (reply, ()) = tokio::join!(chat(&gateway, ASK_STREAM), answer);
        assert_eq!(reply.last_error(), "upstream_timeout");
        assert!(reply.text().ends_with("}\n\n") && reply.text().contains("the call took more than 2s"));
    }
}

#[tokio::test]
async fn done_is_done_though_the_connection_lingers() {
    let (upstream, gateway) = between("openai").await;
    let answer = async {
        let mut call = upstream.call().await;
        call.begin_stream().await;
        call.chunk(format!("{}{DONE}", event("Hi"))).await;
        // Neither the last chunk nor an end.
        call
    };
    let (reply, call) = tokio::join!(chat(&gateway, ASK_STREAM), answer);
    assert!(reply.complete && reply.text().ends_with(DONE));
    call.gone().await;
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_call_along() {
    for (ask, head_first) in [(ASK_STREAM, true), (ASK_STREAM, false), (ASK, false)] {
        let (upstream, gateway) = between("openai").await;
        let mut client = Client::connect(gateway.addr()).await;
        client.post("/chat", "", ask).await;
        let mut call = upstream.call().await;
        if head_first {
            call.begin_stream().await;
            call.chunk(event("Hi")).await;
            client.head().await;
        }
        drop(client);
        timeout(Duration::from_secs(60), call.gone()).await.expect("the upstream's connection is closed");
    }
}

#[tokio::test]
async fn a_slow_client_slows_its_upstream() {
    /// Far less than what is offered, and far more than all buffers of gateway and system.
    const BOUND: usize = 24 << 20;
    let (upstream, gateway) = between("openai").await;
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", "", ASK_STREAM).await;
    let mut call = upstream.call().await;
    socket2::SockRef::from(&call.socket).set_send_buffer_size(64 << 10).unwrap();
    socket2::SockRef::from(&client.socket).set_recv_buffer_size(64 << 10).unwrap();
    call.begin_stream().await;
    client.head().await;
    let text = event(&"x".repeat(16 << 10));
    let chunk = format!("{:x}\r\n{text}\r\n", text.len());
    let mut offered = 0;
    while offered < 4 * BOUND {
        match timeout(Duration::from_millis(300), call.write(&chunk)).await {
            Ok(()) => offered += chunk.len(),
            Err(_) => break,
        }
    }

    assert!(offered < BOUND, "{offered} bytes were taken for a client that reads nothing");
}

#[tokio::test]
async fn parallel_streams_do_not_mix() {
    const STREAMS: usize = 200;
    let upstream = Upstream::listen().await;
    let gateway = Setup { threads: 2, ..Setup::new("openai", upstream.addr) }.start();
    let address = gateway.addr();
    let clients = join_all((0..STREAMS).map(|index| async move {
        let ask = ASK_STREAM.replace("Hello", &format!("mark-{index}-"));
        let reply = Client::connect(address).await.chat(&ask).await;
        (index, reply)
    }));
    let answers = async {
        let calls = join_all((0..STREAMS).map(|_| upstream.call())).await;
        join_all(calls.into_iter().map(|mut call| async move {
            let body = String::from_utf8(std::mem::take(&mut call.body)).unwrap();
            let mark = body.split("mark-").nth(1).unwrap().split('-').next().unwrap().to_owned();
            call.begin_stream().await;
            for piece in 0..20 {
                call.chunk(event(&format!("{mark}.{piece} "))).await;
                tokio::task::yield_now().await;
            }
            call.chunk(DONE).await;
            call.end_stream().await;
        }))
        .await;
    };
    let (replies, ()) = tokio::join!(clients, answers);
    for (index, reply) in replies {
        let expected: String = (0..20).map(|piece| format!("{index}.{piece} ")).collect();
        assert_eq!(reply.content(), expected);
    }
}

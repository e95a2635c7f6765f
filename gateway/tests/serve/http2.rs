//! Clients that speak HTTP/2 without TLS, from their first byte on.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::upstream::{DONE, event};
use super::*;

async fn connect(gateway: &Gateway) -> SendRequest<Full<Bytes>> {
    let socket = tokio::net::TcpStream::connect(gateway.addr()).await.unwrap();
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(socket)).await.unwrap();
    tokio::spawn(connection);
    sender
}

fn ask(body: &str) -> Request<Full<Bytes>> {
    Request::post("http://gateway/chat").body(Full::new(body.to_owned().into())).unwrap()
}

async fn text(response: Response<Incoming>) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn calls_share_a_connection() {
    let (upstream, gateway) = between("openai").await;
    let sender = connect(&gateway).await;
    let replies = join_all((0..20).map(|_| {
        let mut sender = sender.clone();
        async move { sender.send_request(ask(ASK)).await.unwrap() }
    }));
    let answers =
        join_all((0..20).map(|_| async { upstream.call().await.write(json_reply("200 OK", ANSWER)).await }));
    let (replies, _) = tokio::join!(replies, answers);
    for reply in replies {
        assert_eq!((reply.status().as_u16(), text(reply).await.as_str()), (200, ANSWER));
    }
}

#[tokio::test]
async fn a_stream_comes_as_it_is_sent() {
    let (upstream, gateway) = between("openai").await;
    let mut sender = connect(&gateway).await;
    let answer = async {
        let mut call = upstream.call().await;
        call.begin_stream().await;
        call
    };
    let (reply, mut call) = tokio::join!(sender.send_request(ask(ASK_STREAM)), answer);
    let mut body = reply.unwrap().into_body();
    for text in [event("one"), event("two"), DONE.to_owned()] {
        call.chunk(&text).await;
        let data = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(data, text);
    }
    call.end_stream().await;
    assert!(body.frame().await.is_none());
}

#[tokio::test]
async fn a_client_that_resets_its_stream_takes_its_call_along() {
    let (upstream, gateway) = between("openai").await;
    let mut sender = connect(&gateway).await;
    let mut other = sender.clone();
    for stream in [false, true] {
        let reply = sender.send_request(ask(ASK_STREAM));
        let mut reply = Box::pin(reply);
        let mut call = tokio::select! {
            _ = &mut reply => panic!("nothing was answered yet"),
            call = upstream.call() => call,
        };
        if stream {
            call.begin_stream().await;
            drop(reply.await.unwrap());
        } else {
            drop(reply);
        }
        timeout(Duration::from_secs(60), call.gone()).await.expect("the upstream's connection is closed");
    }
    let answer = async { upstream.call().await.write(json_reply("200 OK", ANSWER)).await };
    let (reply, ()) = tokio::join!(other.send_request(ask(ASK)), answer);
    assert_eq!(reply.unwrap().status(), 200, "the other streams of the connection go on");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let gateway =
        Setup::new("openai", "127.0.0.1:1".parse().unwrap()).set("/max_request_body_size", 1000).start();
    let mut sender = connect(&gateway).await;
    let reply = sender.send_request(ask(&"x".repeat(200_000))).await.unwrap();
    assert_eq!(reply.status(), 413);
    assert!(text(reply).await.contains("request_too_large"));
}

#[tokio::test]
async fn a_shutdown_lets_streams_finish() {
    let (upstream, gateway) = between("openai").await;
    let mut sender = connect(&gateway).await;
    let answer = async {
        let mut call = upstream.call().await;
        call.begin_stream().await;
        call
    };
    let (reply, mut call) = tokio::join!(sender.send_request(ask(ASK_STREAM)), answer);
    let finish = async {
        call.chunk(DONE).await;
        call.end_stream().await;
        text(reply.unwrap()).await
    };
    let ((), text) = tokio::join!(gateway.shutdown(), finish);
    assert_eq!(text, DONE);
}

/// A client of HTTP/2 in bytes, for what no library would do: <https://www.rfc-editor.org/rfc/rfc9113#section-4.1>.
struct Frames(tokio::net::TcpStream);

/// A frame: its type, its stream, its payload.
type Frame = (u8, u32, Vec<u8>);

const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;

impl Frames {
    async fn connect(gateway: &Gateway) -> Self {
        let mut socket = tokio::net::TcpStream::connect(gateway.addr()).await.unwrap();
        socket.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        let mut client = Self(socket);
        client.write(SETTINGS, 0, 0, &[]).await;
        client
    }

    async fn write(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
        self.0.write_all(&[&head, payload].concat()).await.unwrap();
    }

    /// Begins a call whose body is still to come.
    async fn begin(&mut self, stream: u32) {
        const END_HEADERS: u8 = 4;
        // Of the static table, <https://www.rfc-editor.org/rfc/rfc7541#appendix-A>: POST, http, and names with values of our own.
        let mut block = vec![0x83, 0x86];
        for (name, value) in [(0x04, "/chat"), (0x01, "gateway")] {
            block.extend([name, u8::try_from(value.len()).unwrap()]);
            block.extend(value.bytes());
        }
        self.write(HEADERS, END_HEADERS, stream, &block).await;
    }

    /// The next frame of a kind.
    async fn next(&mut self, wanted: u8) -> Frame {
        loop {
            let mut head = [0; 9];
            self.0.read_exact(&mut head).await.unwrap();
            let [a, b, c, kind, _, stream @ ..] = head;
            let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
            self.0.read_exact(&mut payload).await.unwrap();
            if kind == wanted {
                return (kind, u32::from_be_bytes(stream), payload);
            }
        }
    }
}

#[tokio::test]
async fn streams_at_once_are_limited() {
    const MAX_CONCURRENT_STREAMS: [u8; 2] = [0, 3];
    const REFUSED: [u8; 4] = [0, 0, 0, 7];
    const CANCEL: [u8; 4] = [0, 0, 0, 8];
    let upstream = Upstream::listen().await;
    let gateway = Setup::new("openai", upstream.addr).limits(|limits| limits.streams = 2).start();
    let mut client = Frames::connect(&gateway).await;
    let (_, _, settings) = client.next(SETTINGS).await;
    let told = settings.chunks_exact(6).find(|setting| setting[..2] == MAX_CONCURRENT_STREAMS);
    assert_eq!(told.unwrap()[2..], [0, 0, 0, 2]);
    // One that does not care.
    for stream in [1, 3, 5] {
        client.begin(stream).await;
    }
    assert_eq!(client.next(RESET).await, (RESET, 5, REFUSED.to_vec()), "it may be asked again");
    // Where one has ended, another may begin.
    client.write(RESET, 0, 1, &CANCEL).await;
    client.begin(7).await;
    client.write(0, 1, 7, ASK.as_bytes()).await;
    upstream.call().await.write(json_reply("200 OK", ANSWER)).await;
    assert_eq!(client.next(HEADERS).await.1, 7);
}

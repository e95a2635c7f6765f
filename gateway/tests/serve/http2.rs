//! Clients that speak HTTP/2 without TLS, from their first byte on.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
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
        timeout(Duration::from_secs(5), call.gone()).await.expect("the upstream's connection is closed");
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

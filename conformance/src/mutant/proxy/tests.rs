//! Laws of the proxy, between a client and a server that says what the test gives it, in pieces.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::client::{Client, Target, Transcript};
use crate::report::model::End;

/// Answers every connection with these bytes, so many at a time, and hangs up. Gives its address.
async fn server(reply: Vec<u8>, size: usize) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            let mut request = Vec::new();
            // To its end: who closes on what is not read resets the connection.
            while !request.ends_with(b"\r\n\r\n") {
                if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
                    break;
                }
            }
            for piece in reply.chunks(size) {
                let _ = stream.write_all(piece).await;
                tokio::task::yield_now().await;
            }
        }
    });
    format!("http://{addr}")
}

async fn call(reply: Vec<u8>, size: usize, mutants: Vec<Mutant>, path: &str) -> Transcript {
    let proxy = Proxy::start(Side::Front, mutants).unwrap();
    let url = proxy.before(&server(reply, size).await);
    let target = Target { method: "POST".into(), path: path.into(), ..Target::default() };
    Client::new(&url).unwrap().call(&target, Duration::from_secs(60)).await
}

fn mutant(changes: &'static [Change]) -> Vec<Mutant> {
    vec![Mutant { id: "test", requirement: "none", breaks: "", plays: &[], changes }]
}

fn with_length(content_type: &str, body: &[u8]) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn chunked(body: &[u8]) -> Vec<u8> {
    let mut reply =
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for piece in body.chunks(5) {
        reply.extend(format!("{:x}\r\n", piece.len()).bytes());
        reply.extend(piece);
        reply.extend(b"\r\n");
    }
    reply.extend(b"0\r\n\r\n");
    reply
}

#[tokio::test]
async fn bytes_pass_unchanged_without_a_rewrite() {
    let body: Vec<u8> = (0..=255).cycle().take(10_000).collect();
    for size in [7, 20_000] {
        let reply = with_length("application/vnd.amazon.eventstream", &body);
        let transcript = call(reply, size, Vec::new(), "/any").await;
        assert_eq!((transcript.status, transcript.end), (Some(200), End::Complete));
        assert_eq!(transcript.body(), body);
        assert_eq!(transcript.header("content-type"), Some("application/vnd.amazon.eventstream"));
    }
}

#[tokio::test]
async fn a_binary_body_is_no_rewrites_business() {
    let edit = mutant(&[Change::Reply(|reply| {
        reply.json(|body| *body = json!("gone"));
        reply.events(Vec::clear);
    })]);
    let body = [0, 159, 146, 150, b'\n', b'\n'];
    let transcript = call(with_length("application/octet-stream", &body), 100, edit, "/m0/any").await;
    assert_eq!(transcript.body(), body);
}

#[tokio::test]
async fn events_are_rewritten_wherever_they_were_cut() {
    let body = b"data: {\"n\":1}\n\ndata: {\"n\":2}\n\ndata: [DONE]\n\n";
    let twice = || {
        mutant(&[Change::Reply(|reply| {
            reply.objects(|event| event["n"] = json!(event["n"].as_i64().unwrap() * 10));
        })])
    };
    for size in [1, 3, 1000] {
        let transcript = call(chunked(body), size, twice(), "/m0/any").await;
        let text = String::from_utf8(transcript.body()).unwrap();
        assert_eq!(text, "data: {\"n\":10}\n\ndata: {\"n\":20}\n\ndata: [DONE]\n\n");
    }
}

#[tokio::test]
async fn another_mutants_request_is_left_alone() {
    let edit = mutant(&[Change::Reply(|reply| reply.status = 500)]);
    let transcript = call(with_length("text/plain", b"x"), 100, edit, "/m1/any").await;
    assert_eq!(transcript.status, Some(200));
}

#[tokio::test]
async fn a_reply_that_breaks_off_breaks_off_behind_the_proxy() {
    let mut reply = with_length("text/plain", &[b'x'; 100]);
    reply.truncate(reply.len() - 50);
    for changes in [mutant(&[]), mutant(&[Change::Reply(|_| {})])] {
        let transcript = call(reply.clone(), 1000, changes, "/m0/any").await;
        assert_eq!((transcript.status, transcript.end), (Some(200), End::Truncated));
        assert_eq!(transcript.body().len(), 50);
    }
}

#[tokio::test]
async fn a_body_may_end_without_its_end() {
    let transcript =
        call(chunked(b"data: x\n\n"), 1000, mutant(&[Change::Wire(Wire::Unended)]), "/m0/any").await;
    assert_eq!(transcript.end, End::Truncated);
    assert_eq!(transcript.body(), b"data: x\n\n");
}

#[tokio::test]
async fn what_is_held_back_comes_in_one_piece() {
    let transcript =
        call(chunked(b"data: abcdefghijkl\n\n"), 3, mutant(&[Change::Wire(Wire::Hold(1))]), "/m0/any").await;
    assert!(transcript.pieces.len() <= 2, "{:?}", transcript.pieces);
    assert_eq!(transcript.body(), b"data: abcdefghijkl\n\n");
}

//! Several targets behind one route: which one answers, and who answers when that one fails.

use serde_json::json;

use super::{ANSWER, ASK, ASK_STREAM, Setup, chat, json_reply, plugin};
use crate::serve::upstream::Upstream;

/// An address at which nobody listens.
async fn nobody() -> std::net::SocketAddr {
    Upstream::listen().await.addr
}

#[tokio::test]
async fn who_cannot_be_reached_is_left_for_another() {
    let (gone, upstream) = (nobody().await, Upstream::listen().await);
    let targets = [gone, upstream.addr].map(|addr| plugin("openai", &format!("http://{addr}"))).to_vec();
    let gateway = Setup::among(&targets, &json!({"retries": 1})).start();
    let answer = async {
        for _ in 0..4 {
            let mut call = upstream.call().await;
            call.write(&json_reply("200 OK", ANSWER)).await;
            call.close().await;
        }
    };
    let calls = async {
        for _ in 0..4 {
            assert_eq!(chat(&gateway, ASK).await.status, 200);
        }
    };
    tokio::join!(answer, calls);
}

#[tokio::test]
async fn another_provider_answers_when_a_stream_breaks_before_it_begins() {
    let (first, second) = (Upstream::listen().await, Upstream::listen().await);
    let targets = [
        plugin("anthropic", &format!("http://{}", first.addr)),
        plugin("openai", &format!("http://{}", second.addr)),
    ];
    let balancer = json!({"retries": 1, "failover_criteria": ["error", "non_idempotent"]});
    let gateway = Setup::among(&targets, &balancer).start();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let answers = async {
        let mut call = first.call().await;
        call.write(head.as_bytes()).await;
        call.close().await;
        let mut call = second.call().await;
        let chunk = r#"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}"#;
        call.write(format!("{head}data: {chunk}\n\ndata: [DONE]\n\n").as_bytes()).await;
        call.close().await;
    };
    let (reply, ()) = tokio::join!(chat(&gateway, ASK_STREAM), answers);
    assert_eq!(reply.status, 200);
    let text = reply.text();
    assert!(text.contains("Hi") && text.ends_with("data: [DONE]\n\n"), "{text}");
    assert!(!text.contains("error"), "{text}");
}

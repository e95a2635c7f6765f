//! Clients of Anthropic's Messages API, in front of a provider that speaks something else.

use serde_json::{Value, json};

use super::client::{Client, Reply};
use super::upstream::Upstream;
use super::{ANSWER, Setup, json_reply, whole};

const JSON: &str = "content-type: application/json\r\n";
const PATH: &str = "/chat/v1/messages";

fn ask(more: &Value) -> String {
    let mut ask = json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]});
    ask.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    ask.to_string()
}

/// What reached the upstream.
struct Sent {
    head: String,
    body: Value,
}

/// One call, what of it reached the upstream, and what the client got.
async fn call(setup: impl FnOnce(Setup) -> Setup, ask: &str, reply: impl AsRef<[u8]>) -> (Sent, Reply) {
    let upstream = Upstream::listen().await;
    let setup = setup(Setup::new("openai", upstream.addr).set("/llm_format", "anthropic"));
    let gateway = setup.start();
    let mut client = Client::connect(gateway.addr()).await;
    client.post(PATH, &format!("{JSON}anthropic-version: 2023-06-01\r\nx-api-key: theirs\r\n"), ask).await;
    let mut call = upstream.call().await;
    call.write(reply.as_ref()).await;
    let sent = Sent { head: call.head.clone(), body: serde_json::from_slice(&call.body).unwrap() };
    call.close().await;
    (sent, client.reply().await)
}

/// A call that reaches no upstream.
async fn refused(setup: impl FnOnce(Setup) -> Setup, method: &str, path: &str, ask: &str) -> (u16, String) {
    let upstream = Upstream::listen().await;
    let gateway = setup(Setup::new("openai", upstream.addr).set("/llm_format", "anthropic")).start();
    let mut client = Client::connect(gateway.addr()).await;
    let length = ask.len();
    client
        .write(&format!("{method} {path} HTTP/1.1\r\nhost: h\r\n{JSON}content-length: {length}\r\n\r\n{ask}"))
        .await;
    client.reply().await.message_error()
}

fn event(data: &Value) -> String {
    format!("data: {data}\n\n")
}

fn chunk(delta: &Value, finish: &Value) -> String {
    event(&json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}))
}

#[tokio::test]
async fn a_message_is_answered_by_a_chat() {
    let (call, reply) = call(|setup| setup, &ask(&json!({"top_k": 5})), json_reply("200 OK", ANSWER)).await;
    assert_eq!(call.body["messages"], json!([{"role": "user", "content": "Hello"}]));
    assert!(call.head.starts_with("POST /v1/chat/completions "), "{}", call.head);
    assert!(!call.head.contains("theirs") && !call.head.contains("anthropic"), "{}", call.head);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json()["content"], json!([{"type": "text", "text": "Hi"}]));
    assert_eq!(reply.json()["usage"], json!({"input_tokens": 1, "output_tokens": 2}));
    assert_eq!(reply.field("x-touchstone-dropped"), Some("top_k"));
    assert_eq!(reply.field("x-kong-llm-model"), Some("openai/m"));
    assert!(reply.field("request-id").is_some() && reply.field("request-id") == reply.field("x-request-id"));
}

#[tokio::test]
async fn a_stream_comes_as_named_events_and_a_cut_one_ends_in_an_error() {
    let pieces = [
        chunk(&json!({"role": "assistant", "content": "H"}), &Value::Null),
        chunk(&json!({}), &json!("stop")),
    ];
    let stream =
        |end: &str| whole("200 OK\r\ncontent-type: text/event-stream", format!("{}{end}", pieces.concat()));
    let (asked, reply) =
        call(|setup| setup, &ask(&json!({"stream": true})), stream("data: [DONE]\n\n")).await;
    assert_eq!(asked.body["stream_options"], json!({"include_usage": true}));
    let names = |reply: &Reply| {
        let lines = reply.text().lines().filter_map(|line| line.strip_prefix("event: "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let begin = ["message_start", "content_block_start", "content_block_delta", "content_block_stop"];
    assert_eq!(names(&reply), [&begin[..], &["message_delta", "message_stop"]].concat());
    let (_, reply) = call(|setup| setup, &ask(&json!({"stream": true})), stream("")).await;
    assert_eq!(names(&reply).last().map(String::as_str), Some("error"));
    assert!(reply.complete && !reply.text().contains("stop_reason\":\""), "{}", reply.text());
}

#[tokio::test]
async fn a_providers_error_is_told_in_anthropics_words() {
    let body =
        r#"{"error":{"message":"slow down","type":"requests","param":null,"code":"rate_limit_exceeded"}}"#;
    for (status, expected) in
        [("429 Slow", (429, "rate_limit_error")), ("503 Busy", (529, "overloaded_error"))]
    {
        let (_, reply) = call(|setup| setup, &ask(&json!({})), json_reply(status, body)).await;
        assert_eq!(reply.message_error(), (expected.0, expected.1.to_owned()));
        assert_eq!(reply.json()["error"]["message"], "slow down");
    }
}

#[tokio::test]
async fn what_the_gateway_refuses_it_refuses_in_anthropics_words() {
    let invalid = (400, "invalid_request_error".to_owned());
    let model = |setup: Setup| setup.set("/model/name", "m");
    assert_eq!(
        refused(
            model,
            "POST",
            PATH,
            r#"{"model":"other","max_tokens":1,"messages":[{"role":"user","content":"x"}]}"#
        )
        .await,
        invalid
    );
    assert_eq!(refused(|setup| setup, "POST", PATH, "{").await, invalid);
    assert_eq!(
        refused(|setup| setup.tagged("touchstone-strict:true"), "POST", PATH, &ask(&json!({"top_k": 1})))
            .await,
        invalid
    );
    assert_eq!(refused(|setup| setup, "GET", PATH, "").await, (405, "invalid_request_error".to_owned()));
    let small = |setup: Setup| setup.set("/max_request_body_size", 9);
    assert_eq!(refused(small, "POST", PATH, &ask(&json!({}))).await, (413, "request_too_large".to_owned()));
}

/// Counting and batches are Anthropic's own: no other provider is asked for something else in their stead.
#[tokio::test]
async fn what_is_no_message_is_not_found() {
    for below in ["/count_tokens", "/batches", "/batches/b/results"] {
        let found = refused(|setup| setup, "POST", &format!("{PATH}{below}"), &ask(&json!({}))).await;
        assert_eq!(found, (404, "not_found_error".to_owned()), "{below}");
    }
}

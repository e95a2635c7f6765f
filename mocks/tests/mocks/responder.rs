//! The responder for wiremock answers as the mock does.

use mocks::script::{Failure, Fault, Kind, Reply, Script};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer};

use crate::client::{self, Reply as Seen};
use crate::fold;
use crate::scripts::question;

async fn ask(server: &MockServer, path: &str, headers: &[(&str, &str)], body: &str) -> Seen {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(&client::request("POST", path, headers, body.as_bytes())).await.unwrap();
    client::read(&mut stream, &mut Vec::new()).await
}

#[tokio::test]
async fn wiremock_answers_natively() {
    for (provider, path) in [("openai", "/v1/chat/completions"), ("anthropic", "/v1/messages")] {
        let server = MockServer::start().await;
        let script = Script::new("[[w]]", Reply::text(["Hel", "lo"]));
        Mock::given(method("POST")).respond_with(mocks::responder(provider, script)).mount(&server).await;
        for stream in [false, true] {
            let body = question(provider, "[[w]]", stream).to_string();
            let seen = ask(&server, path, &client::headers(provider), &body).await;
            let said = if stream { fold::stream(provider, &seen) } else { fold::whole(provider, &seen) };
            assert_eq!((seen.status, said[0].text.as_str()), (200, "Hello"), "{}", seen.text());
            assert_eq!(crate::replies::violations(provider, None, &seen, stream), Vec::<String>::new());
        }
        let denied = ask(&server, path, &[("anthropic-version", "2023-06-01")], "{}").await;
        assert_eq!(denied.status, 401);
    }
}

#[tokio::test]
async fn wiremock_says_errors_and_broken_bodies_too() {
    let server = MockServer::start().await;
    let fault = Fault { html: true, status: Some(503), ..Fault::default() };
    let replies =
        vec![Reply::error(Failure::new(Kind::RateLimit, "slow")), Reply::default().with_fault(fault)];
    let script = Script { replies, ..Script::default() };
    Mock::given(method("POST")).respond_with(mocks::responder("openai", script)).mount(&server).await;
    let body = question("openai", "", false).to_string();
    let limited = ask(&server, "/v1/chat/completions", &client::headers("openai"), &body).await;
    assert_eq!((limited.status, limited.json()["error"]["message"].clone()), (429, json!("slow")));
    let page = ask(&server, "/v1/chat/completions", &client::headers("openai"), &body).await;
    assert_eq!((page.status, page.header("content-type")), (503, Some("text/html")));
}

#[tokio::test]
async fn wiremock_waits_as_long_as_the_fault_says() {
    let server = MockServer::start().await;
    let fault = Fault { latency_ms: Some(30), first_token_ms: Some(20), ..Fault::default() };
    let script = Script { replies: vec![Reply::text(["t"]).with_fault(fault)], ..Script::default() };
    Mock::given(method("POST")).respond_with(mocks::responder("openai", script)).mount(&server).await;
    let asked = std::time::Instant::now();
    let body = question("openai", "", false).to_string();
    assert_eq!(ask(&server, "/v1/chat/completions", &client::headers("openai"), &body).await.status, 200);
    // A timer may be late, never early: only the lower bound says something.
    assert!(asked.elapsed() >= std::time::Duration::from_millis(50));
}

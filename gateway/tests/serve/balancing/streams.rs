//! Streams: another target may answer as long as the client has seen nothing, and none once it has.

use super::super::ASK_STREAM;
use super::super::upstream::{DONE, anthropic, event};
use super::*;

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";

fn criteria() -> Value {
    json!({"failover_criteria": ["error", "http_503", "timeout", "non_idempotent"], "retries": 1, "read_timeout": 2_000})
}

fn streams(text: &str) -> Does {
    Does::Says(format!("{HEAD}{text}").into_bytes())
}

fn well() -> Does {
    streams(&format!("{}{DONE}", event("well")))
}

#[tokio::test]
async fn before_the_first_byte_another_target_answers() {
    let overloaded =
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"no\"}}\n\n";
    for deed in [
        // No reply, a refusal, a head and nothing behind it, half an event, silence.
        Does::Says(Vec::new()),
        refuses("503 Service Unavailable"),
        streams(""),
        streams("data: {\"id\":\"chatcmpl-1\",\"obj"),
        Does::Hangs,
    ] {
        let (first, second) = (Server::doing([deed.clone()]).await, Server::doing([well()]).await);
        let gateway = before(&[&first, &second], &criteria());
        let reply = chat(&gateway, ASK_STREAM).await;
        assert_eq!((reply.status, reply.content().as_str()), (200, "well"), "{deed:?}");
        assert!(reply.complete && reply.text().ends_with(DONE) && !reply.text().contains("error"));
        assert_eq!((first.asked(), second.asked()), (1, 1));
    }
    // A provider's error event is as good as its status.
    let (first, second) = (Server::doing([streams(overloaded)]).await, Server::doing([well()]).await);
    let targets = [first.target("anthropic"), second.target("openai")];
    let gateway = Setup::among(&targets, &json!({"failover_criteria": ["http_500"], "retries": 1})).start();
    let reply = chat(&gateway, ASK_STREAM).await;
    assert_eq!((reply.status, reply.content().as_str()), (200, "well"));
}

#[tokio::test]
async fn after_the_first_byte_none_does() {
    // The beginning of an answer, and then a break, silence, or what is no event.
    let hello = event("Hello");
    for rest in ["", "data: {\"id\"", "data: nonsense\n\n"] {
        let first = Server::doing([streams(&format!("{hello}{rest}"))]).await;
        let second = Server::doing([well()]).await;
        let gateway = before(&[&first, &second], &criteria());
        let reply = chat(&gateway, ASK_STREAM).await;
        assert_eq!(reply.status, 200);
        assert!(reply.text().contains("Hello") && !reply.text().contains("well"), "{}", reply.text());
        reply.last_error();
        assert_eq!((first.asked(), second.asked()), (1, 0), "{rest}");
    }
}

#[tokio::test]
async fn a_stream_goes_on_at_another_provider() {
    let text = anthropic(&["from ", "another"]);
    let (first, second) =
        (Server::doing([refuses("503 Service Unavailable")]).await, Server::doing([streams(&text)]).await);
    let targets = [first.target("openai"), second.target("anthropic")];
    let gateway = Setup::among(&targets, &criteria()).start();
    let reply = chat(&gateway, ASK_STREAM).await;
    assert_eq!((reply.status, reply.content().as_str()), (200, "from another"));
    assert_eq!(reply.events().last(), Some(&"[DONE]"));
    // And the other way round.
    let (first, second) = (Server::doing([streams("")]).await, Server::doing([well()]).await);
    let targets = [first.target("anthropic"), second.target("openai")];
    let gateway = Setup::among(&targets, &criteria()).start();
    assert_eq!(chat(&gateway, ASK_STREAM).await.content(), "well");
}

#[tokio::test]
async fn without_another_target_what_fails_before_it_begins_has_a_status() {
    let server = Server::doing([streams("")]).await;
    let gateway = before(&[&server], &json!({"failover_criteria": ["error"]}));
    let reply = chat(&gateway, ASK_STREAM).await;
    assert_eq!(reply.error(), (502, "upstream_truncated".to_owned()));
}

#[tokio::test]
async fn a_target_that_breaks_off_every_stream_is_left() {
    let first = Server::doing([streams(&event("Hello"))]).await;
    let second = Server::doing([well()]).await;
    let balancer = json!({"max_fails": 2, "fail_timeout": 60_000});
    let gateway = before(&[&first, &second], &balancer);
    for _ in 0..10 {
        chat(&gateway, ASK_STREAM).await;
    }
    assert_eq!((first.asked(), second.asked()), (2, 8));
}

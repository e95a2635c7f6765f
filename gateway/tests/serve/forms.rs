//! Streams made of whole replies, and whole replies made of streams: where the provider has only the one, or is asked for it.

use super::upstream::{DONE, anthropic, event};
use super::*;

const EVENTS: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

/// One call whose upstream answers with `reply`; and what the upstream was asked.
async fn asked(
    setup: Setup,
    upstream: &Upstream,
    ask: &str,
    reply: impl AsRef<[u8]>,
) -> (Value, client::Reply) {
    let gateway = setup.start();
    let answer = async {
        let mut call = upstream.call().await;
        call.write(reply.as_ref()).await;
        serde_json::from_slice(&call.body).unwrap()
    };
    let (reply, asked) = tokio::join!(chat(&gateway, ask), answer);
    (asked, reply)
}

/// A stream as it goes over the wire.
fn stream(events: &str) -> String {
    format!("{EVENTS}{:x}\r\n{events}\r\n0\r\n\r\n", events.len())
}

#[tokio::test]
async fn a_client_that_waits_gets_a_stream_whole() {
    let upstream = Upstream::listen().await;
    let tag = "touchstone-upstream-streaming:always";
    let usage = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}}\n\n";
    let end = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    let events = format!("{}{}{end}{usage}{DONE}", event("Hi "), event("there"));
    let setup = Setup::new("openai", upstream.addr).tagged(tag);
    let (asked, reply) = asked(setup, &upstream, ASK, stream(&events)).await;
    assert_eq!((&asked["stream"], &asked["stream_options"]["include_usage"]), (&json!(true), &json!(true)));
    assert_eq!((reply.status, reply.field("content-type")), (200, Some("application/json")));
    let body = reply.json();
    assert_eq!(body["object"], "chat.completion");
    assert_eq!(body["choices"][0]["message"]["content"], "Hi there");
    assert_eq!(body["choices"][0]["finish_reason"], "stop");
    assert_eq!(body["usage"]["total_tokens"], 3);
}

#[tokio::test]
async fn a_client_that_does_not_wait_gets_a_whole_reply_as_events() {
    let upstream = Upstream::listen().await;
    let tag = "touchstone-upstream-streaming:never";
    let ask =
        ASK_STREAM.replace("\"stream\":true", "\"stream\":true,\"stream_options\":{\"include_usage\":true}");
    let setup = Setup::new("openai", upstream.addr).tagged(tag);
    let (asked, reply) = asked(setup, &upstream, &ask, json_reply("200 OK", ANSWER)).await;
    assert_eq!((&asked["stream"], asked.get("stream_options")), (&json!(false), None));
    assert_eq!(reply.field("content-type"), Some("text/event-stream; charset=utf-8"));
    assert_eq!(reply.field("cache-control"), Some("no-cache"));
    assert_eq!((reply.content().as_str(), reply.events().last()), ("Hi", Some(&"[DONE]")));
    assert!(reply.text().contains("\"total_tokens\":3"), "{}", reply.text());
}

#[tokio::test]
async fn a_provider_without_streams_is_not_asked_for_one() {
    let upstream = Upstream::listen().await;
    let answer = json_reply("200 OK", r#"{"data":[{"generated_text":"Right."}]}"#);
    for (streaming, ask) in [("allow", ASK_STREAM), ("always", ASK)] {
        let setup = Setup::new("llama2", upstream.addr)
            .set("/model/options/llama2_format", "raw")
            .set("/response_streaming", streaming);
        let (asked, reply) = asked(setup, &upstream, ask, &answer).await;
        assert_eq!(asked["parameters"]["stream"], false);
        assert_eq!(
            (reply.content().as_str(), reply.events().last()),
            ("Right.", Some(&"[DONE]")),
            "{streaming}"
        );
    }
}

/// Some servers have only the one form, whatever they are asked for.
#[tokio::test]
async fn the_other_form_is_known_by_its_media_type() {
    let upstream = Upstream::listen().await;
    let setup = || Setup::new("openai", upstream.addr);
    let (_, reply) = asked(setup(), &upstream, ASK_STREAM, json_reply("200 OK", ANSWER)).await;
    assert_eq!((reply.content().as_str(), reply.events().last()), ("Hi", Some(&"[DONE]")));

    let setup = || Setup::new("anthropic", upstream.addr);
    let (_, reply) = asked(setup(), &upstream, ASK, stream(&anthropic(&["Hi ", "there"]))).await;
    assert_eq!(reply.json()["choices"][0]["message"]["content"], "Hi there");

    let page = whole("200 OK\r\ncontent-type: text/html", "<html>");
    for ask in [ASK, ASK_STREAM] {
        let (_, reply) = asked(setup(), &upstream, ask, &page).await;
        assert_eq!(reply.error(), (502, "upstream_invalid_reply".to_owned()));
    }
}

/// As long as nothing was told, all that goes wrong has a status.
#[tokio::test]
async fn a_stream_that_fails_is_an_error_to_a_client_that_waits() {
    let upstream = Upstream::listen().await;
    let tag = "touchstone-upstream-streaming:always";
    let setup = || Setup::new("anthropic", upstream.addr).tagged(tag);
    let events = anthropic(&["Hi"]);
    let (cut, _) = events.split_once("event: message_delta").unwrap();
    let (_, reply) = asked(setup(), &upstream, ASK, stream(cut)).await;
    assert_eq!(reply.error(), (502, "upstream_truncated".to_owned()));
    let error = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    let (_, reply) =
        asked(setup(), &upstream, ASK, stream(&format!("{cut}event: error\ndata: {error}\n\n"))).await;
    assert_eq!((reply.status, &reply.json()["error"]["message"]), (503, &json!("Overloaded")));
    let setup = || setup().limits(|limits| limits.reply_bytes = 1000);
    let (_, reply) = asked(setup(), &upstream, ASK, stream(&anthropic(&["Hi"; 50]))).await;
    assert_eq!(reply.error(), (502, "upstream_reply_too_long".to_owned()));
}

/// A stream is over when its provider says so, though its connection is not.
#[tokio::test]
async fn a_client_that_waits_does_not_wait_for_the_connection() {
    let upstream = Upstream::listen().await;
    let gateway =
        Setup::new("anthropic", upstream.addr).tagged("touchstone-upstream-streaming:always").start();
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", "", ASK).await;
    let mut call = upstream.call().await;
    call.begin_stream().await;
    call.chunk(anthropic(&["Hi"])).await;
    assert_eq!(client.reply().await.json()["choices"][0]["message"]["content"], "Hi");
}

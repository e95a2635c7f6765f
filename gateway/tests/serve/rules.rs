//! Kong's rules on what is served, and the answers to what is not.

use super::upstream::{DONE, event};
use super::*;

/// An answer of the gateway itself, whose upstream is not there.
async fn refuse(setup: impl FnOnce(Setup) -> Setup, path: &str, fields: &str, body: &str) -> client::Reply {
    let gateway = setup(Setup::new("openai", "127.0.0.1:1".parse().unwrap())).start();
    let mut client = Client::connect(gateway.addr()).await;
    client.post(path, fields, body).await;
    client.reply().await
}

#[tokio::test]
async fn what_has_no_route_is_not_found() {
    let reply = refuse(|setup| setup, "/elsewhere", "", ASK).await;
    assert_eq!(reply.error(), (404, "route_not_found".to_owned()));
    assert_eq!(reply.json()["error"]["message"], "no Route matched with those values");
}

#[tokio::test]
async fn only_post_is_served() {
    let gateway = Setup::new("openai", "127.0.0.1:1".parse().unwrap()).start();
    for method in ["GET", "PUT", "DELETE", "OPTIONS"] {
        let mut client = Client::connect(gateway.addr()).await;
        client.write(&format!("{method} /chat HTTP/1.1\r\nhost: gateway\r\ncontent-length: 0\r\n\r\n")).await;
        let reply = client.reply().await;
        assert_eq!(reply.error(), (405, "method_not_allowed".to_owned()));
        assert_eq!(reply.field("allow"), Some("POST"));
    }
}

#[tokio::test]
async fn only_json_is_served() {
    for kind in ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"] {
        let reply = refuse(|setup| setup, "/chat", &format!("content-type: {kind}\r\n"), ASK).await;
        assert_eq!(reply.error(), (415, "unsupported_media_type".to_owned()), "{kind}");
    }
    let reply = refuse(|setup| setup, "/chat", "content-encoding: gzip\r\n", ASK).await;
    assert_eq!(reply.error().0, 415);
}

#[tokio::test]
async fn what_cannot_be_read_is_a_bad_request() {
    for body in ["", "{", "[]", "{}", r#"{"messages":[]}"#, "\u{feff}", "null"] {
        let reply = refuse(|setup| setup, "/chat", "", body).await;
        assert_eq!(reply.status, 400, "{body:?}: {}", reply.text());
        assert!(reply.json()["error"]["message"].is_string());
    }
}

#[tokio::test]
async fn a_client_does_not_choose_another_model() {
    let lock = |model: &str| ASK.replace("\"m\"", model);
    for fields in ["", "content-type: application/json\r\n"] {
        let reply = refuse(|setup| setup, "/chat", fields, &lock("\"other\"")).await;
        assert_eq!(reply.error(), (400, "model_not_allowed".to_owned()));
        assert_eq!(reply.json()["error"]["message"], "cannot use own model - must be: m");
        assert_eq!(reply.json()["error"]["param"], "model");
    }
    for own in ["\"m\"", "\"\"", "\"alias\""] {
        let reply =
            call(|setup| setup.set("/model/model_alias", "alias"), &lock(own), json_reply("200 OK", ANSWER))
                .await;
        assert_eq!(reply.status, 200, "{own}: {}", reply.text());
    }
}

#[tokio::test]
async fn streaming_is_allowed_denied_or_forced() {
    let reply = refuse(|setup| setup.set("/response_streaming", "deny"), "/chat", "", ASK_STREAM).await;
    assert_eq!(reply.error(), (400, "streaming_not_enabled".to_owned()));
    assert_eq!(reply.json()["error"]["message"], "response streaming is not enabled for this LLM");

    let upstream = Upstream::listen().await;
    let gateway = Setup::new("openai", upstream.addr).set("/response_streaming", "always").start();
    let answer = async {
        let mut call = upstream.call().await;
        assert_eq!(serde_json::from_slice::<Value>(&call.body).unwrap()["stream"], true);
        call.begin_stream().await;
        call.chunk(format!("{}{DONE}", event("Hi"))).await;
        call.end_stream().await;
    };
    let (reply, ()) = tokio::join!(chat(&gateway, ASK), answer);
    assert_eq!(reply.content(), "Hi");
}

#[tokio::test]
async fn the_model_header_can_be_switched_off() {
    let reply = call(|setup| setup.set("/model_name_header", false), ASK, json_reply("200 OK", ANSWER)).await;
    assert_eq!((reply.status, reply.field("x-kong-llm-model")), (200, None));
}

#[tokio::test]
async fn every_answer_has_its_request_id() {
    let reply = refuse(|setup| setup, "/elsewhere", "x-request-id: mine-1\r\n", ASK).await;
    assert_eq!(reply.field("x-request-id"), Some("mine-1"));
    let mut seen = Vec::new();
    for fields in ["", "", "x-request-id: \u{e9}\r\n", &format!("x-request-id: {}\r\n", "x".repeat(200))] {
        let reply = refuse(|setup| setup, "/elsewhere", fields, ASK).await;
        let id = reply.field("x-request-id").unwrap().to_owned();
        assert!(id.len() == 24 && !seen.contains(&id), "{id}");
        seen.push(id);
    }
}

#[tokio::test]
async fn templates_are_filled_in_from_the_request() {
    let upstream = Upstream::listen().await;
    let url = format!("http://{}/$(query_params.path)", upstream.addr);
    let gateway = Setup::new("openai", upstream.addr)
        .set("/model/name", "$(headers.x-model)-1")
        .set("/model/options/upstream_url", url)
        .start();
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat?path=a%2Fb", "x-model: gpt\r\n", &ASK.replace("\"m\"", "\"gpt-1\"")).await;
    let mut call = upstream.call().await;
    assert!(call.head.starts_with("POST /a/b HTTP/1.1\r\n"), "{}", call.head);
    assert_eq!(serde_json::from_slice::<Value>(&call.body).unwrap()["model"], "gpt-1");
    call.write(json_reply("200 OK", ANSWER)).await;
    assert_eq!(client.reply().await.field("x-kong-llm-model"), Some("openai/gpt-1"));

    client.post("/chat?path=a", "", ASK).await;
    let reply = client.reply().await;
    assert_eq!(reply.error(), (400, "template_unresolved".to_owned()));
    client.post("/chat?path=a%0D%0Ax:%20y", "x-model: gpt\r\n", &ASK.replace("\"m\"", "\"gpt-1\"")).await;
    assert_eq!(client.reply().await.error(), (400, "template_unresolved".to_owned()));
}

#[tokio::test]
async fn a_configured_path_stands_as_it_is() {
    let paths = [
        ("openai", "/proxy/chat", "/proxy/chat"),
        ("openai", "", "/v1/chat/completions"),
        ("openai", "/", "/v1/chat/completions"),
        ("anthropic", "/anthropic/v1/messages", "/anthropic/v1/messages"),
        ("bedrock", "", "/model/m/converse"),
        ("bedrock", "/bedrock", "/bedrock/model/m/converse"),
        ("bedrock", "/bedrock/model/m/converse-stream", "/bedrock/model/m/converse"),
    ];
    for (provider, configured, sent) in paths {
        let upstream = Upstream::listen().await;
        let url = format!("http://{}{configured}", upstream.addr);
        let gateway = Setup::new(provider, upstream.addr).set("/model/options/upstream_url", url).start();
        let mut client = Client::connect(gateway.addr()).await;
        client.post("/chat", "", ASK).await;
        let call = upstream.call().await;
        assert!(call.head.starts_with(&format!("POST {sent} HTTP/1.1\r\n")), "{configured}: {}", call.head);
    }
}

#[tokio::test]
async fn health_is_told() {
    let gateway = Setup::new("openai", "127.0.0.1:1".parse().unwrap()).start();
    for path in ["/status/live", "/status/ready"] {
        let mut client = Client::connect(gateway.addr()).await;
        client.write(&format!("GET {path} HTTP/1.1\r\nhost: gateway\r\n\r\n")).await;
        assert_eq!(client.reply().await.status, 200);
    }
}

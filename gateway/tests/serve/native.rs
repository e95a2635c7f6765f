//! Providers' own APIs for their own clients: not a byte is changed, and yet the gateway says where, as whom, and counts.

use super::log::Log;
use super::*;

const JSON: &str = "content-type: application/json\r\n";

/// A gateway whose clients speak the provider's own dialect.
async fn native(
    provider: &str,
    format: &str,
    setup: impl FnOnce(Setup) -> Setup,
) -> (Upstream, Gateway, Client) {
    let upstream = Upstream::listen().await;
    let made = Setup::new(provider, upstream.addr).set("/llm_format", format);
    let mut model = made.plugin["model"].clone();
    model.as_object_mut().unwrap().remove("name");
    model["options"].as_object_mut().unwrap().remove("max_tokens");
    let made = made.set("/model", model).set("/logging", json!({"log_statistics": true}));
    let gateway = setup(made).start();
    let client = Client::connect(gateway.addr()).await;
    (upstream, gateway, client)
}

#[tokio::test]
async fn not_a_byte_of_a_body_is_changed() {
    for (provider, format, path) in [
        ("anthropic", "anthropic", "/v1/messages"),
        ("anthropic", "anthropic", "/v1/messages/count_tokens"),
        ("cohere", "cohere", "/v2/rerank"),
        ("gemini", "gemini", "/v1beta/models/gemini-2.5-flash:generateContent?a=b"),
        ("huggingface", "huggingface", "/generate"),
        ("bedrock", "bedrock", "/model/us.anthropic.claude%3A0/converse"),
    ] {
        let (upstream, _gateway, mut client) = native(provider, format, |setup| setup).await;
        let ask = "{ \"model\" : \"m\",\n \"odd\": 1e400, \"odd\": \"\\u00e9\" }";
        client.post(&format!("/chat{path}"), JSON, ask).await;
        let mut call = upstream.call().await;
        assert!(call.head.starts_with(&format!("POST {path} HTTP/1.1\r\n")), "{provider}: {}", call.head);
        assert_eq!(String::from_utf8_lossy(&call.body), ask, "{provider}");
        assert!(provider == "bedrock" || call.head.contains(KEY), "{provider}: {}", call.head);
        let answer = "{ \"usage\" : null, \"type\":\"message\", \"n\": 12345678901234567890 }\n";
        call.write(json_reply("200 OK\r\nrequest-id: req_1", answer)).await;
        let reply = client.reply().await;
        assert_eq!((reply.text(), reply.field("request-id")), (answer, Some("req_1")), "{provider}");
    }
}

#[tokio::test]
async fn an_error_is_the_providers_own() {
    let (upstream, _gateway, mut client) = native("bedrock", "bedrock", |setup| setup).await;
    client.post("/chat/model/m/converse", JSON, "{}").await;
    let mut call = upstream.call().await;
    let body = r#"{"message":"Too many requests"}"#;
    call.write(json_reply("429 Too Many Requests\r\nx-amzn-errortype: ThrottlingException", body)).await;
    let reply = client.reply().await;
    assert_eq!((reply.status, reply.text()), (429, body));
    assert_eq!(reply.field("x-amzn-errortype"), Some("ThrottlingException"));
}

#[tokio::test]
async fn a_signature_is_made_over_what_the_client_sent() {
    let (upstream, _gateway, mut client) = native("bedrock", "bedrock", |setup| setup).await;
    let own = "authorization: AWS4-HMAC-SHA256 of-the-client\r\nx-amz-date: 19700101T000000Z\r\n\
               x-amzn-bedrock-trace: ENABLED\r\ncontent-type: application/json\r\n";
    client.post("/chat/model/a%3Ab/invoke-with-response-stream", own, "{}").await;
    let mut call = upstream.call().await;
    assert_eq!(call.field("x-amzn-bedrock-trace"), Some("ENABLED"));
    let signature = call.field("authorization").unwrap();
    assert!(signature.starts_with("AWS4-HMAC-SHA256 Credential=AKIATOUCHSTONE000001/"), "{signature}");
    assert!(!call.head.contains("of-the-client") && !call.head.contains("19700101T"), "{}", call.head);
    let frame = b"\x00\x00\x00\x10\x00\x00\x00\x00\x05\xc2\x48\xeb\x7d\x98\xc8\xff";
    let head = "200 OK\r\ncontent-type: application/vnd.amazon.eventstream";
    call.write(whole(head, frame)).await;
    let reply = client.reply().await;
    assert_eq!(reply.body, frame, "binary streams are not touched either");
    assert_eq!(reply.field("content-type"), Some("application/vnd.amazon.eventstream"));
}

#[tokio::test]
async fn a_stream_is_counted_as_it_passes() {
    let log = Log::shared();
    let (upstream, _gateway, mut client) = native("anthropic", "anthropic", |setup| setup).await;
    let ask = r#"{"model":"claude","stream":true}"#;
    client.post("/chat/v1/messages", &format!("{JSON}x-request-id: native-stream\r\n"), ask).await;
    let mut call = upstream.call().await;
    let events = upstream::anthropic(&["Hi"]);
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    call.write(head).await;
    call.chunk(&events).await;
    call.end_stream().await;
    assert_eq!(client.reply().await.text(), events);
    let line = log.line("native-stream").await;
    assert_eq!(
        (&line["ai.proxy.usage.prompt_tokens"], &line["ai.proxy.usage.completion_tokens"]),
        (&json!(5), &json!(7)),
        "{line}"
    );
    assert_eq!(line["ai.proxy.meta.request_mode"], "stream");
}

#[tokio::test]
async fn a_whole_reply_is_counted_too_and_one_that_cannot_be_read_passes() {
    let log = Log::shared();
    let counted = r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"Hi"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":4,"totalTokenCount":7},"modelVersion":"g"}"#;
    for (id, answer, tokens) in [("native-whole", counted, json!(3)), ("native-odd", "[[[", Value::Null)] {
        let (upstream, _gateway, mut client) = native("gemini", "gemini", |setup| setup).await;
        let path = "/chat/v1beta/models/gemini-2.5-flash:generateContent";
        client.post(path, &format!("{JSON}x-request-id: {id}\r\n"), "{}").await;
        let mut call = upstream.call().await;
        call.write(json_reply("200 OK", answer)).await;
        assert_eq!(client.reply().await.text(), answer);
        let line = log.line(id).await;
        assert_eq!(line["ai.proxy.usage.prompt_tokens"], tokens, "{line}");
        assert_eq!(line["ai.proxy.meta.request_model"], "gemini-2.5-flash", "{line}");
    }
}

#[tokio::test]
async fn the_files_model_holds_for_every_dialect() {
    for (provider, format, right, wrong, ask) in [
        ("anthropic", "anthropic", "/v1/messages", "/v1/messages", r#"{"model":"other"}"#),
        (
            "gemini",
            "gemini",
            "/v1beta/models/m:generateContent",
            "/v1beta/models/other:generateContent",
            "{}",
        ),
        ("bedrock", "bedrock", "/model/m/converse", "/model/other/converse", "{}"),
    ] {
        let named = |setup: Setup| setup.set("/model/name", "m");
        let (upstream, _gateway, mut client) = native(provider, format, named).await;
        client.post(&format!("/chat{wrong}"), JSON, ask).await;
        let reply = client.reply().await;
        if provider == "anthropic" {
            assert_eq!(reply.message_error(), (400, "invalid_request_error".to_owned()));
        } else {
            assert_eq!(reply.error(), (400, "model_not_allowed".to_owned()), "{provider}");
        }
        client.post(&format!("/chat{right}"), JSON, r#"{"model":"m"}"#).await;
        assert_eq!(upstream.call().await.body, br#"{"model":"m"}"#, "{provider}");
    }
}

#[tokio::test]
async fn an_alias_is_put_right_and_nothing_else() {
    let aliased = |setup: Setup| setup.set("/model/name", "m").set("/model/model_alias", "sonnet");
    let (upstream, _gateway, mut client) = native("anthropic", "anthropic", aliased).await;
    client.post("/chat/v1/messages/count_tokens", JSON, r#"{"model":"sonnet","odd":1e400}"#).await;
    assert_eq!(upstream.call().await.body, br#"{"odd":1e400,"model":"m"}"#);
}

#[tokio::test]
async fn versions_are_the_clients_or_else_the_files() {
    for (field, expected) in [("", "2023-06-01"), ("anthropic-version: 2026-10-21\r\n", "2026-10-21")] {
        let (upstream, _gateway, mut client) = native("anthropic", "anthropic", |setup| setup).await;
        client.post("/chat/v1/messages", &format!("{JSON}{field}"), "{}").await;
        let call = upstream.call().await;
        let lines: Vec<_> = call.head.lines().filter(|line| line.starts_with("anthropic-version")).collect();
        assert_eq!(lines, [format!("anthropic-version: {expected}")]);
    }
}

#[tokio::test]
async fn other_apis_of_the_provider_are_not_reached() {
    let (_upstream, _gateway, mut client) = native("anthropic", "anthropic", |setup| setup).await;
    for path in ["/chat/v1/organizations", "/chat/v1/messages/../organizations", "/chat"] {
        client.post(path, JSON, "{}").await;
        assert_eq!(client.reply().await.status, 400, "{path}");
    }
}

/// What the client of Anthropic's Messages gets of a reply that ends where `reply` does.
async fn cut_off(reply: impl AsRef<[u8]>) -> client::Reply {
    let (upstream, _gateway, mut client) = native("anthropic", "anthropic", |setup| setup).await;
    client.post("/chat/v1/messages", JSON, r#"{"model":"m"}"#).await;
    let mut call = upstream.call().await;
    call.write(reply.as_ref()).await;
    call.close().await;
    client.reply().await
}

#[tokio::test]
async fn a_stream_that_breaks_off_says_so_behind_its_last_event() {
    let start = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\"}}\n\n";
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    for (sent, shown) in [
        (String::new(), ""),
        ("0\r\n\r\n".to_owned(), ""),
        (chunk(start), start),
        (chunk(&format!("{start}event: ping\ndata: {{\"ty")), start),
        (chunk(&format!("{start}data: {{\"type\":\n\n")) + "0\r\n\r\n", start),
    ] {
        let reply = cut_off(format!("{head}{sent}")).await;
        assert!(reply.complete, "{sent}");
        let told = reply.text().strip_prefix(shown).unwrap();
        assert!(told.starts_with("event: error\ndata: {\"type\":\"error\",\"error\":{"), "{sent}: {told}");
        assert!(told.ends_with("}\n\n") && !told.contains("message_stop"), "{sent}: {told}");
    }
}

#[tokio::test]
async fn what_is_no_message_is_a_bad_gateway() {
    for reply in [
        whole("200 OK\r\ncontent-type: text/html", "<html>"),
        whole("200 OK\r\ncontent-type: application/json", ""),
        whole("200 OK\r\ncontent-type: application/json", "{\"type\":"),
        whole("200 OK\r\ncontent-type: application/json", "{\"object\":\"chat.completion\"}"),
        whole("502 Bad Gateway\r\ncontent-type: text/html", "<html>"),
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{}".to_vec(),
    ] {
        let (status, kind) = cut_off(&reply).await.message_error();
        assert_eq!((status, kind.is_empty()), (502, false), "{}", String::from_utf8_lossy(&reply));
    }
}

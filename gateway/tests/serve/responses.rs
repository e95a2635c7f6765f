//! OpenAI's responses: to those who have them, as they come; the model is the file's, and the cost is counted.

use super::log::Log;
use super::*;

const JSON: &str = "content-type: application/json\r\n";

async fn responses(provider: &str, options: Value, model: Option<&str>) -> (Upstream, Gateway, Client) {
    let upstream = Upstream::listen().await;
    let mut settings = json!({ "provider": provider, "options": options });
    settings["options"]["upstream_url"] = json!(format!("http://{}", upstream.addr));
    if let Some(model) = model {
        settings["name"] = model.into();
    }
    let made = Setup::new(provider, upstream.addr).set("/route_type", "llm/v1/responses");
    let gateway = made.set("/model", settings).set("/logging", json!({ "log_statistics": true })).start();
    let client = Client::connect(gateway.addr()).await;
    (upstream, gateway, client)
}

#[tokio::test]
async fn each_provider_has_them_where_it_has_them() {
    let azure = |version: &str| json!({ "azure_instance": "acme", "azure_deployment_id": "mine", "azure_api_version": version });
    for (provider, options, root) in [
        ("openai", json!({}), "/v1"),
        ("xai", json!({}), "/v1"),
        ("azure", azure("2024-10-21"), "/openai/v1"),
        ("azure", azure("preview"), "/openai/v1"),
    ] {
        let (upstream, _gateway, mut client) = responses(provider, options, None).await;
        let ask = "{ \"model\" : \"m\", \"input\": \"\\u00e9\", \"odd\": 1e400 }";
        client.post("/chat/v1/responses", JSON, ask).await;
        let mut call = upstream.call().await;
        assert!(call.head.starts_with(&format!("POST {root}/responses HTTP/1.1\r\n")), "{}", call.head);
        assert_eq!(String::from_utf8_lossy(&call.body), ask, "{provider}");
        let answer = "{ \"object\": \"response\", \"usage\": null, \"n\": 12345678901234567890 }\n";
        call.write(json_reply("200 OK", answer)).await;
        assert_eq!(client.reply().await.text(), answer, "{provider}");
    }
}

#[tokio::test]
async fn what_is_kept_is_reached_too() {
    for (method, below) in [
        ("GET", "/resp_1?stream=true&starting_after=4"),
        ("DELETE", "/resp_1"),
        ("POST", "/resp_1/cancel"),
        ("GET", "/resp_1/input_items?limit=2"),
        ("POST", "/input_tokens"),
        ("POST", "/compact"),
    ] {
        let (upstream, _gateway, mut client) = responses("openai", json!({}), None).await;
        client.write(&format!("{method} /chat/v1/responses{below} HTTP/1.1\r\nhost: g\r\n\r\n")).await;
        let mut call = upstream.call().await;
        let line = format!("{method} /v1/responses{below} HTTP/1.1\r\n");
        assert!(call.head.starts_with(&line), "{}", call.head);
        call.write(json_reply("200 OK", "{}")).await;
        assert_eq!(client.reply().await.text(), "{}", "{line}");
    }
}

#[tokio::test]
async fn what_is_kept_is_reached_where_the_file_names_the_whole_path() {
    let upstream = Upstream::listen().await;
    let url = format!("http://{}/v1/responses", upstream.addr);
    let made = Setup::new("openai", upstream.addr).set("/route_type", "llm/v1/responses");
    let gateway = made.set("/model/options/upstream_url", url).start();
    let mut client = Client::connect(gateway.addr()).await;
    client.write("DELETE /chat/v1/responses/resp_1 HTTP/1.1\r\nhost: g\r\n\r\n").await;
    let mut call = upstream.call().await;
    assert!(call.head.starts_with("DELETE /v1/responses/resp_1 HTTP/1.1\r\n"), "{}", call.head);
    call.write(json_reply("200 OK", "{}")).await;
    assert_eq!(client.reply().await.status, 200);
}

#[tokio::test]
async fn the_files_model_is_asked_for_and_only_where_one_is_named() {
    let (upstream, _gateway, mut client) = responses("openai", json!({}), Some("gpt-4o")).await;
    client.post("/chat/responses", JSON, r#"{"input":"hi"}"#).await;
    let mut call = upstream.call().await;
    assert_eq!(call.body, br#"{"input":"hi","model":"gpt-4o"}"#);
    call.write(json_reply("200 OK", r#"{"object":"response"}"#)).await;
    assert_eq!(client.reply().await.field("x-kong-llm-model"), Some("openai/gpt-4o"));
    let (upstream, _gateway, mut client) = responses("openai", json!({}), Some("gpt-4o")).await;
    client.post("/chat/responses/resp_1/cancel", JSON, "{}").await;
    let mut call = upstream.call().await;
    assert_eq!(call.body, b"{}", "a body that names no model is left alone");
    call.write(json_reply("200 OK", "{}")).await;
    client.reply().await;
    for path in ["/chat/responses", "/chat/responses/input_tokens", "/chat/responses/compact"] {
        client.post(path, JSON, r#"{"model":"other","input":"hi"}"#).await;
        assert_eq!(client.reply().await.error(), (400, "model_not_allowed".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn what_is_answered_is_counted_as_it_passes() {
    let log = Log::shared();
    let usage = r#""usage":{"input_tokens":5,"input_tokens_details":{"cached_tokens":2},"output_tokens":7,"output_tokens_details":{"reasoning_tokens":3},"total_tokens":12}"#;
    let events = format!(
        "event: response.created\ndata: {{\"type\":\"response.created\",\"response\":{{\"usage\":null}}}}\n\n\
         event: response.completed\ndata: {{\"type\":\"response.completed\",\"response\":{{{usage}}}}}\n\n"
    );
    let whole_body = format!(r#"{{"object":"response",{usage}}}"#);
    for (id, kind, body, mode) in [
        ("responses-whole", "application/json", &whole_body, "oneshot"),
        ("responses-stream", "text/event-stream; charset=utf-8", &events, "stream"),
    ] {
        let (upstream, _gateway, mut client) = responses("openai", json!({}), None).await;
        let fields = format!("{JSON}x-request-id: {id}\r\n");
        client.post("/chat/v1/responses", &fields, r#"{"model":"gpt-4o","input":"hi"}"#).await;
        let mut call = upstream.call().await;
        call.write(whole(&format!("200 OK\r\ncontent-type: {kind}"), body.as_bytes())).await;
        let reply = client.reply().await;
        assert_eq!((reply.text(), reply.field("content-type")), (body.as_str(), Some(kind)));
        let line = log.line(id).await;
        assert_eq!(line["ai.proxy.usage.prompt_tokens"], 5, "{line}");
        assert_eq!(line["ai.proxy.usage.completion_tokens"], 7, "{line}");
        assert_eq!(line["ai.proxy.meta.request_mode"], mode, "{line}");
        assert_eq!(line["ai.proxy.meta.request_model"], "gpt-4o", "{line}");
    }
}

#[tokio::test]
async fn an_error_is_told_in_openais_words() {
    let (upstream, _gateway, mut client) =
        responses("azure", json!({ "azure_instance": "acme", "azure_deployment_id": "mine" }), None).await;
    client.post("/chat/v1/responses", JSON, r#"{"model":"m","input":[]}"#).await;
    let mut call = upstream.call().await;
    call.write(json_reply(
        "400 Bad Request",
        r#"{"error":{"message":"No.","type":"invalid_request_error","param":"input","code":null}}"#,
    ))
    .await;
    let reply = client.reply().await;
    assert_eq!((reply.status, reply.json()["error"]["message"].as_str()), (400, Some("No.")));
}

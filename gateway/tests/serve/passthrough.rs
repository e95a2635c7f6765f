//! What is not translated: bytes pass both ways as they come, and the gateway says where they go, and as whom.

use super::*;

const FORM: &str = "content-type: multipart/form-data; boundary=x-y\r\n";

/// A gateway for one route type in front of a raw upstream.
async fn route(
    provider: &str,
    route_type: &str,
    setup: impl FnOnce(Setup) -> Setup,
) -> (Upstream, Gateway, Client) {
    let upstream = Upstream::listen().await;
    let made = Setup::new(provider, upstream.addr).set("/route_type", route_type);
    let made =
        made.set("/model", json!({"provider": provider, "options": made_options(provider, &upstream)}));
    let gateway = setup(made).start();
    let client = Client::connect(gateway.addr()).await;
    (upstream, gateway, client)
}

fn made_options(provider: &str, upstream: &Upstream) -> Value {
    let mut options = json!({"upstream_url": format!("http://{}", upstream.addr)});
    if provider == "azure" {
        options["azure_instance"] = json!("acme");
        options["azure_deployment_id"] = json!("mine");
        options["azure_api_version"] = json!("2024-10-21");
    }
    options
}

fn form(fields: &[(&str, &str)]) -> String {
    let part = |(name, value): &(&str, &str)| {
        format!("--x-y\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    fields.iter().map(part).collect::<String>() + "--x-y--\r\n"
}

async fn get(client: &mut Client, path: &str) {
    client.write(&format!("GET {path} HTTP/1.1\r\nhost: gateway\r\ncookie: own\r\n\r\n")).await;
}

#[tokio::test]
async fn a_file_goes_up_as_it_is() {
    let (upstream, _gateway, mut client) = route("openai", "llm/v1/files", |setup| setup).await;
    let body = form(&[("purpose", "batch"), ("file", "{\"custom_id\": 1}\n\u{0}")]);
    client.post("/chat/v1/files", FORM, &body).await;
    let mut call = upstream.call().await;
    assert!(call.head.starts_with("POST /v1/files HTTP/1.1\r\n"), "{}", call.head);
    assert_eq!(call.field("content-type"), Some("multipart/form-data; boundary=x-y"));
    assert_eq!(call.field("authorization"), Some(&*format!("Bearer {KEY}")));
    assert_eq!(String::from_utf8_lossy(&call.body), body);
    call.write(json_reply("200 OK", r#"{ "id":"file-1" }"#)).await;
    let reply = client.reply().await;
    assert_eq!((reply.status, reply.text()), (200, r#"{ "id":"file-1" }"#), "not a byte is changed");
}

#[tokio::test]
async fn a_body_of_unknown_length_stays_one() {
    let (upstream, _gateway, mut client) = route("openai", "llm/v1/files", |setup| setup).await;
    let head = format!("POST /chat/files HTTP/1.1\r\nhost: g\r\n{FORM}transfer-encoding: chunked\r\n\r\n");
    client.write(&head).await;
    client.write("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n").await;
    let mut call = upstream.call().await;
    assert_eq!((call.field("transfer-encoding"), call.field("content-length")), (Some("chunked"), None));
    let text = String::from_utf8_lossy(&call.body).replace("\r\n", "|");
    assert!(text.contains("hello") && text.contains(" world") && text.ends_with("0||"), "{text}");
    call.write(json_reply("200 OK", "{}")).await;
    assert_eq!(client.reply().await.status, 200);
}

#[tokio::test]
async fn lists_contents_and_deletions_pass() {
    let (upstream, _gateway, mut client) = route("openai", "llm/v1/files", |setup| setup).await;
    get(&mut client, "/chat/files?after=file-1&limit=2").await;
    let mut call = upstream.call().await;
    assert!(call.head.starts_with("GET /v1/files?after=file-1&limit=2 HTTP/1.1\r\n"), "{}", call.head);
    assert_eq!((call.field("cookie"), call.field("content-length")), (None, None));
    call.write(json_reply("200 OK", r#"{"object":"list"}"#)).await;
    assert_eq!(client.reply().await.text(), r#"{"object":"list"}"#);

    get(&mut client, "/chat/files/file-1/content").await;
    let mut call = call.next().await.expect("the same connection");
    assert!(call.head.starts_with("GET /v1/files/file-1/content HTTP/1.1\r\n"), "{}", call.head);
    let head = "200 OK\r\ncontent-type: application/octet-stream\r\ncontent-disposition: attachment; filename=\"a\"\r\nset-cookie: a=b";
    call.write(whole(head, b"\x00\xff\r\n")).await;
    let reply = client.reply().await;
    assert_eq!(
        (reply.field("content-type"), reply.body.as_slice()),
        (Some("application/octet-stream"), b"\x00\xff\r\n".as_slice())
    );
    assert_eq!(reply.field("content-disposition"), Some("attachment; filename=\"a\""));
    assert_eq!((reply.field("content-length"), reply.field("set-cookie")), (Some("4"), None));

    client.write("DELETE /chat/files/file-1 HTTP/1.1\r\nhost: g\r\n\r\n").await;
    let mut call = call.next().await.expect("the same connection");
    assert!(call.head.starts_with("DELETE /v1/files/file-1 HTTP/1.1\r\n"), "{}", call.head);
    call.write(json_reply("200 OK", r#"{"deleted":true}"#)).await;
    assert_eq!(client.reply().await.text(), r#"{"deleted":true}"#);
}

#[tokio::test]
async fn nothing_leads_out_of_the_collection() {
    let (upstream, _gateway, mut client) = route("openai", "llm/v1/files", |setup| setup).await;
    for path in ["/chat/files/../batches", "/chat/files/%2e%2e/batches", "/chat/files/a%2f..%2fbatches"] {
        get(&mut client, path).await;
        let reply = client.reply().await;
        assert_eq!(reply.status, 400, "{path}");
    }
    get(&mut client, "/chat/files").await;
    let call = upstream.call().await;
    assert!(call.head.starts_with("GET /v1/files "), "the others never came: {}", call.head);
}

#[tokio::test]
async fn assistants_are_the_second_version_unless_the_client_says_otherwise() {
    let (upstream, _gateway, mut client) = route("openai", "llm/v1/assistants", |setup| setup).await;
    for (field, expected) in [("", "assistants=v2"), ("openai-beta: assistants=v1\r\n", "assistants=v1")] {
        client
            .post("/chat/threads/t_1/runs", &format!("content-type: application/json\r\n{field}"), "{}")
            .await;
        let mut call = upstream.call().await;
        assert!(call.head.starts_with("POST /v1/threads/t_1/runs HTTP/1.1\r\n"), "{}", call.head);
        let fields: Vec<_> = call.head.lines().filter(|line| line.starts_with("openai-beta")).collect();
        assert_eq!(fields, [format!("openai-beta: {expected}")]);
        call.write(json_reply("200 OK", "{}")).await;
        assert_eq!(client.reply().await.status, 200);
    }
}

#[tokio::test]
async fn events_pass_as_they_come() {
    let (upstream, _gateway, mut client) = route("openai", "llm/v1/assistants", |setup| setup).await;
    client.post("/chat/threads/runs", "content-type: application/json\r\n", r#"{"stream":true}"#).await;
    let mut call = upstream.call().await;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    call.write(format!("{head}1d\r\nevent: thread.created\ndata: {{\r\n")).await;
    let reply = client.head().await;
    assert_eq!(reply.field("content-type"), Some("text/event-stream"));
    let (size, first) = (client.line().await, client.line().await);
    assert_eq!(
        (&*size.trim().to_lowercase(), first.as_str()),
        ("1d", "event: thread.created\n"),
        "before the rest is sent"
    );
    call.write("3\r\n}\n\n\r\n0\r\n\r\n").await;
    let mut rest = String::new();
    while !rest.ends_with("0\r\n") {
        rest.push_str(&client.line().await);
    }
    assert!(rest.contains("data: {") && rest.contains("}\n\n"), "{rest:?}");
}

#[tokio::test]
async fn azure_names_version_and_deployment() {
    for (route_type, ask, line) in [
        (
            "llm/v1/files",
            "/chat/files/f-1?api-version=own&x=1",
            "GET /openai/files/f-1?api-version=2024-10-21&x=1 ",
        ),
        ("llm/v1/batches", "/chat/batches", "GET /openai/batches?api-version=2024-10-21 "),
    ] {
        let (upstream, _gateway, mut client) = route("azure", route_type, |setup| setup).await;
        get(&mut client, ask).await;
        let call = upstream.call().await;
        assert!(call.head.starts_with(line), "{}", call.head);
    }
    let (upstream, _gateway, mut client) = route("azure", "audio/v1/audio/speech", |setup| setup).await;
    client.post("/chat/audio/speech", "content-type: application/json\r\n", r#"{"input":"a"}"#).await;
    let call = upstream.call().await;
    let line = "POST /openai/deployments/mine/audio/speech?api-version=2024-10-21 ";
    assert!(call.head.starts_with(line), "{}", call.head);
}

#[tokio::test]
async fn the_configured_model_is_asked_for_and_no_other() {
    let named = |setup: Setup| setup.set("/model/name", "tts-1");
    let (upstream, _gateway, mut client) = route("openai", "audio/v1/audio/speech", named).await;
    let json = "content-type: application/json\r\n";
    client.post("/chat/audio/speech", json, r#"{"input":"a","voice":"alloy"}"#).await;
    let mut call = upstream.call().await;
    assert_eq!(call.body, br#"{"input":"a","voice":"alloy","model":"tts-1"}"#);
    call.write(whole("200 OK\r\ncontent-type: audio/mpeg", b"ID3\x04\x00")).await;
    let reply = client.reply().await;
    assert_eq!(
        (reply.field("content-type"), reply.body.as_slice()),
        (Some("audio/mpeg"), b"ID3\x04\x00".as_slice())
    );
    assert_eq!(reply.field("x-kong-llm-model"), Some("openai/tts-1"));
    client.post("/chat/audio/speech", json, r#"{"model":"other","input":"a"}"#).await;
    assert_eq!(client.reply().await.error(), (400, "model_not_allowed".to_owned()));
}

#[tokio::test]
async fn the_model_of_a_form_is_set_and_its_file_is_not_touched() {
    let named = |setup: Setup| setup.set("/model/name", "whisper-1");
    let (upstream, _gateway, mut client) = route("openai", "audio/v1/audio/transcriptions", named).await;
    let sound = "RIFF\r\n--x-\0";
    client.post("/chat/audio/transcriptions", FORM, &form(&[("file", sound), ("model", "whisper-1")])).await;
    let mut call = upstream.call().await;
    assert_eq!(String::from_utf8_lossy(&call.body), form(&[("file", sound), ("model", "whisper-1")]));
    call.write(whole("200 OK\r\ncontent-type: text/plain", "Hello")).await;
    assert_eq!(client.reply().await.text(), "Hello");
    client.post("/chat/audio/transcriptions", FORM, "no form").await;
    assert_eq!(client.reply().await.status, 400);
}

#[tokio::test]
async fn the_providers_error_is_told_in_openais_form() {
    let (upstream, _gateway, mut client) = route("openai", "llm/v1/batches", |setup| setup).await;
    get(&mut client, "/chat/batches/batch_1").await;
    let mut call = upstream.call().await;
    let body = r#"{"error":{"message":"No such batch","type":"invalid_request_error","param":null,"code":"not_found"}}"#;
    call.write(json_reply("404 Not Found\r\nretry-after: 7", body)).await;
    let reply = client.reply().await;
    assert_eq!((reply.error(), reply.field("retry-after")), ((404, "not_found".to_owned()), Some("7")));
}

#[tokio::test]
async fn what_is_too_large_is_refused_whether_it_says_so_or_not() {
    let small = |setup: Setup| setup.set("/max_request_body_size", 10);
    let (_upstream, _gateway, mut client) = route("openai", "llm/v1/files", small).await;
    client.post("/chat/files", FORM, "12345678901").await;
    assert_eq!(client.reply().await.error(), (413, "request_too_large".to_owned()));
    let (upstream, gateway, mut client) = route("openai", "llm/v1/files", small).await;
    client.write("POST /chat/files HTTP/1.1\r\nhost: g\r\ntransfer-encoding: chunked\r\n\r\n").await;
    client.write("8\r\n12345678\r\n8\r\n12345678\r\n0\r\n\r\n").await;
    assert_eq!(client.reply().await.error(), (413, "request_too_large".to_owned()));
    drop((upstream, gateway));
}

#[tokio::test]
async fn a_reply_that_breaks_off_is_not_a_whole_one() {
    for framing in ["content-length: 9", "transfer-encoding: chunked"] {
        let (upstream, _gateway, mut client) = route("openai", "llm/v1/files", |setup| setup).await;
        get(&mut client, "/chat/files/f/content").await;
        let mut call = upstream.call().await;
        let start = if framing.starts_with("content") { "abcd" } else { "4\r\nabcd\r\n" };
        call.write(format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n{start}")).await;
        call.close().await;
        let reply = client.reply().await;
        assert!(reply.status == 200 && !reply.complete, "{framing}: {reply:?}");
    }
}

#[tokio::test]
async fn other_methods_are_refused_with_those_that_there_are() {
    let (_upstream, _gateway, mut client) = route("openai", "llm/v1/files", |setup| setup).await;
    client.write("PUT /chat/files HTTP/1.1\r\nhost: g\r\ncontent-length: 0\r\n\r\n").await;
    let reply = client.reply().await;
    assert_eq!((reply.error().0, reply.field("allow")), (405, Some("GET, POST, DELETE")));
    let (_upstream, _gateway, mut client) = route("openai", "audio/v1/audio/speech", |setup| setup).await;
    get(&mut client, "/chat/audio/speech").await;
    assert_eq!(client.reply().await.field("allow"), Some("POST"));
}

#[tokio::test]
async fn what_is_preserved_goes_where_the_client_says_and_comes_back_as_it_is() {
    let body = "{ \"model\" : \"any\", \"odd\": 1e400 }";
    for (provider, method, asked, path) in [
        ("openai", "POST", "/chat/v1/moderations?a=b%20c", "/v1/moderations?a=b%20c"),
        ("anthropic", "PUT", "/chat/v1/skills/s%2Fx", "/v1/skills/s%2Fx"),
        ("mistral", "PATCH", "/chat/v1/agents/../conversations", "/v1/conversations"),
    ] {
        let upstream = Upstream::listen().await;
        let gateway = Setup::new(provider, upstream.addr).set("/route_type", "preserve").start();
        let mut client = Client::connect(gateway.addr()).await;
        let length = body.len();
        let own = "anthropic-version: 2026-10-21\r\ncontent-type: application/json\r\ncookie: c=1";
        client
            .write(&format!(
                "{method} {asked} HTTP/1.1\r\nhost: x\r\n{own}\r\ncontent-length: {length}\r\n\r\n{body}"
            ))
            .await;
        let mut call = upstream.call().await;
        assert!(call.head.starts_with(&format!("{method} {path} HTTP/1.1\r\n")), "{}", call.head);
        assert!(call.head.contains(KEY) && !call.head.contains("cookie"), "{}", call.head);
        let version = (provider == "anthropic").then_some("2026-10-21");
        assert_eq!((call.field("anthropic-version"), call.body.as_slice()), (version, body.as_bytes()));
        let answer = "no JSON, and no error of OpenAI's";
        call.write(whole("422 Unprocessable Entity\r\ncontent-type: text/plain", answer.as_bytes())).await;
        let reply = client.reply().await;
        assert_eq!(
            (reply.status, reply.text(), reply.field("content-type")),
            (422, answer, Some("text/plain"))
        );
    }
}

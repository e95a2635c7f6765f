//! Whatever a client asks for, and however: it must be let in, its key goes no further, and what it leaves here is its own.

use super::*;

const JSON: &str = "content-type: application/json\r\n";

fn consumers() -> Value {
    json!([
        {"username": "ann", "keyauth_credentials": [{"key": "sk-ann"}, {"key": "sk-ann-2"}]},
        {"username": "bob", "keyauth_credentials": [{"key": "sk-bob"}]},
        {"username": "cy", "tags": ["touchstone-models:small*"], "keyauth_credentials": [{"key": "sk-cy"}]},
    ])
}

fn guarded(setup: Setup) -> Setup {
    let names = json!({"key_names": ["apikey", "authorization"]});
    setup.beside("key-auth", names).member("consumers", consumers())
}

/// Without a model in the file.
fn open(setup: Setup) -> Setup {
    let mut setup = setup;
    setup.plugin["model"].as_object_mut().unwrap().remove("name");
    setup
}

async fn send(gateway: &Gateway, head: &str, fields: &str, body: &str) -> client::Reply {
    let mut client = Client::connect(gateway.addr()).await;
    let length = body.len();
    let framing = if body.is_empty() { String::new() } else { format!("content-length: {length}\r\n") };
    client.write(&format!("{head} HTTP/1.1\r\nhost: gateway\r\n{fields}{framing}\r\n{body}")).await;
    client.reply().await
}

/// What the upstream gets, having answered it.
async fn through(
    upstream: &Upstream,
    gateway: &Gateway,
    (head, fields, body): (&str, &str, &str),
    answer: &[u8],
) -> (String, client::Reply) {
    let mut asking = std::pin::pin!(send(gateway, head, fields, body));
    let mut call = tokio::select! {
        reply = &mut asking => panic!("{}: {}", reply.status, reply.text()),
        call = upstream.call() => call,
    };
    let seen = format!("{}{}", call.head, String::from_utf8_lossy(&call.body));
    call.write(answer).await;
    (seen, asking.await)
}

#[tokio::test]
async fn every_surface_asks_for_a_key_and_hides_it() {
    for (provider, changes, head, fields, body) in [
        ("openai", json!({"route_type": "llm/v1/files"}), "GET /chat/v1/files/file-1", "", ""),
        (
            "openai",
            json!({"route_type": "llm/v1/responses"}),
            "POST /chat/v1/responses",
            JSON,
            r#"{"model":"m","input":"Hi"}"#,
        ),
        ("openai", json!({"route_type": "preserve"}), "PUT /chat/v1/anything?a=b", JSON, "{}"),
        (
            "anthropic",
            json!({"llm_format": "anthropic"}),
            "POST /chat/v1/messages",
            JSON,
            r#"{"model":"m","max_tokens":1,"messages":[]}"#,
        ),
        (
            "openai",
            json!({"route_type": "audio/v1/audio/speech"}),
            "POST /chat/v1/audio/speech",
            JSON,
            r#"{"model":"m","input":"Hi","voice":"x"}"#,
        ),
    ] {
        let upstream = Upstream::listen().await;
        let mut setup = guarded(Setup::new(provider, upstream.addr));
        for (name, value) in changes.as_object().unwrap() {
            setup.plugin[name] = value.clone();
        }
        let gateway = setup.start();
        let refused = send(&gateway, head, fields, body).await;
        assert_eq!(refused.status, 401, "{head}: {}", refused.text());
        let with_key = format!("{fields}authorization: Bearer sk-ann\r\n");
        let (seen, _) =
            through(&upstream, &gateway, (head, &with_key, body), &json_reply("200 OK", ANSWER)).await;
        assert!(!seen.contains("sk-ann") && seen.contains(KEY), "{head}: {seen}");
    }
}

#[tokio::test]
async fn a_session_asks_for_a_key_by_whatever_a_browser_can_say() {
    let upstream = Upstream::listen().await;
    let gateway =
        guarded(Setup::new("openai", upstream.addr)).set("/route_type", "realtime/v1/realtime").start();
    let upgrade = "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let refused = send(&gateway, "GET /chat/v1/realtime", upgrade, "").await;
    assert_eq!(refused.error(), (401, "invalid_api_key".to_owned()));
    for shown in [
        "sec-websocket-protocol: realtime, openai-insecure-api-key.sk-ann\r\n",
        "authorization: Bearer sk-ann\r\n",
    ] {
        let fields = format!("{upgrade}{shown}");
        let no = json_reply("403 No", r#"{"error":{"message":"no","type":"x","param":null,"code":null}}"#);
        let (seen, reply) = through(&upstream, &gateway, ("GET /chat/v1/realtime", &fields, ""), &no).await;
        assert_eq!(reply.status, 403);
        assert!(!seen.contains("sk-ann") && seen.contains(KEY), "{seen}");
    }
}

#[tokio::test]
async fn what_a_consumer_leaves_is_found_by_all_of_its_keys_and_by_no_others() {
    let upstream = Upstream::listen().await;
    let gateway =
        guarded(Setup::new("anthropic", upstream.addr)).set("/route_type", "llm/v1/responses").start();
    let message = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "stop_reason": "end_turn",
        "content": [{ "type": "text", "text": "Hi" }], "stop_sequence": null, "usage": { "input_tokens": 1, "output_tokens": 2 },
    });
    let fields = format!("{JSON}apikey: sk-ann\r\n");
    let ask = ("POST /chat/v1/responses", &*fields, r#"{"model":"m","input":"Hi"}"#);
    let (_, reply) = through(&upstream, &gateway, ask, &json_reply("200 OK", &message.to_string())).await;
    let id = reply.json()["id"].as_str().unwrap().to_owned();
    let get = async |key: &str| send(&gateway, &format!("GET /chat/v1/responses/{id}"), key, "").await.status;
    assert_eq!(get("apikey: sk-ann\r\n").await, 200);
    assert_eq!(get("authorization: Bearer sk-ann-2\r\n").await, 200);
    assert_eq!(get("apikey: sk-bob\r\n").await, 404);
    assert_eq!(get("").await, 401);
}

#[tokio::test]
async fn files_of_batches_are_their_consumers() {
    let upstream = Upstream::listen().await;
    let gateway = guarded(Setup::new("anthropic", upstream.addr)).set("/route_type", "llm/v1/files").start();
    let form = "--b\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n{}\r\n--b--\r\n";
    let fields = "content-type: multipart/form-data; boundary=b\r\napikey: sk-ann\r\n";
    let reply = send(&gateway, "POST /chat/v1/files", fields, form).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let id = reply.json()["id"].as_str().unwrap().to_owned();
    let get = async |key: &str| send(&gateway, &format!("GET /chat/v1/files/{id}"), key, "").await.status;
    assert_eq!(
        (get("apikey: sk-ann-2\r\n").await, get("apikey: sk-bob\r\n").await, get("").await),
        (200, 404, 401)
    );
}

#[tokio::test]
async fn models_are_held_to_wherever_they_are_named() {
    for (provider, format, head, body, allowed) in [
        (
            "anthropic",
            "anthropic",
            "POST /chat/v1/messages",
            r#"{"model":"large","max_tokens":1,"messages":[]}"#,
            false,
        ),
        (
            "anthropic",
            "anthropic",
            "POST /chat/v1/messages",
            r#"{"model":"small-1","max_tokens":1,"messages":[]}"#,
            true,
        ),
        ("bedrock", "bedrock", "POST /chat/model/large/converse", "{}", false),
        ("bedrock", "bedrock", "POST /chat/model/small/converse", "{}", true),
        ("gemini", "gemini", "POST /chat/v1beta/models/large:generateContent", "{}", false),
        ("gemini", "gemini", "POST /chat/v1beta/models/small:generateContent", "{}", true),
        (
            "gemini",
            "gemini",
            "POST /chat/v1beta/models/small:batchEmbedContents",
            r#"{"requests":[{"model":"models/small"}]}"#,
            true,
        ),
    ] {
        let upstream = Upstream::listen().await;
        let gateway = guarded(open(Setup::new(provider, upstream.addr))).set("/llm_format", format).start();
        let fields = format!("{JSON}apikey: sk-cy\r\n");
        if allowed {
            let (_, reply) =
                through(&upstream, &gateway, (head, &fields, body), &json_reply("200 OK", "{}")).await;
            assert!(reply.status != 403 && reply.status != 401, "{head}: {}", reply.text());
        } else {
            let reply = send(&gateway, head, &fields, body).await;
            assert_eq!(reply.status, 403, "{head} {body}: {}", reply.text());
            assert!(reply.text().contains("this key cannot use the model: large"), "{}", reply.text());
        }
    }
}

#[tokio::test]
async fn what_names_no_model_is_not_for_keys_of_some_models() {
    let upstream = Upstream::listen().await;
    let gateway =
        guarded(open(Setup::new("openai", upstream.addr))).set("/route_type", "llm/v1/batches").start();
    let fields = format!("{JSON}apikey: sk-cy\r\n");
    let body = r#"{"input_file_id":"file-1","endpoint":"/v1/chat/completions","completion_window":"24h"}"#;
    let reply = send(&gateway, "POST /chat/v1/batches", &fields, body).await;
    assert_eq!(reply.error(), (403, "model_not_allowed".to_owned()));
    through(&upstream, &gateway, ("GET /chat/v1/batches/batch_1", &fields, ""), &json_reply("200 OK", "{}"))
        .await;
}

#[tokio::test]
async fn no_log_shows_a_key() {
    let upstream = Upstream::listen().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.log");
    let setup = guarded(Setup::new("openai", upstream.addr)).beside("file-log", json!({"path": path}));
    let gateway = setup.start();
    through(
        &upstream,
        &gateway,
        ("POST /chat?a=b", &format!("{JSON}apikey: sk-ann\r\n"), ASK),
        &json_reply("200 OK", ANSWER),
    )
    .await;
    through(&upstream, &gateway, ("POST /chat?apikey=sk-ann&a=b", JSON, ASK), &json_reply("200 OK", ANSWER))
        .await;
    for fields in ["apikey: sk-nobody\r\n", "authorization: Bearer sk-nobody\r\n"] {
        assert_eq!(send(&gateway, "POST /chat", &format!("{JSON}{fields}"), ASK).await.status, 401);
    }
    assert_eq!(send(&gateway, "POST /chat?apikey=sk-nobody", JSON, ASK).await.status, 401);
    gateway.shutdown().await;
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 5, "{text}");
    assert!(text.contains("\"ann\"") && !text.contains("sk-"), "{text}");
}

#[tokio::test]
async fn what_a_request_fills_into_an_address_does_not_lead_out_of_it() {
    let upstream = Upstream::listen().await;
    let addr = upstream.addr;
    let at = |url: String| Setup::new("openai", addr).set("/model/options/upstream_url", url).start();
    let gateway = at(format!("http://{addr}/fixed/$(query_params.m)/chat"));
    let (seen, _) =
        through(&upstream, &gateway, ("POST /chat?m=a/b.c", JSON, ASK), &json_reply("200 OK", ANSWER)).await;
    assert!(seen.starts_with("POST /fixed/a/b.c/chat HTTP/1.1"), "{seen}");
    for out in [
        "..",
        "../admin",
        "a/../../b",
        "%2e%2e",
        "%252e%252e",
        "a?b",
        "a%3Fb",
        "a%23b",
        "..%5cx",
        "a%00",
        "a%20b",
        "",
        "%ef%bc%8e%ef%bc%8e",
    ] {
        let reply = send(&gateway, &format!("POST /chat?m={out}"), JSON, ASK).await;
        assert_eq!(reply.error(), (400, "template_unresolved".to_owned()), "{out}");
        assert_eq!(
            reply.json()["error"]["message"],
            "query_params key m cannot be part of an address",
            "{out}"
        );
    }
    let gateway = at("http://$(headers.x-part).example.invalid/v1".to_owned());
    for out in
        [format!("{addr}/"), format!("{addr}/x"), format!("a@{addr}"), format!("{addr}?"), format!("{addr}#")]
    {
        let reply = send(&gateway, "POST /chat", &format!("{JSON}x-part: {out}\r\n"), ASK).await;
        assert_eq!(reply.error(), (400, "template_unresolved".to_owned()), "{out}: {}", reply.text());
    }
}

#[tokio::test]
async fn no_id_leads_to_another_collection() {
    let upstream = Upstream::listen().await;
    for (route_type, start) in [
        ("llm/v1/files", "files"),
        ("llm/v1/batches", "batches"),
        ("llm/v1/responses", "responses"),
        ("preserve", "v1/files"),
    ] {
        let gateway = Setup::new("openai", upstream.addr).set("/route_type", route_type).start();
        for id in [
            "%2e%2e%2fmodels",
            "a%2f..%2fb",
            "..%5cx",
            "a%5cb",
            "%252e%252e",
            "..;/x",
            "a%00",
            "%ef%bc%8e%ef%bc%8e",
            "%c0%ae%c0%ae",
        ] {
            let reply = send(&gateway, &format!("GET /chat/{start}/{id}"), "", "").await;
            assert!(matches!(reply.status, 400 | 404), "{route_type} {id}: {}", reply.status);
        }
    }
}

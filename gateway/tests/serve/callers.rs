//! Who may call, and what: keys, groups, models. A key that lets a client in is shown to nobody behind the gateway.

use super::*;

fn consumers() -> Value {
    json!([
        {"username": "ann", "keyauth_credentials": [{"key": "sk-ann"}], "acls": [{"group": "team"}]},
        {"username": "bob", "custom_id": "4711", "keyauth_credentials": [{"key": gateway::config::hash_key("sk-bob")}]},
        {"username": "guest"},
    ])
}

/// Where clients of all kinds show their keys.
fn key_auth() -> Value {
    json!({"key_names": ["apikey", "authorization", "x-api-key", "api-key", "x-goog-api-key", "key"]})
}

fn guarded(upstream: &Upstream) -> Setup {
    Setup::new("openai", upstream.addr).beside("key-auth", key_auth()).member("consumers", consumers())
}

/// What one client gets, with these fields and this query.
async fn ask(gateway: &Gateway, query: &str, fields: &str, body: &str) -> client::Reply {
    let mut client = Client::connect(gateway.addr()).await;
    let fields = format!("content-type: application/json\r\n{fields}");
    client.post(&format!("/chat{query}"), &fields, body).await;
    client.reply().await
}

/// The same, where it gets through: what the upstream saw, too.
async fn through(
    upstream: &Upstream,
    gateway: &Gateway,
    query: &str,
    fields: &str,
    body: &str,
) -> upstream::Call {
    let mut asking = std::pin::pin!(ask(gateway, query, fields, body));
    let mut call = tokio::select! {
        reply = &mut asking => panic!("{}: {}", reply.status, reply.text()),
        call = upstream.call() => call,
    };
    call.write(json_reply("200 OK", ANSWER)).await;
    assert_eq!(asking.await.status, 200);
    call
}

#[tokio::test]
async fn a_key_lets_in_wherever_a_client_shows_it_and_goes_no_further() {
    let upstream = Upstream::listen().await;
    let gateway = guarded(&upstream).start();
    for (query, fields) in [
        ("", "Authorization: Bearer sk-ann\r\n"),
        ("", "authorization: sk-ann\r\n"),
        ("", "x-api-key: sk-ann\r\n"),
        ("", "api-key: sk-ann\r\n"),
        ("", "x-goog-api-key: sk-ann\r\n"),
        ("", "apikey: sk-bob\r\n"),
        ("?key=sk%2Dann&alt=sse", ""),
        ("?apikey=sk-bob", ""),
    ] {
        let call = through(&upstream, &gateway, query, fields, ASK).await;
        let seen = format!("{}{}", call.head, String::from_utf8_lossy(&call.body));
        assert!(!seen.contains("sk-ann") && !seen.contains("sk-bob") && !seen.contains("sk%2D"), "{seen}");
        assert!(!seen.to_lowercase().contains("x-consumer"), "{seen}");
        assert!(seen.contains(KEY));
    }
}

#[tokio::test]
async fn who_shows_no_key_is_told_so_and_nobody_is_asked() {
    let upstream = Upstream::listen().await;
    let gateway = guarded(&upstream).start();
    for (query, fields, message) in [
        ("", "", "No API key found in request"),
        ("?apikey=", "", "No API key found in request"),
        ("", "authorization: Bearer sk-nobody\r\n", "Unauthorized"),
        ("", "apikey: Bearer sk-ann\r\nx-api-key: sk-ann\r\n", "Unauthorized"),
        ("", "apikey: sk-ann\r\napikey: sk-bob\r\n", "Duplicate API key found"),
        ("?key=sk-ann&key=sk-ann", "", "Duplicate API key found"),
    ] {
        let reply = ask(&gateway, query, fields, ASK).await;
        assert_eq!(reply.error(), (401, "invalid_api_key".to_owned()), "{fields}");
        assert_eq!(reply.json()["error"]["message"], message);
        assert_eq!(reply.field("www-authenticate"), Some("Key"));
        assert!(!reply.text().contains("sk-"), "{}", reply.text());
    }
    let known = gateway::config::hash_key("sk-bob");
    let reply = ask(&gateway, "", &format!("apikey: {known}\r\n"), ASK).await;
    assert_eq!(reply.status, 401, "a digest is no key");
}

#[tokio::test]
async fn a_realm_is_told() {
    let upstream = Upstream::listen().await;
    let gateway = Setup::new("openai", upstream.addr).beside("key-auth", json!({"realm": "the lab"})).start();
    assert_eq!(chat(&gateway, ASK).await.field("www-authenticate"), Some("Key realm=\"the lab\""));
}

#[tokio::test]
async fn clients_of_anthropic_are_told_in_its_words() {
    let upstream = Upstream::listen().await;
    let gateway = guarded(&upstream).set("/llm_format", "anthropic").start();
    let body = r#"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"Hi"}]}"#;
    let reply = ask(&gateway, "", "x-api-key: sk-nobody\r\n", body).await;
    assert_eq!(reply.message_error(), (401, "authentication_error".to_owned()));
}

#[tokio::test]
async fn who_shows_no_key_may_be_taken_for_somebody() {
    let upstream = Upstream::listen().await;
    let mut settings = key_auth();
    settings["anonymous"] = json!("guest");
    let setup =
        Setup::new("openai", upstream.addr).member("consumers", consumers()).beside("key-auth", settings);
    let gateway = setup.set("/auth/allow_override", true).start();
    // A key of the client's own for the provider is not the gateway's.
    let call = through(&upstream, &gateway, "", "authorization: Bearer sk-own\r\n", ASK).await;
    assert_eq!(call.field("authorization"), Some("Bearer sk-own"));
    drop(call);
    let call = through(&upstream, &gateway, "", "authorization: Bearer sk-ann\r\n", ASK).await;
    assert_eq!(call.field("authorization"), Some(&*format!("Bearer {KEY}")));
}

#[tokio::test]
async fn groups_are_let_in_or_kept_out() {
    let upstream = Upstream::listen().await;
    let refused = async |gateway: &Gateway, fields: &str| {
        let reply = ask(gateway, "", fields, ASK).await;
        assert_eq!(reply.error(), (403, "permission_denied".to_owned()));
        assert_eq!(reply.json()["error"]["message"], "You cannot consume this service");
    };
    let allowing = guarded(&upstream).beside("acl", json!({"allow": ["team", "x"]})).start();
    through(&upstream, &allowing, "", "apikey: sk-ann\r\n", ASK).await;
    refused(&allowing, "apikey: sk-bob\r\n").await;
    let denying = guarded(&upstream).beside("acl", json!({"deny": ["team"]})).start();
    through(&upstream, &denying, "", "apikey: sk-bob\r\n", ASK).await;
    refused(&denying, "apikey: sk-ann\r\n").await;
    let open = Setup::new("openai", upstream.addr).beside("acl", json!({"deny": ["team"]})).start();
    assert_eq!(chat(&open, ASK).await.error(), (401, "invalid_api_key".to_owned()));
}

#[tokio::test]
async fn rules_say_who_may_have_what() {
    let upstream = Upstream::listen().await;
    let mut target = plugin("openai", &format!("http://{}", upstream.addr));
    target["model"].as_object_mut().unwrap().remove("name");
    let acls = json!({
        "allow": [
            {"match": [{"type": "consumer", "values": ["ann"]}]},
            {"match": [{"type": "consumer", "key": "custom_id", "values": ["4711"]}, {"type": "model", "values": ["gpt-4o*"]}]},
            {"match": [{"type": "header", "key": "x-team", "values": ["lab"]}, {"type": "ip", "values": ["127.0.0.0/8"]}]},
        ],
        "deny": [{"match": [{"type": "model", "values": ["gpt-5"]}, {"type": "provider", "values": ["openai"]}]}],
    });
    let setup = Setup::among(&[target], &json!({})).set("/acls", acls).member("consumers", consumers());
    let gateway = setup.beside("key-auth", json!({"anonymous": "guest"})).start();
    let asked = |model: &str| ASK.replace("\"m\"", &format!("\"{model}\""));
    for (fields, model) in
        [("apikey: sk-ann\r\n", "any"), ("apikey: sk-bob\r\n", "gpt-4o-mini"), ("x-team: lab\r\n", "any")]
    {
        through(&upstream, &gateway, "", fields, &asked(model)).await;
    }
    for (fields, model) in [
        ("apikey: sk-ann\r\n", "gpt-5"),
        ("apikey: sk-bob\r\n", "gpt-4"),
        ("x-team: other\r\n", "gpt-4o"),
        ("", "gpt-4o"),
    ] {
        let reply = ask(&gateway, "", fields, &asked(model)).await;
        assert_eq!(reply.error(), (403, "permission_denied".to_owned()), "{fields} {model}");
        assert_eq!(reply.json()["error"]["message"], "You cannot consume this service");
    }
}

#[tokio::test]
async fn a_target_that_a_caller_may_not_have_is_passed_over() {
    let (first, second) = (Upstream::listen().await, Upstream::listen().await);
    let targets = [("openai", &first), ("mistral", &second)]
        .map(|(provider, upstream)| plugin(provider, &format!("http://{}", upstream.addr)));
    let acls = json!({"deny": [{"match": [{"type": "provider", "values": ["openai"]}]}]});
    let gateway = Setup::among(&targets, &json!({})).set("/acls", acls).start();
    for _ in 0..3 {
        through(&second, &gateway, "", "", ASK).await;
    }
}

#[tokio::test]
async fn a_key_is_for_the_models_that_it_names() {
    let upstream = Upstream::listen().await;
    let mut setup = Setup::new("openai", upstream.addr).beside("key-auth", json!({}));
    setup.plugin["model"].as_object_mut().unwrap().remove("name");
    let consumers = json!([{
        "username": "ann",
        "tags": ["touchstone-models:gpt-4o*", "touchstone-models:meta-llama%2F*", "else"],
        "keyauth_credentials": [{"key": "wide"}, {"key": "narrow", "tags": ["touchstone-models:*mini"]}],
    }]);
    let gateway = setup.member("consumers", consumers).start();
    let asked = |model: &str| ASK.replace("\"m\"", &format!("\"{model}\""));
    for (key, model) in [("wide", "gpt-4o"), ("wide", "meta-llama/Llama-3"), ("narrow", "gpt-4o-mini")] {
        through(&upstream, &gateway, "", &format!("apikey: {key}\r\n"), &asked(model)).await;
    }
    for (key, model) in [("wide", "gpt-4"), ("narrow", "gpt-4o"), ("narrow", "o1-mini")] {
        let reply = ask(&gateway, "", &format!("apikey: {key}\r\n"), &asked(model)).await;
        assert_eq!(reply.error(), (403, "model_not_allowed".to_owned()), "{key} {model}");
        assert_eq!(reply.json()["error"]["message"], format!("this key cannot use the model: {model}"));
    }
}

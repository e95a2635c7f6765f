//! Keys: the gateway's go to the provider and nowhere else, and the client's stay where they are.

use super::*;

const CLIENTS: &str = "Authorization: Bearer of-the-client\r\nx-api-key: of-the-client\r\napi-key: of-the-client\r\ncookie: of-the-client\r\n";

/// What the upstream gets, and what the client gets back.
async fn exchange(
    setup: impl FnOnce(Setup) -> Setup,
    provider: &str,
    path: &str,
) -> (upstream::Call, client::Reply) {
    let upstream = Upstream::listen().await;
    let gateway = setup(Setup::new(provider, upstream.addr)).start();
    let mut client = Client::connect(gateway.addr()).await;
    client.post(path, CLIENTS, ASK).await;
    let mut call = upstream.call().await;
    call.write(json_reply("200 OK\r\nset-cookie: session=1\r\nauthorization: odd", ANSWER)).await;
    let reply = client.reply().await;
    (call, reply)
}

#[tokio::test]
async fn a_clients_keys_are_not_passed_on() {
    for provider in ["openai", "anthropic", "bedrock"] {
        let (call, _) = exchange(|setup| setup, provider, "/chat").await;
        assert!(!call.head.contains("of-the-client"), "{}", call.head);
        assert!(provider == "bedrock" || call.head.contains(KEY));
    }
}

#[tokio::test]
async fn the_gateways_keys_do_not_reach_the_client() {
    let (_, reply) = exchange(|setup| setup, "openai", "/chat").await;
    assert!(!format!("{reply:?}").contains(KEY));
    assert_eq!((reply.field("set-cookie"), reply.field("authorization")), (None, None));
    let (call, _) = exchange(|setup| setup, "bedrock", "/chat").await;
    assert!(!call.head.contains(KEY), "a signature holds no key");
}

#[tokio::test]
async fn a_clients_header_wins_only_where_the_file_says_so() {
    let (call, _) = exchange(|setup| setup.set("/auth/allow_override", true), "openai", "/chat").await;
    assert_eq!(call.field("authorization"), Some("Bearer of-the-client"));
    assert!(!call.head.contains(KEY) && !call.head.contains("x-api-key"), "{}", call.head);
}

#[tokio::test]
async fn a_key_may_be_a_parameter_of_the_query() {
    let auth = json!({"param_name": "k ey", "param_value": format!("{KEY}&=/"), "param_location": "query"});
    let path = "/chat?k%20ey=of-the-client";
    let (call, _) = exchange(|setup| setup.set("/auth", auth.clone()), "openai", path).await;
    let line = format!("POST /v1/chat/completions?k%20ey={KEY}%26%3D%2F HTTP/1.1\r\n");
    assert!(call.head.starts_with(&line), "{}", call.head);
    let (call, _) =
        exchange(|setup| setup.set("/auth", auth).set("/auth/allow_override", true), "openai", path).await;
    assert!(
        call.head.starts_with("POST /v1/chat/completions?k%20ey=of-the-client HTTP/1.1\r\n"),
        "{}",
        call.head
    );
}

#[tokio::test]
async fn a_key_may_be_a_member_of_the_body() {
    let auth = json!({"param_name": "key", "param_value": KEY, "param_location": "body"});
    let (call, _) = exchange(|setup| setup.set("/auth", auth), "openai", "/chat").await;
    let body: Value = serde_json::from_slice(&call.body).unwrap();
    assert_eq!((&body["key"], &body["model"]), (&json!(KEY), &json!("m")));
}

#[tokio::test]
async fn bedrock_takes_a_bearer_key_as_well() {
    let auth = json!({"header_name": "Authorization", "header_value": "Bearer bedrock-api-key"});
    let (call, _) = exchange(|setup| setup.set("/auth", auth), "bedrock", "/chat").await;
    assert_eq!(
        (call.field("authorization"), call.field("x-amz-date")),
        (Some("Bearer bedrock-api-key"), None)
    );
}

#[tokio::test]
async fn only_tracing_and_beta_headers_are_passed_on() {
    let upstream = Upstream::listen().await;
    let gateway = Setup::new("anthropic", upstream.addr).start();
    let mut client = Client::connect(gateway.addr()).await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    client
        .post(
            "/chat",
            &format!("traceparent: {trace}\r\nanthropic-beta: b\r\nx-other: o\r\nte: trailers\r\n"),
            ASK,
        )
        .await;
    let call = upstream.call().await;
    assert_eq!((call.field("traceparent"), call.field("anthropic-beta")), (Some(trace), Some("b")));
    assert_eq!((call.field("x-other"), call.field("te")), (None, None));
    assert_eq!(call.field("host"), Some(upstream.addr.to_string().as_str()));
}

//! What a call was: who was asked, what it took, what it cost, and how long.

use super::log::{Log, fields};
use super::port::Port;
use super::upstream::{DONE, anthropic, event};
use super::*;

#[tokio::test]
async fn every_target_that_was_asked_is_told() {
    let log = Log::shared();
    let gone = Port::new();
    let busy = Upstream::listen().await;
    let last = Upstream::listen().await;
    let targets =
        [("mistral", gone.addr()), ("deepseek", busy.addr), ("openai", last.addr)].map(|(provider, addr)| {
            let mut target = plugin(provider, &format!("http://{addr}/v1/chat/completions"));
            target["logging"] = json!({"log_statistics": true});
            target["weight"] =
                json!(if provider == "mistral" { 3 } else { u8::from(provider == "deepseek") + 1 });
            target
        });
    let criteria = ["error", "http_429", "non_idempotent"];
    let gateway = Setup::among(
        &targets,
        &json!({"algorithm": "priority", "retries": 2, "failover_criteria": criteria}),
    )
    .start();
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", &fields("statistics-tried"), ASK).await;
    busy.call().await.write(json_reply("429 Slow Down", "{}")).await;
    last.call().await.write(json_reply("200 OK", ANSWER)).await;
    assert_eq!(client.reply().await.status, 200);
    let line = log.line("statistics-tried").await;
    let tried: Value = serde_json::from_str(line["ai.proxy.tried_targets"].as_str().unwrap()).unwrap();
    let told = |provider: &str, addr: SocketAddr, ip: Option<&str>, status: Option<u16>| {
        json!({"provider": provider, "model": "m", "route_type": "llm/v1/chat", "upstream_scheme": "http", "host": "127.0.0.1",
            "ip": ip, "port": addr.port(), "upstream_uri": "/v1/chat/completions", "upstream_status": status})
    };
    let ip = Some("127.0.0.1");
    assert_eq!(
        tried,
        json!([
            told("mistral", gone.addr(), None, None),
            told("deepseek", busy.addr, ip, Some(429)),
            told("openai", last.addr, ip, Some(200))
        ])
    );
    assert_eq!(line["ai.proxy.meta.provider_name"], "openai");
}

/// The tokens that a line tells, and whether they were counted by the gateway.
fn told(line: &Value) -> ([Option<u64>; 3], bool) {
    let tokens =
        ["prompt", "completion", "total"].map(|name| line[format!("ai.proxy.usage.{name}_tokens")].as_u64());
    (tokens, line["ai.proxy.usage.estimated"] == true)
}

fn counting(provider: &str, upstream: &Upstream) -> Setup {
    Setup::new(provider, upstream.addr).set("/logging", json!({"log_statistics": true}))
}

#[tokio::test]
async fn a_stream_is_asked_for_its_usage_and_its_client_does_not_see_it() {
    let log = Log::shared();
    let upstream = Upstream::listen().await;
    let gateway = counting("openai", &upstream).start();
    let count = "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"service_tier\":\"flex\",\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":7,\"total_tokens\":12,\"prompt_tokens_details\":{\"cached_tokens\":3}}}\n\n";
    for (id, ask, asked) in [
        ("statistics-unasked", ASK_STREAM.to_owned(), false),
        (
            "statistics-asked",
            ASK_STREAM.replacen('{', r#"{"stream_options":{"include_usage":true},"#, 1),
            true,
        ),
    ] {
        let mut client = Client::connect(gateway.addr()).await;
        client.post("/chat", &fields(id), &ask).await;
        let mut call = upstream.call().await;
        let sent: Value = serde_json::from_slice(&call.body).unwrap();
        assert_eq!(sent["stream_options"], json!({"include_usage": true}), "{id}");
        call.begin_stream().await;
        let null = |event: String| event.replace("}\n\n", ",\"usage\":null}\n\n");
        let events = [null(event("Hi")), count.to_owned(), DONE.to_owned()].concat();
        call.chunk(&events).await;
        call.end_stream().await;
        let seen = client.reply().await;
        let expected = if asked { events } else { format!("{}{DONE}", event("Hi")) };
        assert_eq!(seen.text(), expected, "{id}");
        let line = log.line(id).await;
        assert_eq!(told(&line), ([Some(5), Some(7), Some(12)], false), "{line}");
        assert_eq!(line["ai.proxy.usage.prompt_tokens_details.cached_tokens"], 3, "{line}");
    }
}

#[tokio::test]
async fn nobody_is_asked_for_usage_that_nobody_wants() {
    let (upstream, gateway) = between("openai").await;
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", "", ASK_STREAM).await;
    let call = upstream.call().await;
    assert_eq!(call.body, ASK_STREAM.as_bytes());
}

/// By `o200k_base`, `Hello` is one token, and so is each of ` one`, ` two`, ` three`; a message has three around it, a chat three more.
#[tokio::test]
async fn tokens_that_the_provider_does_not_count_are_counted_and_said_to_be() {
    let log = Log::shared();
    let upstream = Upstream::listen().await;
    let gateway = counting("openai", &upstream)
        .set("/model/options/input_cost", 1_000_000)
        .set("/model/options/output_cost", 1_000_000)
        .start();
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", &fields("statistics-whole"), ASK).await;
    let mut answer: Value = serde_json::from_str(ANSWER).unwrap();
    answer.as_object_mut().unwrap().remove("usage");
    answer["choices"][0]["message"]["content"] = json!(" one two three");
    upstream.call().await.write(json_reply("200 OK", &answer.to_string())).await;
    assert_eq!(client.reply().await.json(), answer, "the client is told what the provider says");
    let line = log.line("statistics-whole").await;
    assert_eq!(told(&line), ([Some(7), Some(3), Some(10)], true), "{line}");
    assert_eq!(line["ai.proxy.usage.cost"], 10.0);

    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", &fields("statistics-stream"), ASK_STREAM).await;
    let mut call = upstream.call().await;
    call.begin_stream().await;
    for text in [" one", " two", " three"] {
        call.chunk(event(text)).await;
    }
    call.chunk(DONE).await;
    call.end_stream().await;
    client.reply().await;
    let line = log.line("statistics-stream").await;
    assert_eq!(told(&line), ([Some(7), Some(3), Some(10)], true), "{line}");
}

#[tokio::test]
async fn whoever_leaves_is_told_with_what_it_got() {
    let log = Log::shared();
    let upstream = Upstream::listen().await;
    let gateway = counting("anthropic", &upstream).start();
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", &fields("statistics-left"), ASK_STREAM).await;
    let mut call = upstream.call().await;
    call.begin_stream().await;
    let begun = anthropic(&["one", " two three", " four five"]);
    call.chunk(&begun[..begun.find("event: content_block_stop").unwrap()]).await;
    client.seen().await;
    drop(client);
    call.gone().await;
    let line = log.line("statistics-left").await;
    assert_eq!(line["outcome"], "client_gone", "{line}");
    // The provider had counted the prompt, and one token of the answer.
    assert_eq!(told(&line), ([Some(5), Some(5), Some(10)], true), "{line}");
}

#[tokio::test]
async fn what_failed_took_nothing() {
    let log = Log::shared();
    let upstream = Upstream::listen().await;
    let gateway = counting("openai", &upstream).start();
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", &fields("statistics-refused"), ASK).await;
    upstream.call().await.write(json_reply("429 Slow Down", "{}")).await;
    assert_eq!(client.reply().await.status, 429);
    let line = log.line("statistics-refused").await;
    assert_eq!(told(&line), ([None; 3], false), "{line}");
}

#[tokio::test]
async fn pictures_are_told_under_names_of_their_own() {
    let log = Log::shared();
    let upstream = Upstream::listen().await;
    let gateway = counting("openai", &upstream)
        .set("/route_type", "image/v1/images/generations")
        .set("/model/options/input_cost", 1_000_000)
        .set("/model/options/output_cost", 2_000_000)
        .start();
    let mut client = Client::connect(gateway.addr()).await;
    let fields = format!("{}content-type: application/json\r\n", fields("statistics-picture"));
    client.post("/chat", &fields, r#"{"model":"m","prompt":"a cat"}"#).await;
    let reply = r#"{"created":1,"data":[{"b64_json":"AA=="}],"usage":{"input_tokens":5,"input_tokens_details":{"text_tokens":5,"image_tokens":0},"output_tokens":7,"total_tokens":12}}"#;
    upstream.call().await.write(json_reply("200 OK", reply)).await;
    assert_eq!(client.reply().await.text(), reply);
    let line = log.line("statistics-picture").await;
    let usage = |name: &str| line[format!("ai.proxy.usage.{name}")].clone();
    assert_eq!([usage("input_tokens"), usage("output_tokens"), usage("total_tokens")], [5, 7, 12], "{line}");
    assert_eq!((usage("prompt_tokens"), usage("cost")), (Value::Null, json!(19.0)), "{line}");
}

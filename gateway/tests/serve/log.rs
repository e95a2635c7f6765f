//! The log: one line for each call, and no key in any of them.

use std::io;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

use super::upstream::{DONE, anthropic};
use super::*;

/// All that any gateway of this process has logged since the first use of this.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(super) fn shared() -> &'static Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        LOG.get_or_init(|| {
            let log = Log::default();
            tracing_subscriber::fmt().json().flatten_event(true).with_writer(log.clone()).init();
            log
        })
    }

    /// The line about a call, as soon as it is there.
    pub(super) async fn line(&self, id: &str) -> Value {
        self.find(|line| line["request_id"] == id).await
    }

    /// The first line that is as it should, as soon as it is there.
    pub(super) async fn find(&self, fits: impl Fn(&Value) -> bool) -> Value {
        let mut clock = tokio::time::interval(Duration::from_millis(1));
        let wait = async {
            loop {
                clock.tick().await;
                if let Some(line) = self.all(&fits).into_iter().next() {
                    return line;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), wait).await.expect("a line")
    }

    /// Every line so far that is as it should.
    pub(super) fn all(&self, fits: impl Fn(&Value) -> bool) -> Vec<Value> {
        let bytes = self.0.lock().unwrap();
        let text = std::str::from_utf8(&bytes).unwrap();
        assert!(!text.contains(KEY), "a key is in the log");
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.filter(|line| fits(line)).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

pub(super) fn fields(id: &str) -> String {
    format!("x-request-id: {id}\r\nauthorization: Bearer of-the-client\r\n")
}

#[tokio::test]
async fn a_call_is_told_under_kongs_names() {
    let log = Log::shared();
    let upstream = Upstream::listen().await;
    let gateway = Setup::new("anthropic", upstream.addr)
        .set("/logging", json!({"log_statistics": true}))
        .set("/model/options/input_cost", 3)
        .set("/model/options/output_cost", 15)
        .start();
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", &fields("log-stream"), &ASK_STREAM.replacen('{', r#"{"seed":1,"#, 1)).await;
    let mut call = upstream.call().await;
    call.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nrequest-id: req_9\r\n\r\n").await;
    call.write(anthropic(&["Hi"])).await;
    call.close().await;
    assert!(client.reply().await.text().ends_with(DONE));
    let line = log.line("log-stream").await;
    let expected = json!({
        "target": "access", "level": "INFO", "status": 200, "outcome": "done", "route": "chat", "service": "ai",
        "dropped": "seed", "upstream_status": 200, "upstream_request_id": "req_9",
        "ai.proxy.meta.provider_name": "anthropic", "ai.proxy.meta.request_model": "m",
        "ai.proxy.meta.response_model": "claude", "ai.proxy.meta.request_mode": "stream",
        "ai.proxy.usage.cost": 0.00012, "ai.proxy.usage.prompt_tokens": 5, "ai.proxy.usage.completion_tokens": 7, "ai.proxy.usage.total_tokens": 12,
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&line[name], value, "{name} in {line}");
    }
    for timing in ["meta.llm_latency", "usage.time_to_first_token", "usage.time_per_token"] {
        assert!(line[format!("ai.proxy.{timing}")].is_f64(), "{timing} in {line}");
    }
}

#[tokio::test]
async fn statistics_are_told_only_where_the_file_says_so() {
    let log = Log::shared();
    let (upstream, gateway) = between("openai").await;
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", &fields("log-plain"), ASK).await;
    upstream.call().await.write(json_reply("200 OK", ANSWER)).await;
    client.reply().await;
    let line = log.line("log-plain").await;
    assert_eq!((&line["status"], &line["ai.proxy.meta.request_mode"]), (&json!(200), &json!("oneshot")));
    assert!(
        !line.as_object().unwrap().keys().any(|name| name.contains("usage") || name.contains("llm_latency")),
        "{line}"
    );
}

#[tokio::test]
async fn bodies_are_told_only_where_the_file_says_so() {
    let log = Log::shared();
    for (id, asked) in [("log-bodies", true), ("log-no-bodies", false)] {
        let upstream = Upstream::listen().await;
        let gateway =
            Setup::new("openai", upstream.addr).set("/logging", json!({"log_payloads": asked})).start();
        let mut client = Client::connect(gateway.addr()).await;
        client.post("/chat", &fields(id), ASK_STREAM).await;
        let mut call = upstream.call().await;
        call.begin_stream().await;
        let events = format!("{}{}{DONE}", upstream::event("one"), upstream::event("two"));
        for event in events.split_inclusive("\n\n") {
            call.chunk(event).await;
        }
        call.end_stream().await;
        assert_eq!(client.reply().await.text(), events);
        let line = log.line(id).await;
        let told = |name: &str| line[format!("ai.proxy.payload.{name}")].as_str().map(str::to_owned);
        assert_eq!(told("request"), asked.then(|| ASK_STREAM.to_owned()), "{line}");
        let reply = told("response").map(|told| serde_json::from_str::<Value>(&told).unwrap());
        assert_eq!(reply.is_some(), asked, "{line}");
        let Some(reply) = reply else { continue };
        assert!(reply["created"].as_u64().is_some_and(|created| created > 1_700_000_000), "{reply}");
        let message = json!({"role": "assistant", "content": "onetwo"});
        assert_eq!((&reply["object"], &reply["model"]), (&json!("chat.completion"), &json!("m")));
        let choice = json!({"index": 0, "message": message, "finish_reason": null});
        assert_eq!(reply["choices"], json!([choice]), "this one gave no reason");
    }
}

#[tokio::test]
async fn whatever_becomes_of_a_call_is_told() {
    let log = Log::shared();
    let (upstream, gateway) = between("openai").await;

    let mut client = Client::connect(gateway.addr()).await;
    client.post("/elsewhere", &fields("log-404"), ASK).await;
    assert_eq!(client.reply().await.status, 404);
    let line = log.line("log-404").await;
    assert_eq!((&line["status"], &line["outcome"]), (&json!(404), &json!("route_not_found")));

    client.post("/chat", &fields("log-400"), "{").await;
    assert_eq!(client.reply().await.status, 400);
    assert_eq!(log.line("log-400").await["outcome"], "request_refused");

    client.post("/chat", &fields("log-429"), ASK).await;
    upstream.call().await.write(json_reply("429 Slow Down", "{}")).await;
    assert_eq!(client.reply().await.status, 429);
    let line = log.line("log-429").await;
    assert_eq!(
        (&line["status"], &line["outcome"], &line["upstream_status"]),
        (&json!(429), &json!("upstream_error"), &json!(429))
    );

    client.post("/chat", &fields("log-cut"), ASK_STREAM).await;
    let mut call = upstream.call().await;
    call.begin_stream().await;
    call.close().await;
    assert_eq!(client.reply().await.last_error(), "upstream_closed");
    let line = log.line("log-cut").await;
    assert_eq!((&line["status"], &line["outcome"]), (&json!(200), &json!("upstream_closed")));

    client.post("/chat", &fields("log-error"), ASK_STREAM).await;
    let mut call = upstream.call().await;
    call.begin_stream().await;
    call.chunk("data: {\"error\":{\"message\":\"no\",\"type\":\"server_error\",\"code\":\"x\"}}\n\n").await;
    assert_eq!(client.reply().await.last_error(), "x");
    assert_eq!(log.line("log-error").await["outcome"], "upstream_error");

    for (id, begin) in [("log-gone-before", false), ("log-gone-within", true)] {
        let mut client = Client::connect(gateway.addr()).await;
        client.post("/chat", &fields(id), ASK_STREAM).await;
        let mut call = upstream.call().await;
        if begin {
            call.begin_stream().await;
            client.head().await;
        }
        drop(client);
        call.gone().await;
        assert_eq!(log.line(id).await["outcome"], "client_gone", "{id}");
    }
}

#[tokio::test]
async fn whoever_leaves_is_told_with_the_tokens_until_then() {
    let log = Log::shared();
    let upstream = Upstream::listen().await;
    let gateway =
        Setup::new("anthropic", upstream.addr).set("/logging", json!({"log_statistics": true})).start();
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", &fields("log-left"), ASK_STREAM).await;
    let mut call = upstream.call().await;
    call.begin_stream().await;
    let begun = anthropic(&["Hi"]);
    call.chunk(&begun[..begun.find("event: content_block_stop").unwrap()]).await;
    client.seen().await;
    drop(client);
    call.gone().await;
    let line = log.line("log-left").await;
    assert_eq!(
        (&line["outcome"], &line["ai.proxy.usage.prompt_tokens"]),
        (&json!("client_gone"), &json!(5)),
        "{line}"
    );
}

#[tokio::test]
async fn every_route_tells_its_tokens() {
    let log = Log::shared();
    let completion = r#"{"id":"cmpl-1","object":"text_completion","created":1,"model":"m","choices":[{"index":0,"text":"Hi","logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":2,"completion_tokens":3,"total_tokens":5}}"#;
    let vectors = r#"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5]}],"model":"m","usage":{"prompt_tokens":4,"total_tokens":4}}"#;
    let titan = r#"{"embedding":[0.5],"inputTextTokenCount":6}"#;
    for (id, provider, model, api, ask, reply, tokens) in [
        ("log-completion", "openai", "m", "completions", r#"{"prompt":"Hello"}"#, completion, [2, 3, 5]),
        ("log-vectors", "openai", "m", "embeddings", r#"{"input":"Hello"}"#, vectors, [4, 0, 4]),
        (
            "log-titan",
            "bedrock",
            "amazon.titan-embed-text-v2:0",
            "embeddings",
            r#"{"input":"Hello"}"#,
            titan,
            [6, 0, 6],
        ),
    ] {
        let upstream = Upstream::listen().await;
        let gateway = Setup::new(provider, upstream.addr)
            .set("/route_type", format!("llm/v1/{api}"))
            .set("/model/name", model)
            .set("/model/options/input_cost", 1_000_000)
            .set("/model/options/output_cost", 1_000_000)
            .set("/logging", json!({"log_statistics": true}))
            .start();
        let mut client = Client::connect(gateway.addr()).await;
        client.post("/chat", &fields(id), ask).await;
        upstream.call().await.write(json_reply("200 OK", reply)).await;
        assert_eq!(client.reply().await.status, 200, "{id}");
        let line = log.line(id).await;
        let told = ["prompt", "completion", "total"]
            .map(|name| line[format!("ai.proxy.usage.{name}_tokens")].as_u64());
        assert_eq!(told, tokens.map(Some), "{line}");
        assert_eq!(
            line["ai.proxy.usage.cost"].as_f64(),
            Some(f64::from(u32::try_from(tokens[2]).unwrap())),
            "{line}"
        );
        assert_eq!(line["ai.proxy.meta.response_model"], model, "{line}");
    }
}

//! What a call was: who was asked, what it took, what it cost, and how long.

use super::log::{Log, fields};
use super::*;

#[tokio::test]
async fn every_target_that_was_asked_is_told() {
    let log = Log::shared();
    let gone = Upstream::listen().await.addr;
    let busy = Upstream::listen().await;
    let last = Upstream::listen().await;
    let targets =
        [("mistral", gone), ("deepseek", busy.addr), ("openai", last.addr)].map(|(provider, addr)| {
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
            told("mistral", gone, None, None),
            told("deepseek", busy.addr, ip, Some(429)),
            told("openai", last.addr, ip, Some(200))
        ])
    );
    assert_eq!(line["ai.proxy.meta.provider_name"], "openai");
}

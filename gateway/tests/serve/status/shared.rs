//! What a route knows by others, as operators see it: embeddings, what is shared, what is kept.

use serde_json::{Value, json};

use super::super::databases::Redis;
use super::super::metrics::read::{look, read};
use super::super::semantic::{CODE, POEMS, Server, setup, who};
use super::super::vectors::until;
use super::check;

async fn told(gateway: &gateway::Gateway) -> Value {
    let told = look(gateway, "/status.json", "").await.json();
    check(&told);
    told
}

#[tokio::test]
async fn embeddings_and_what_is_shared_are_told() {
    let Some(mut redis) = Redis::start() else { return };
    let (model, code, poems) = (Server::model().await, Server::target().await, Server::target().await);
    let vectordb = json!({"strategy": "redis", "dimensions": 3, "distance_metric": "cosine", "redis": {"port": redis.port}});
    let tagged = setup(&model.url, &[(&code, CODE), (&poems, POEMS)]).set("/vectordb", vectordb);
    let tagged = tagged.tagged("touchstone-share:redis").tagged("touchstone-store:redis");
    let gateway = tagged.beside("prometheus", json!({})).watched().start();
    until("the descriptions are known", async || {
        told(&gateway).await["routes"][0]["semantic"]["is_ready"] == true
    })
    .await;
    assert_eq!(who(&gateway, "Rust").await, "openai/m0");
    let route = told(&gateway).await["routes"][0].take();
    let semantic = &route["semantic"];
    assert_eq!(
        [&semantic["provider"], &semantic["model"], &semantic["descriptions"], &semantic["state"]],
        [&json!("openai"), &json!("text-embedding-3-small"), &json!(2), &json!("available")],
        "{route}"
    );
    // Two descriptions and a prompt, a token each.
    let counts = [&semantic["calls"], &semantic["failed"], &semantic["tokens"]];
    assert_eq!(counts, [&json!(3), &json!(0), &json!(3)], "{route}");
    assert!(semantic["seconds"].as_f64().unwrap() > 0.0);
    let database = json!({"strategy": "redis", "state": "lost"});
    assert_eq!(semantic["database"], database, "this one has no vector search");
    assert_eq!([&route["sharing"]["state"], &route["responses"]["state"]], ["available", "available"]);

    drop(model);
    redis.kill();
    until("both losses are seen", async || {
        who(&gateway, "Rust").await;
        let route = told(&gateway).await["routes"][0].take();
        route["semantic"]["state"] == "lost" && route["sharing"]["state"] == "lost"
    })
    .await;
    let text = look(&gateway, "/metrics", "").await.text().to_owned();
    let samples = read(&text);
    let sample = |family: &str, labels: &str| {
        let wanted = format!("touchstone_{family}{{{labels}}}");
        *samples.get(&wanted).unwrap_or_else(|| panic!("{wanted}: {text}"))
    };
    let of = r#"ai_model="text-embedding-3-small",ai_provider="openai""#;
    let route = r#"route="chat",service="ai""#;
    assert_eq!(sample("embedding_calls_total", &format!(r#"{of},outcome="done",{route}"#)), 3.0);
    assert!(sample("embedding_calls_total", &format!(r#"{of},outcome="failed",{route}"#)) >= 1.0);
    assert_eq!(sample("embedding_tokens_total", &format!("{of},{route}")), 3.0);
    assert!(sample("embedding_seconds_total", &format!("{of},{route}")) > 0.0);
    for (what, up) in [("targets", 0.0), ("responses", 1.0), ("vectors", 0.0)] {
        assert_eq!(sample("database_up", &format!(r#"{route},what="{what}""#)), up, "{what}");
    }
    let page = look(&gateway, "/status", "").await.text().to_owned();
    for said in
        ["Embeddings by openai text-embedding-3-small, lost", "Targets are shared with other gateways: lost"]
    {
        assert!(page.contains(said), "{said}");
    }
}

//! Anthropic's Python client, through the bundled gateway, to the mock of every provider that chats: whole and streamed, with tools,
//! as an agent asks, and with errors.

use serde_json::{Value, json};

use super::rows::{ROWS, Row};
use super::{Server, file, nothing_is_strange, played, raised, venv};

#[tokio::test(flavor = "multi_thread")]
async fn anthropics_client_reaches_every_provider() {
    let mocks = played().await;
    let folder = tempfile::tempdir().unwrap();
    let rows = || ROWS.iter().filter(|row| row.chat.is_some() && !row.text_only);
    let routes: Vec<Value> =
        rows().filter_map(|row| row.messages(&mocks.url(row.mock), mocks.credentials())).collect();
    let service = json!({ "name": "ai", "url": "http://127.0.0.1:9", "routes": routes });
    let kong = json!({ "_format_version": "3.0", "services": [service] }).to_string();
    let config = file(folder.path(), "kong.yaml", &kong);
    let gateway = Server::start(&["gateway", "--config", &config, "--listen", "127.0.0.1:0"], &[]);
    let url = format!("http://{}", gateway.address);
    let asked: Value = rows().map(|row| json!({ "id": row.id, "chat": row.chat })).collect();
    let asked = asked.to_string();
    let Some(seen) = venv::NEWEST.run_with("anthropic_everywhere.py", &[&url, &asked]).await else { return };
    println!("{seen:#}");
    rows().for_each(|row| messages(row, &seen[row.id]));
    nothing_is_strange(&mocks);
    let (code, log) = gateway.terminate();
    assert_eq!(code, Some(0));
    let leaked = mocks.credentials().secrets().find(|secret| log.contains(secret));
    assert_eq!((leaked, log.contains("sk-of-the-client")), (None, false), "a key is in the log");
}

fn messages(row: &Row, seen: &Value) {
    let id = row.id;
    let calls = json!([["weather", { "city": "Paris" }], ["now", {}]]);
    for manner in ["whole", "streamed"] {
        let counted = manner == "whole" || row.counts_streams;
        let usage = if counted { json!([20, 7]) } else { json!([0, 0]) };
        let text = &seen[manner]["text"];
        assert_eq!((&text["text"], &text["finish"]), (&json!("Hello"), &json!("end_turn")), "{id} {manner}");
        assert_eq!((&text["usage"], &text["calls"]), (&usage, &json!([])), "{id} {manner}");
        let called = &seen[manner]["calls"];
        assert_eq!((&called["calls"], &called["finish"]), (&calls, &json!("tool_use")), "{id} {manner}");
        assert_eq!((&called["ids"], &called["usage"]), (&json!(2), &usage), "{id} {manner}: ids differ");
    }
    assert_eq!(seen["pieces"], json!(["Hel", "lo"]), "{id}");
    assert_eq!(seen["turn"], json!(["tool_use", "weather", "end_turn", true]), "{id}");
    assert_eq!(seen["agent"], json!(["message", "assistant", true, "Hello"]), "{id}");
    let events: Vec<&str> =
        seen["events"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let count = |kind: &str| events.iter().filter(|event| **event == kind).count();
    assert_eq!(
        (count("content_block_start"), count("content_block_stop"), count("overlap")),
        (2, 2, 0),
        "{id}"
    );
    assert_eq!((events.first(), events.last()), (Some(&"message_start"), Some(&"message_stop")), "{id}");
    let errors = &seen["errors"];
    if row.mock == "anthropic" {
        assert!(seen["count"].as_u64().is_some_and(|count| count > 0), "{id}: {}", seen["count"]);
    } else {
        raised(id, &seen["count"], "NotFoundError", Some(404), "/v1/messages only");
    }
    raised(id, &errors["cut"], "APIStatusError", Some(200), "ended");
    raised(id, &errors["rate"], "RateLimitError", Some(429), "slow down");
    raised(id, &errors["streamed"], "RateLimitError", Some(429), "slow down");
    raised(id, &errors["server"], "InternalServerError", Some(500), "broken");
    raised(id, &errors["middle"], "APIStatusError", Some(200), row.failure);
    raised(id, &errors["model"], "BadRequestError", Some(400), "");
}

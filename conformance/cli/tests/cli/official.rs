//! OpenAI's Python client, through the bundled gateway, to the mock of every provider: whole and streamed, with tools and
//! errors, completions and vectors. One file configures all of it.
#![expect(clippy::unwrap_used, reason = "the helpers of tests are tests too")]

mod assistants;
mod batches;
mod files;
mod messages;
mod native;
mod realtime;
mod responses;
mod responses_everywhere;
mod rows;
#[path = "../../../../mocks/tests/mocks/official/venv.rs"]
#[expect(dead_code, reason = "the mocks' own tests use all of it")]
mod venv;
mod videos;
mod works;

use std::collections::BTreeSet;

use mocks::journal::Auth;
use mocks::script::{Block, Cut, Failure, Fault, Interruption, Kind, Pieces, Reply, Script, Usage};
use mocks::{Mocks, Options};
use serde_json::{Value, json};

use super::binary::{Server, file};
use rows::{ROWS, Row};

#[tokio::test(flavor = "multi_thread")]
async fn openais_client_reaches_every_provider() {
    let mocks = played().await;
    let folder = tempfile::tempdir().unwrap();
    let config = file(folder.path(), "kong.yaml", &kong(&mocks).to_string());
    let gateway = Server::start(&["gateway", "--config", &config, "--listen", "127.0.0.1:0"], &[]);
    let url = format!("http://{}", gateway.address);
    let asked: Vec<Value> = ROWS.iter().map(asked).collect();
    let asked = Value::from(asked).to_string();
    let Some(seen) = venv::NEWEST.run_with("openai_everywhere.py", &[&url, &asked]).await else { return };
    println!("{seen:#}");
    for row in ROWS {
        let seen = &seen[row.id];
        if row.text_only {
            text_only(row, &seen["chat"]);
        } else if row.chat.is_some() {
            chat(row, &seen["chat"]);
        }
        if row.completions.is_some() {
            completions(row, &seen["completions"]);
        }
        if row.embeddings.is_some() {
            embeddings(row, &seen["embeddings"]);
        }
    }
    nothing_is_strange(&mocks);
    let (code, log) = gateway.terminate();
    assert_eq!(code, Some(0));
    let leaked = mocks.credentials().secrets().find(|secret| log.contains(secret));
    assert_eq!((leaked, log.contains("sk-of-the-client")), (None, false), "a key is in the log");
}

#[test]
fn every_mock_is_reached() {
    let reached: BTreeSet<&str> = ROWS.iter().map(|row| row.mock).collect();
    let known: BTreeSet<&str> = mocks::provider::names().collect();
    assert_eq!(reached, known, "a mock came or went: say in ROWS how the gateway reaches it");
}

/// Mocks that know the script's markers, each at a port of its own.
async fn played() -> Mocks {
    let ports = mocks::provider::names().map(|name| (name.to_owned(), 0)).collect();
    let mocks = mocks::start_with(Options { ports, ..Options::default() }).await.unwrap();
    let usage = Usage { prompt: Some(20), completion: Some(7), ..Usage::default() };
    let text = || Reply { usage: Some(usage), ..Reply::text(["Hel", "lo"]) };
    let calls = vec![
        Block::call("call_1", "weather", ["{\"city\":", "\"Paris\"}"]),
        Block::call("call_2", "now", Pieces::default()),
    ];
    let middle =
        Interruption { after_event: 2, kind: Some(Kind::Server), message: Some("in the middle".to_owned()) };
    let cut = Cut { after_event: Some(2), ..Cut::default() };
    for (marker, reply) in [
        ("text", text()),
        ("calls", Reply { content: Some(calls), usage: Some(usage), ..Reply::default() }),
        ("rate", Reply::error(Failure::new(Kind::RateLimit, "slow down"))),
        ("server", Reply::error(Failure::new(Kind::Server, "broken"))),
        ("middle", text().with_fault(Fault { error: Some(middle), ..Fault::default() })),
        ("cut", text().with_fault(Fault { cut: Some(cut), ..Fault::default() })),
    ] {
        mocks.add(Script::new(format!("[[{marker}]]"), reply));
    }
    mocks
}

fn kong(mocks: &Mocks) -> Value {
    let routes = ROWS.iter().flat_map(|row| row.routes(&mocks.url(row.mock), mocks.credentials()));
    let service = json!({ "name": "ai", "url": "http://127.0.0.1:9", "routes": routes.collect::<Vec<_>>() });
    json!({ "_format_version": "3.0", "services": [service] })
}

fn asked(row: &Row) -> Value {
    let Row { id, chat, completions, embeddings, inputs, text_only, .. } = row;
    json!({
        "id": id,
        "chat": chat,
        "completions": completions,
        "embeddings": embeddings,
        "inputs": inputs,
        "text_only": text_only,
    })
}

fn text_only(row: &Row, seen: &Value) {
    let id = row.id;
    for manner in ["text", "streamed"] {
        let text = &seen[manner];
        assert_eq!((&text["text"], &text["finish"]), (&json!("Hello"), &json!("stop")), "{id} {manner}");
        assert_eq!(text["usage"], json!([20, 7, 27]), "{id} {manner}");
    }
    let errors = &seen["errors"];
    raised(id, &errors["rate"], "RateLimitError", Some(429), "slow down");
    raised(id, &errors["server"], "InternalServerError", Some(500), "broken");
    raised(id, &errors["streamed"], "RateLimitError", Some(429), "slow down");
    raised(id, &errors["tools"], "BadRequestError", Some(400), "no tools");
    raised(id, &errors["model"], "BadRequestError", Some(400), "");
}

fn chat(row: &Row, seen: &Value) {
    let id = row.id;
    let usage = json!([20, 7, 27]);
    let calls = json!([["weather", { "city": "Paris" }], ["now", {}]]);
    for manner in ["whole", "streamed"] {
        let usage = if manner == "streamed" && !row.counts_streams { &Value::Null } else { &usage };
        let text = &seen[manner]["text"];
        assert_eq!((&text["text"], &text["finish"]), (&json!("Hello"), &json!("stop")), "{id} {manner}");
        assert_eq!((&text["usage"], &text["calls"]), (usage, &json!([])), "{id} {manner}");
        let called = &seen[manner]["calls"];
        assert_eq!((&called["calls"], &called["finish"]), (&calls, &json!("tool_calls")), "{id} {manner}");
        assert_eq!((&called["ids"], &called["usage"]), (&json!(2), usage), "{id} {manner}: ids differ");
    }
    assert_eq!(seen["pieces"], json!(["Hel", "lo"]), "{id}");
    assert_eq!(seen["turn"], json!(["tool_calls", "weather", "stop", true]), "{id}");
    let errors = &seen["errors"];
    raised(id, &errors["rate"], "RateLimitError", Some(429), "slow down");
    raised(id, &errors["streamed"], "RateLimitError", Some(429), "slow down");
    raised(id, &errors["server"], "InternalServerError", Some(500), "broken");
    raised(id, &errors["middle"], "APIError", None, row.failure);
    raised(id, &errors["cut"], "APIError", None, "ended");
    raised(id, &errors["model"], "BadRequestError", Some(400), "");
}

fn completions(row: &Row, seen: &Value) {
    let id = row.id;
    let usage = if row.counts_completions { json!([20, 7, 27]) } else { Value::Null };
    assert_eq!(seen["whole"], json!(["text_completion", "Hello", "stop", usage]), "{id}");
    assert_eq!(seen["streamed"], json!(["Hello", ["stop"]]), "{id}");
    raised(id, &seen["rate"], "RateLimitError", Some(429), "slow down");
}

fn embeddings(row: &Row, seen: &Value) {
    let (id, vectors) = (row.id, &seen["vectors"]);
    let places: Vec<usize> = (0..row.inputs).collect();
    assert_eq!((&vectors["vectors"], &vectors["places"]), (&json!(row.inputs), &json!(places)), "{id}");
    assert!(vectors["length"].as_u64().is_some_and(|length| length >= 256), "{id}: {vectors}");
    assert_eq!(vectors["near"], true, "{id}: base64 and numbers say the same");
    assert_eq!(vectors["tokens"].as_u64().is_some_and(|tokens| tokens > 0), row.counts_vectors, "{id}");
    raised(id, &seen["rate"], "RateLimitError", Some(429), "slow down");
}

/// An exception that the client raised: its most special class, its HTTP status, a part of its text.
fn raised(id: &str, error: &Value, class: &str, status: Option<u64>, text: &str) {
    assert_eq!(error["raised"][0], class, "{id}: {error}");
    assert_eq!(error["status"].as_u64(), status, "{id}: {error}");
    assert!(error["text"].as_str().unwrap().contains(text), "{id}: {error}");
}

/// Nothing that the gateway sent breaks a provider's rules, and all of it had that provider's key.
fn nothing_is_strange(mocks: &Mocks) {
    let entries = mocks.journal(None);
    assert!(entries.len() > ROWS.len() * 10, "only {} calls", entries.len());
    for entry in entries {
        assert_eq!(entry.auth, Auth::Ok, "{entry:?}");
        assert!(entry.violations.is_empty(), "{entry:?}");
    }
}

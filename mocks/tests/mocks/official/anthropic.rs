//! Anthropic's client, in the newest generation and in the one before: each speaks its own version of the API.

use serde_json::{Value, json};

use super::venv::{CLASSIC, NEWEST, Venv};
use super::{nothing_is_strange, played, raised};

#[tokio::test]
async fn anthropics_newest_client_understands_all() {
    understands(&NEWEST, "2.", "2026-10-21").await;
}

#[tokio::test]
async fn anthropics_classic_client_understands_all() {
    understands(&CLASSIC, "0.", "2023-06-01").await;
}

async fn understands(venv: &Venv, generation: &str, version: &str) {
    let mocks = played().await;
    let Some(seen) = venv.run("anthropic_messages.py", &mocks.url("anthropic")).await else { return };
    println!("{seen:#}");
    assert!(seen["version"].as_str().unwrap().starts_with(generation));
    let entry = mocks.journal(Some("[[text]]")).remove(0);
    assert_eq!(entry.variant.as_deref(), Some(version));
    for manner in ["whole", "streamed"] {
        let seen = &seen[manner];
        let text = &seen["text"];
        assert_eq!(
            (&text["blocks"], &text["finish"]),
            (&json!([{ "type": "text", "text": "Hello" }]), &json!("end_turn"))
        );
        assert_eq!(text["usage"], json!([10, 7, 8, 2]));
        let call = |id: &str, name: &str, input: Value| json!({ "type": "tool_use", "id": id, "name": name, "input": input });
        let calls =
            json!([call("call_1", "weather", json!({ "city": "Paris" })), call("call_2", "now", json!({}))]);
        assert_eq!((&seen["calls"]["blocks"], &seen["calls"]["finish"]), (&calls, &json!("tool_use")));
        let thought = json!({ "type": "thinking", "thinking": "Let me", "signature": "c2ln" });
        assert_eq!(seen["think"]["blocks"], json!([thought, { "type": "text", "text": "So." }]));
    }
    assert!(seen["streamed"]["text"]["events"].as_array().unwrap().contains(&json!("message_stop")));
    assert_eq!(seen["pieces"], json!(["Hel", "lo"]));
    let turn = &seen["own_turn_with_tools"];
    assert_eq!((&turn[0], &turn[1], &turn[3]), (&json!("tool_use"), &json!("weather"), &json!("end_turn")));
    assert!(turn[2]["city"].is_string() && turn[4].as_str().unwrap().contains("clear sky"));
    assert_eq!(seen["own_thought"], json!(["thinking", "text"]));
    assert!(seen["counted"].as_u64().is_some_and(|tokens| tokens > 2));
    assert_eq!(seen["models"], true);
    completes(&seen["completed"], generation == "0.");

    let errors = &seen["errors"];
    raised(&errors["rate"], "RateLimitError", "APIStatusError", Some(429), "slow down");
    raised(&errors["server"], "InternalServerError", "APIStatusError", Some(500), "broken");
    raised(&errors["overloaded"], "OverloadedError", "APIStatusError", Some(529), "too much");
    raised(&errors["invalid"], "BadRequestError", "APIStatusError", Some(400), "max_tokens");
    raised(&errors["missing"], "NotFoundError", "APIStatusError", Some(404), "no such model");
    raised(&errors["key"], "AuthenticationError", "APIStatusError", Some(401), "authentication_error");
    raised(&errors["middle"], "APIStatusError", "APIError", Some(200), "in the middle");
    raised(&errors["cut"], "RemoteProtocolError", "TransportError", None, "incomplete");
    nothing_is_strange(&mocks, 1);
}

#[tokio::test]
async fn anthropics_newest_client_reaches_vertex() {
    reaches_vertex(&NEWEST, "2026-10-21").await;
}

#[tokio::test]
async fn anthropics_classic_client_reaches_vertex() {
    reaches_vertex(&CLASSIC, "vertex-2023-10-16").await;
}

async fn reaches_vertex(venv: &Venv, version: &str) {
    let mocks = played().await;
    let Some(seen) = venv.run("anthropic_vertex.py", &mocks.url("vertex")).await else { return };
    println!("{seen:#}");
    let entry = mocks.journal(Some("[[text]]")).remove(0);
    assert_eq!(entry.variant.as_deref(), Some(version));
    let model = "claude-sonnet-4-5@20250929";
    for manner in ["whole", "streamed"] {
        let seen = &seen[manner];
        assert_eq!(seen["text"], json!([[{ "type": "text", "text": "Hello" }], "end_turn", model]));
        let called = &seen["calls"][0];
        assert_eq!(
            (called[0]["input"].clone(), &called[1]["name"]),
            (json!({ "city": "Paris" }), &json!("now"))
        );
        assert_eq!(
            (&seen["calls"][1], &seen["think"][0][0]["thinking"]),
            (&json!("tool_use"), &json!("Let me"))
        );
    }
    assert!(seen["counted"].as_u64().is_some_and(|tokens| tokens > 1));
    let errors = &seen["errors"];
    raised(&errors["rate"], "RateLimitError", "APIStatusError", Some(429), "slow down");
    // The older client for Vertex AI knows no class of its own for it.
    let overloaded = if version == "2026-10-21" { "OverloadedError" } else { "InternalServerError" };
    raised(&errors["overloaded"], overloaded, "APIStatusError", Some(529), "too much");
    raised(&errors["invalid"], "BadRequestError", "APIStatusError", Some(400), "max_tokens");
    raised(&errors["key"], "AuthenticationError", "APIStatusError", Some(401), "UNAUTHENTICATED");
    raised(&errors["middle"], "APIStatusError", "APIError", Some(200), "in the middle");
    raised(&errors["cut"], "RemoteProtocolError", "TransportError", None, "incomplete");
    nothing_is_strange(&mocks, 1);
}

/// Only the older generation knows text completions.
fn completes(seen: &Value, is_older: bool) {
    if !is_older {
        return assert!(seen.is_null(), "{seen}");
    }
    assert_eq!(seen["whole"], json!(["Hello", "stop_sequence", "claude-2.1"]));
    assert_eq!(seen["streamed"], json!(["Hello", [null, null, "stop_sequence"]]));
    raised(&seen["rate"], "RateLimitError", "APIStatusError", Some(429), "slow down");
    raised(&seen["middle"], "APIStatusError", "APIError", Some(200), "in the middle");
    raised(&seen["newer"], "BadRequestError", "APIStatusError", Some(400), "use the Messages API");
}

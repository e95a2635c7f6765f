//! OpenAI's Responses API: every reply and every event is held against the document.

mod elsewhere;
mod kept;
mod output;
mod refusals;

use mocks::Mocks;
use mocks::script::{Block, Reply};
use serde_json::{Value, json};

use crate::client::{self, exchange, request};
use crate::judged;

pub(crate) const PATH: &str = "/v1/responses";

/// A good reply, whole.
pub(crate) async fn create(mocks: &Mocks, body: &Value) -> Value {
    let reply = judged::post(mocks, "openai", PATH, body).await;
    judged::whole(&judged::operation("openai", "POST", PATH), &reply)
}

/// A good reply as events, folded too.
pub(crate) async fn stream(mocks: &Mocks, body: &Value) -> Vec<Value> {
    let mut body = body.clone();
    body["stream"] = true.into();
    let reply = judged::post(mocks, "openai", PATH, &body).await;
    let events = judged::streamed(&judged::operation("openai", "POST", PATH), &reply);
    for (name, data) in reply.events() {
        assert_eq!(name, data["type"].as_str().unwrap(), "an event is named as its type");
    }
    pieces_are_the_whole(&events);
    events
}

/// Another method on a path below, with the operation that judges it.
pub(crate) async fn send(mocks: &Mocks, method: &str, path: &str) -> client::Reply {
    let full = format!("/openai{path}");
    exchange(mocks, &request(method, &full, &[("authorization", "Bearer sk-touchstone")], b"")).await
}

pub(crate) async fn good(mocks: &Mocks, method: &str, path: &str) -> Value {
    judged::whole(&judged::operation("openai", method, path), &send(mocks, method, path).await)
}

/// An error in the service's shape: status, message, param, code.
pub(crate) fn refused(reply: &client::Reply, method: &str, path: &str) -> (u16, String, Value, Value) {
    let (status, body) = judged::refused(&judged::operation("openai", method, path), reply);
    let error = &body["error"];
    assert_eq!(error["type"], "invalid_request_error", "{body}");
    (status, error["message"].as_str().unwrap().to_owned(), error["param"].clone(), error["code"].clone())
}

pub(crate) fn ask(text: &str) -> Value {
    json!({ "model": "gpt-4o", "input": text })
}

pub(crate) fn blocks(content: Vec<Block>) -> Reply {
    Reply { content: Some(content), ..Reply::default() }
}

/// All deltas of an item or part, put together, are what its `done` events say; and all items are the response's output.
fn pieces_are_the_whole(events: &[Value]) {
    let mut said = std::collections::BTreeMap::<String, String>::new();
    let mut items = Vec::new();
    for event in events {
        let kind = event["type"].as_str().unwrap();
        let place = |kind: &str| {
            format!("{kind} {} {} {}", event["output_index"], event["content_index"], event["summary_index"])
        };
        if let Some(of) = kind.strip_suffix(".delta") {
            *said.entry(place(of)).or_default() += event["delta"].as_str().unwrap();
            let length = event["delta"].as_str().unwrap().chars().count();
            let padding = event["obfuscation"].as_str().map_or(0, str::len);
            assert!(padding == 0 || (length + padding).is_multiple_of(16), "{event}");
        } else if let Some(of) = kind.strip_suffix(".done").filter(|of| *of != "response.output_item") {
            let member = ["text", "refusal", "arguments", "input"];
            if let Some(whole) = member.iter().find_map(|member| event[*member].as_str()) {
                assert_eq!(said.remove(&place(of)).unwrap_or_default(), whole, "{event}");
            }
        } else if kind == "response.output_item.done" {
            let index = usize::try_from(event["output_index"].as_u64().unwrap()).unwrap();
            items.resize(items.len().max(index + 1), Value::Null);
            items[index] = event["item"].clone();
        }
    }
    assert!(said.is_empty(), "deltas without end: {said:?}");
    let last = events.last().unwrap();
    assert_eq!(last["response"]["output"], Value::Array(items), "{last:#}");
}

/// The same value with every id and drawn time made equal, to be compared with another one.
pub(crate) fn nameless(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(nameless).collect(),
        Value::Object(members) => {
            let drawn = ["id", "created_at", "completed_at", "encrypted_content", "file_id", "logprob"];
            let member = |(name, value): (&String, &Value)| {
                let hidden = drawn.contains(&name.as_str()) && !value.is_null();
                (name.clone(), if hidden { json!("drawn") } else { nameless(value) })
            };
            Value::Object(members.iter().map(member).collect())
        }
        other => other.clone(),
    }
}

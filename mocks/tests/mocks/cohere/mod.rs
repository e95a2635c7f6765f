//! Cohere in both versions, held against its document; what its own clients rely on.

mod chat;
mod others;
mod refusals;

use serde_json::{Value, json};

const CHAT: &str = "/v2/chat";
const CHAT_V1: &str = "/v1/chat";
const GENERATE: &str = "/v1/generate";

fn with(mut body: Value, more: &Value) -> Value {
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

fn ask(more: &Value) -> Value {
    let messages = json!([{ "role": "user", "content": "[[here]] What is the weather in Paris?" }]);
    with(json!({ "model": "command-a-03-2025", "messages": messages }), more)
}

fn ask_v1(more: &Value) -> Value {
    with(json!({ "message": "[[here]] What is the weather in Paris?" }), more)
}

/// The texts of all events at a place.
fn join(events: &[Value], pointer: &str) -> String {
    events.iter().filter_map(|event| event.pointer(pointer)?.as_str()).collect()
}

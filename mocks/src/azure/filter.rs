//! What [content filters](https://learn.microsoft.com/en-us/azure/ai-foundry/openai/concepts/content-filter) found: nothing. A stream
//! begins with what they say of the prompt, in a chunk that has no name and no choice.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::provider::Event;
use crate::wire::sse;

/// A whole reply, with what was found.
pub(super) fn reply(body: &[u8]) -> Bytes {
    let Ok(mut reply) = serde_json::from_slice::<Value>(body) else { return Bytes::copy_from_slice(body) };
    reply["prompt_filter_results"] = prompt();
    judge(&mut reply);
    reply.to_string().into()
}

/// The chunks of a stream, with what was found.
pub(super) fn stream(events: Vec<Event>) -> Vec<Event> {
    let first = json!({ "choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": prompt() });
    let first = Event { name: "".into(), bytes: sse::frame("", first.to_string().as_bytes()) };
    std::iter::once(first).chain(events.into_iter().map(chunk)).collect()
}

/// One chunk; what is none, such as the end, stays as it is.
fn chunk(event: Event) -> Event {
    let data =
        event.bytes.strip_prefix(b"data: ").and_then(|data| serde_json::from_slice::<Value>(data).ok());
    match data {
        Some(mut chunk) => {
            judge(&mut chunk);
            Event { bytes: sse::frame("", chunk.to_string().as_bytes()), ..event }
        }
        None => event,
    }
}

fn judge(reply: &mut Value) {
    for choice in reply["choices"].as_array_mut().into_iter().flatten() {
        let says = |member: &str| choice[member]["content"].is_string() || choice["text"].is_string();
        let results = if says("message") || says("delta") { found() } else { json!({}) };
        choice["content_filter_results"] = results;
    }
}

fn prompt() -> Value {
    json!([{ "prompt_index": 0, "content_filter_results": found() }])
}

/// By category.
pub(super) fn found() -> Value {
    let safe = json!({ "filtered": false, "severity": "safe" });
    json!({ "hate": safe, "self_harm": safe, "sexual": safe, "violence": safe })
}

//! What [content filters](https://learn.microsoft.com/en-us/azure/ai-foundry/openai/concepts/content-filter) found. A stream begins
//! with what they say of the prompt, in a chunk that has no name and no choice. Of the answer they speak in each chunk;
//! [asynchronous ones](https://learn.microsoft.com/en-us/azure/ai-foundry/openai/concepts/content-streaming) speak later, in chunks without a delta.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::provider::Event;
use crate::wire::sse;

/// A whole reply, with what was found.
pub(super) fn reply(body: &[u8]) -> Bytes {
    let Ok(mut reply) = serde_json::from_slice::<Value>(body) else { return Bytes::copy_from_slice(body) };
    reply["prompt_filter_results"] = prompt();
    for choice in choices(&mut reply) {
        judge(choice);
    }
    reply.to_string().into()
}

/// The chunks of a stream, with what was found in each.
pub(super) fn stream(events: Vec<Event>) -> Vec<Event> {
    let judged = events.into_iter().map(|event| match read(&event) {
        Some(mut chunk) => {
            choices(&mut chunk).for_each(judge);
            write(&chunk)
        }
        None => event,
    });
    std::iter::once(first()).chain(judged).collect()
}

/// The same where the filter works beside the model: it has looked at every second piece by then, and at the last one
/// after its end.
pub(super) fn late_stream(events: Vec<Event>) -> Vec<Event> {
    let mut judged = vec![first()];
    let mut looks: BTreeMap<u64, Look> = BTreeMap::new();
    for event in events {
        let Some(mut chunk) = read(&event) else {
            judged.push(event);
            continue;
        };
        let mut found = Vec::new();
        for choice in choices(&mut chunk) {
            choice["content_filter_results"] = json!({});
            let index = choice["index"].as_u64().unwrap_or_default();
            found.extend(looks.entry(index).or_default().at(index, choice));
        }
        judged.push(write(&chunk));
        judged.extend(found.iter().map(write));
    }
    judged
}

/// How far a filter has looked at one choice, in characters.
#[derive(Default)]
struct Look {
    pieces: usize,
    looked: usize,
    said: usize,
}

impl Look {
    /// What it tells after this piece, if anything.
    fn at(&mut self, index: u64, choice: &Value) -> Option<Value> {
        let text = said(choice, "delta").map_or(0, |text| text.chars().count());
        self.said += text;
        self.pieces += usize::from(text > 0);
        let is_due = text > 0 && self.pieces.is_multiple_of(2) || choice["finish_reason"].is_string();
        let is_stopped = choice["finish_reason"] == "content_filter";
        if !is_due || self.said == self.looked && !is_stopped {
            return None;
        }
        let offsets =
            json!({ "check_offset": self.looked, "start_offset": self.looked, "end_offset": self.said });
        self.looked = self.said;
        let choice = json!({
            "index": index,
            "finish_reason": null,
            "content_filter_results": results(choice),
            "content_filter_offsets": offsets,
        });
        Some(json!({ "choices": [choice], "created": 0, "id": "", "model": "", "object": "" }))
    }
}

fn first() -> Event {
    let first = json!({ "choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": prompt() });
    write(&first)
}

/// A chunk; what is none, such as the end, stays as it is.
fn read(event: &Event) -> Option<Value> {
    event.bytes.strip_prefix(b"data: ").and_then(|data| serde_json::from_slice(data).ok())
}

fn write(chunk: &Value) -> Event {
    Event { name: "".into(), bytes: sse::frame("", chunk.to_string().as_bytes()) }
}

fn choices(reply: &mut Value) -> impl Iterator<Item = &mut Value> {
    reply["choices"].as_array_mut().into_iter().flatten()
}

fn judge(choice: &mut Value) {
    let says = said(choice, "message").or_else(|| said(choice, "delta")).is_some();
    let is_stopped = choice["finish_reason"] == "content_filter";
    choice["content_filter_results"] = if says || is_stopped { results(choice) } else { json!({}) };
}

/// What a choice says, whole or in pieces.
fn said<'a>(choice: &'a Value, member: &str) -> Option<&'a str> {
    choice[member]["content"].as_str().or_else(|| choice["text"].as_str())
}

/// What was found in an answer: nothing, unless that is why it ended.
fn results(choice: &Value) -> Value {
    if choice["finish_reason"] == "content_filter" { violent() } else { safe() }
}

fn prompt() -> Value {
    let mut found = safe();
    found["jailbreak"] = json!({ "filtered": false, "detected": false });
    json!([{ "prompt_index": 0, "content_filter_results": found }])
}

/// Nothing, by category.
fn safe() -> Value {
    let safe = json!({ "filtered": false, "severity": "safe" });
    json!({ "hate": safe, "self_harm": safe, "sexual": safe, "violence": safe })
}

/// What stops an answer, or keeps a prompt from one.
pub(super) fn violent() -> Value {
    let mut found = safe();
    found["violence"] = json!({ "filtered": true, "severity": "medium" });
    found
}

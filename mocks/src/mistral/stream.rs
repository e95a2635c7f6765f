//! A streamed answer: who speaks, pieces, and a last chunk with the calls, the reason and the usage; then `[DONE]`.

use std::collections::VecDeque;

use bytes::Bytes;
use serde_json::{Value, json};

use super::{logprobs, reply};
use crate::answer::{Answer, Choice};
use crate::provider::{Call, Event};
use crate::script::{Block, Reasoning};

/// The most letters that a chunk is padded with.
const PADDING: u64 = 36;

/// All events of a streamed reply.
pub(super) fn events(call: &Call<'_>, answer: &Answer<'_>) -> Vec<Event> {
    let mut lanes: Vec<VecDeque<Value>> =
        answer.choices.iter().enumerate().map(|(index, choice)| pieces(call, index, choice)).collect();
    let mut choices = Vec::new();
    while lanes.iter().any(|lane| !lane.is_empty()) {
        choices.extend(lanes.iter_mut().filter_map(VecDeque::pop_front));
    }
    let (id, last) = (reply::id(call, answer), choices.len().saturating_sub(1));
    let chunks = choices.into_iter().enumerate().map(|(at, choice)| {
        let size = call.draw.number(&format!("padding {at}"), PADDING);
        let mut chunk = json!({
            "id": id,
            "object": "chat.completion.chunk",
            "created": call.draw.created(),
            "model": answer.model,
            "choices": [choice],
            "p": &"abcdefghijklmnopqrstuvwxyz0123456789"[..usize::try_from(size).unwrap_or_default()],
        });
        if at == last {
            chunk["usage"] = reply::usage(answer.usage);
        }
        framed(&chunk)
    });
    let done = Event { name: "[DONE]".into(), bytes: Bytes::from_static(b"data: [DONE]\n\n") };
    chunks.chain([done]).collect()
}

/// The pieces of one choice.
fn pieces(call: &Call<'_>, index: usize, choice: &Choice<'_>) -> VecDeque<Value> {
    let piece = |delta: Value| json!({ "index": index, "delta": delta, "finish_reason": null });
    let mut pieces = VecDeque::from([piece(json!({ "role": "assistant", "content": "" }))]);
    for block in choice.blocks.iter() {
        match block {
            Block::Text(texts) | Block::Refusal(texts) => pieces.extend(texts.iter().map(|text| {
                let mut piece = piece(json!({ "content": text }));
                if let Some(logprobs) = logprobs::of(call, text) {
                    piece["logprobs"] = logprobs;
                }
                piece
            })),
            Block::Reasoning(thought) => {
                pieces
                    .extend(thoughts(thought).into_iter().map(|chunk| piece(json!({ "content": [chunk] }))));
            }
            Block::ToolCall(_) => (),
        }
    }
    let mut delta = json!({ "content": "" });
    let calls = reply::calls(call, index, choice);
    if !calls.is_empty() {
        delta["tool_calls"] = Value::Array(calls);
    }
    pieces
        .push_back(json!({ "index": index, "delta": delta, "finish_reason": reply::finish(choice.finish) }));
    pieces
}

/// The last piece of a thought proves it.
fn thoughts(thought: &Reasoning) -> Vec<Value> {
    if thought.redacted.is_some() {
        return vec![reply::thinking(thought, "")];
    }
    let last = thought.text.iter().count().saturating_sub(1);
    let unsigned = Reasoning { signature: None, ..thought.clone() };
    let piece = |(at, text): (usize, &str)| {
        let thought = if at == last { thought } else { &unsigned };
        reply::thinking(thought, text)
    };
    thought.text.iter().enumerate().map(piece).collect()
}

/// One event.
pub(super) fn framed(data: &Value) -> Event {
    Event { name: "".into(), bytes: crate::wire::sse::frame("", data.to_string().as_bytes()) }
}

//! [Events of a message](https://docs.claude.com/en/docs/build-with-claude/streaming): start, blocks, delta, stop; a ping after the first start.

use serde_json::{Value, json};

use super::reply;
use crate::answer::Answer;
use crate::provider::{Call, Event};
use crate::script::{Block, Pieces, Reasoning};
use crate::wire::sse;

/// All events of a streamed reply.
pub(super) fn events(call: &Call<'_>, answer: &Answer<'_>) -> Vec<Event> {
    let blocks = answer.choices.first().map_or(&[][..], |choice| &choice.blocks);
    let mut events = vec![event(
        "message_start",
        &json!({ "type": "message_start", "message": reply::start(call, answer) }),
    )];
    for (index, block) in blocks.iter().enumerate() {
        let (opening, deltas) = parts(call, index, block);
        let start = json!({ "type": "content_block_start", "index": index, "content_block": opening });
        events.push(event("content_block_start", &start));
        if index == 0 {
            events.push(event("ping", &json!({ "type": "ping" })));
        }
        events.extend(deltas);
        let stop = json!({ "type": "content_block_stop", "index": index });
        events.push(event("content_block_stop", &stop));
    }
    let usage = reply::delta_usage(answer.usage);
    let end = json!({ "type": "message_delta", "delta": reply::end(answer), "usage": usage });
    events.push(event("message_delta", &end));
    events.push(event("message_stop", &json!({ "type": "message_stop" })));
    events
}

/// A named event.
pub(super) fn event(name: &'static str, data: &Value) -> Event {
    Event { name: name.into(), bytes: sse::frame(name, data.to_string().as_bytes()) }
}

/// How a block opens, and its deltas.
fn parts(call: &Call<'_>, index: usize, block: &Block) -> (Value, Vec<Event>) {
    match block {
        Block::Text(text) | Block::Refusal(text) => {
            (json!({ "type": "text", "text": "" }), deltas(index, "text_delta", "text", text))
        }
        Block::Reasoning(Reasoning { redacted: Some(data), .. }) => {
            (json!({ "type": "redacted_thinking", "data": data }), Vec::new())
        }
        Block::Reasoning(reasoning) => {
            let mut events = deltas(index, "thinking_delta", "thinking", &reasoning.text);
            let signature = Pieces(vec![reply::signature(call, index, reasoning)]);
            events.extend(deltas(index, "signature_delta", "signature", &signature));
            (json!({ "type": "thinking", "thinking": "", "signature": "" }), events)
        }
        Block::ToolCall(tool) => {
            let id = reply::tool_id(call, index, tool);
            let opening = json!({ "type": "tool_use", "id": id, "name": tool.name, "input": {} });
            let mut events = deltas(index, "input_json_delta", "partial_json", &Pieces::from(""));
            events.extend(deltas(index, "input_json_delta", "partial_json", &tool.arguments));
            (opening, events)
        }
    }
}

/// One event a piece, written around the piece: this is where most bytes of a stream are made.
fn deltas(index: usize, kind: &str, member: &str, pieces: &Pieces) -> Vec<Event> {
    let head = format!(
        "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":{index},\"delta\":{{\"type\":\"{kind}\",\"{member}\":"
    );
    let delta = |piece: &str| {
        let mut bytes = Vec::with_capacity(head.len() + piece.len() + 16);
        bytes.extend_from_slice(head.as_bytes());
        serde_json::to_writer(&mut bytes, piece).expect("writing to memory");
        bytes.extend_from_slice(b"}}\n\n");
        Event { name: "content_block_delta".into(), bytes: bytes.into() }
    };
    pieces.iter().map(delta).collect()
}

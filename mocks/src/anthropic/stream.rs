//! [Events of a message](https://docs.claude.com/en/docs/build-with-claude/streaming): start, blocks, delta, stop; a ping after the first start.

use serde::Serialize;

use super::reply::{self, Content, Counts, End, Message};
use crate::answer::Answer;
use crate::provider::{Call, Event};
use crate::script::{Block, Pieces, Reasoning};
use crate::wire::sse;

/// The data of an event, under its name; what text is made of is written by [`deltas`].
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Data<'a> {
    MessageStart { message: Message<'a> },
    ContentBlockStart { index: usize, content_block: Content<'a> },
    Ping,
    ContentBlockStop { index: usize },
    MessageDelta { delta: End<'a>, usage: Counts },
    MessageStop,
}

/// All events of a streamed reply.
pub(super) fn events(call: &Call<'_>, answer: &Answer<'_>) -> Vec<Event> {
    let blocks = answer.choices.first().map_or(&[][..], |choice| &choice.blocks);
    let mut events =
        vec![event("message_start", &Data::MessageStart { message: reply::start(call, answer) })];
    for (index, block) in blocks.iter().enumerate() {
        let content_block = reply::opening(call, index, block);
        events.push(event("content_block_start", &Data::ContentBlockStart { index, content_block }));
        if index == 0 {
            events.push(ping());
        }
        events.extend(pieces(call, answer, index, block));
        events.push(event("content_block_stop", &Data::ContentBlockStop { index }));
    }
    let end = Data::MessageDelta { delta: reply::end(answer), usage: reply::counts(answer.usage) };
    events.push(event("message_delta", &end));
    events.push(event("message_stop", &Data::MessageStop));
    events
}

/// An event that means nothing.
pub(super) fn ping() -> Event {
    event("ping", &Data::Ping)
}

fn event(name: &'static str, data: &Data<'_>) -> Event {
    let data = serde_json::to_vec(data).expect("strings and numbers");
    Event { name: name.into(), bytes: sse::frame(name, &data) }
}

/// The deltas of a block.
fn pieces(call: &Call<'_>, answer: &Answer<'_>, index: usize, block: &Block) -> Vec<Event> {
    match block {
        Block::Text(text) | Block::Refusal(text) => deltas(index, "text_delta", "text", text),
        Block::Reasoning(Reasoning { redacted: Some(_), .. }) => Vec::new(),
        Block::Reasoning(reasoning) => {
            let mut events = deltas(index, "thinking_delta", "thinking", &reasoning.text);
            let signature = Pieces(vec![reply::signature(call, index, reasoning)]);
            events.extend(deltas(index, "signature_delta", "signature", &signature));
            events
        }
        Block::ToolCall(tool) => {
            let opening = if answer.bare_calls { Pieces::default() } else { Pieces::from("") };
            let mut events = deltas(index, "input_json_delta", "partial_json", &opening);
            events.extend(deltas(index, "input_json_delta", "partial_json", &tool.arguments));
            events
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

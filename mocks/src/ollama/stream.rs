//! A streamed reply: a line for each piece, calls whole, and a last line that counts.

use serde_json::Value;

use super::reply::{Piece, called, end, line, logprobs};
use crate::answer::{Answer, arguments};
use crate::provider::{Call, Event};
use crate::script::Block;

/// All lines of a streamed reply.
pub(super) fn events(call: &Call<'_>, answer: &Answer<'_>) -> Vec<Event> {
    let blocks = answer.choices.first().map(|choice| &choice.blocks[..]).unwrap_or_default();
    let mut events = Vec::new();
    let mut calls = 0;
    for block in blocks {
        match block {
            Block::Text(pieces) | Block::Refusal(pieces) => {
                let said = |text: &str| {
                    let mut line = line(call, answer, &Piece { text, ..Piece::default() });
                    if call.body["logprobs"] == true {
                        line["logprobs"] = logprobs(call, text);
                    }
                    event(&line)
                };
                events.extend(pieces.iter().map(said));
            }
            Block::Reasoning(reasoning) => {
                let thought =
                    |thinking: &str| event(&line(call, answer, &Piece { thinking, ..Piece::default() }));
                events.extend(reasoning.text.iter().map(thought));
            }
            Block::ToolCall(tool) => {
                let piece = Piece { calls: vec![called(call, calls, tool)], ..Piece::default() };
                let line = arguments::settle(call, answer, line(call, answer, &piece).to_string());
                events.push(framed(line));
                calls += 1;
            }
        }
    }
    let mut last = line(call, answer, &Piece::default());
    end(call, answer, &mut last);
    events.push(event(&last));
    events
}

fn event(line: &Value) -> Event {
    framed(line.to_string())
}

fn framed(mut line: String) -> Event {
    line.push('\n');
    Event { name: "".into(), bytes: line.into() }
}

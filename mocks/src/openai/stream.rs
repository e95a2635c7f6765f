//! [Chat completion chunks](https://platform.openai.com/docs/api-reference/chat-streaming): role, pieces, reason, usage, `[DONE]`.

use std::collections::VecDeque;

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};

use super::{finish_reason, logprobs, reply, takes_text};
use crate::answer::{Answer, Choice};
use crate::provider::{Call, Event};
use crate::script::{Block, ToolCall};

/// All events of a streamed reply.
pub(super) fn events(call: &Call<'_>, answer: &Answer<'_>) -> Vec<Event> {
    let has_usage = call.body["stream_options"]["include_usage"] == true;
    let frame = Frame::new(call, answer, has_usage);
    let lanes = answer
        .choices
        .iter()
        .enumerate()
        .map(|(index, choice)| pieces(call, answer, index, choice))
        .collect();
    let mut events: Vec<Event> = in_turn(lanes).iter().map(|piece| frame.event(piece)).collect();
    if has_usage {
        let usage = serde_json::to_string(&reply::usage(answer.usage)).expect("numbers");
        events.push(frame.usage(&usage));
    }
    events.push(Event { name: "[DONE]".into(), bytes: Bytes::from_static(b"data: [DONE]\n\n") });
    events
}

/// One choice of one chunk.
#[derive(Serialize)]
struct Piece {
    index: usize,
    delta: Delta,
    logprobs: Option<Value>,
    finish_reason: Option<&'static str>,
}

#[derive(Default, Serialize)]
struct Delta {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<[Value; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<Option<String>>,
}

/// What is the same in every chunk of a stream.
struct Frame {
    head: String,
    tail: &'static str,
}

impl Frame {
    fn new(call: &Call<'_>, answer: &Answer<'_>, has_usage: bool) -> Self {
        let text = |text: &str| Value::from(text).to_string();
        let head = format!(
            "data: {{\"id\":{},\"object\":\"chat.completion.chunk\",\"created\":{},\"model\":{},\"service_tier\":{},\"system_fingerprint\":{},\"choices\":[",
            text(&reply::id(call, answer)),
            call.draw.created(),
            text(&answer.model),
            text(reply::service_tier(call)),
            text(&reply::fingerprint(call)),
        );
        Self { head, tail: if has_usage { "],\"usage\":null}\n\n" } else { "]}\n\n" } }
    }

    fn event(&self, piece: &Piece) -> Event {
        let mut bytes = Vec::with_capacity(self.head.len() + 160);
        bytes.extend_from_slice(self.head.as_bytes());
        serde_json::to_writer(&mut bytes, piece).expect("writing to memory");
        bytes.extend_from_slice(self.tail.as_bytes());
        Event { name: "".into(), bytes: bytes.into() }
    }

    fn usage(&self, usage: &str) -> Event {
        Event { name: "".into(), bytes: format!("{}],\"usage\":{usage}}}\n\n", self.head).into() }
    }
}

/// The chunks of one choice.
fn pieces(call: &Call<'_>, answer: &Answer<'_>, index: usize, choice: &Choice<'_>) -> VecDeque<Piece> {
    let wanted = logprobs::wanted(call);
    let empty = Piece { index, delta: Delta::default(), logprobs: None, finish_reason: None };
    let piece = |delta: Delta| Piece {
        delta,
        ..Piece { index, logprobs: None, finish_reason: None, delta: Delta::default() }
    };
    let speaks = choice.blocks.iter().all(|block| !matches!(block, Block::ToolCall(_) | Block::Refusal(_)))
        || choice.blocks.iter().any(|block| matches!(block, Block::Text(_)));
    let opening = Delta {
        role: Some("assistant"),
        content: Some(speaks.then(String::new)),
        refusal: Some(None),
        ..Delta::default()
    };
    let mut pieces = VecDeque::from([piece(opening)]);
    for block in choice.blocks.iter() {
        let (texts, refuses) = match block {
            Block::Text(texts) => (texts, false),
            Block::Refusal(texts) => (texts, true),
            Block::Reasoning(_) | Block::ToolCall(_) => continue,
        };
        for text in texts.iter() {
            let said = Some(Some(text.to_owned()));
            let delta = match refuses {
                true => Delta { refusal: said, ..Delta::default() },
                false => Delta { content: said, ..Delta::default() },
            };
            let logprobs = wanted.map(|alternatives| {
                let tokens = logprobs::of(call, text, alternatives);
                if refuses {
                    json!({ "content": null, "refusal": tokens })
                } else {
                    json!({ "content": tokens, "refusal": null })
                }
            });
            pieces.push_back(Piece { logprobs, ..piece(delta) });
        }
    }
    pieces.extend(
        called(call, answer, index, choice)
            .into_iter()
            .map(|tool| piece(Delta { tool_calls: Some([tool]), ..Delta::default() })),
    );
    pieces.push_back(Piece { finish_reason: Some(finish_reason(choice.finish)), ..empty });
    pieces
}

/// The deltas of all tool calls, one call after the other or in turn.
fn called(call: &Call<'_>, answer: &Answer<'_>, choice: usize, said: &Choice<'_>) -> VecDeque<Value> {
    let calls: Vec<_> =
        reply::calls(said).enumerate().map(|(at, tool)| deltas(call, choice, at, tool)).collect();
    if answer.interleave { in_turn(calls) } else { calls.into_iter().flatten().collect() }
}

fn deltas(call: &Call<'_>, choice: usize, at: usize, tool: &ToolCall) -> VecDeque<Value> {
    let (id, name) = (reply::call_id(call, choice, at, tool), &tool.name);
    let (kind, input) =
        if takes_text(call.body, name) { ("custom", "input") } else { ("function", "arguments") };
    let opening = json!({ "index": at, "id": id, "type": kind, kind: { "name": name, input: "" } });
    let nothing = (kind == "function" && tool.arguments.0.is_empty()).then_some("{}");
    let pieces = tool.arguments.iter().chain(nothing);
    let pieces = pieces.map(|piece| json!({ "index": at, kind: { input: piece } }));
    std::iter::once(opening).chain(pieces).collect()
}

/// One of each lane after the other, until all are empty.
fn in_turn<T>(mut lanes: Vec<VecDeque<T>>) -> VecDeque<T> {
    if lanes.len() == 1 {
        return lanes.pop().unwrap_or_default();
    }
    let mut all = VecDeque::new();
    while lanes.iter().any(|lane| !lane.is_empty()) {
        all.extend(lanes.iter_mut().filter_map(VecDeque::pop_front));
    }
    all
}

//! A streamed reply of [version 2](https://docs.cohere.com/docs/streaming): events named as their `type`, and `[DONE]`.

use bytes::Bytes;
use serde_json::{Value, json};

use super::cite;
use super::reply::{Said, blocks, call_id, finish, id, likelihood, usage};
use crate::answer::Answer;
use crate::provider::{Call, Event};
use crate::script::{Block, Pieces, ToolCall};
use crate::wire::sse;

/// All events of a streamed reply.
pub(super) fn events(call: &Call<'_>, answer: &Answer<'_>) -> Vec<Event> {
    let said = Said::of(answer);
    let message =
        json!({ "role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": [] });
    let start = json!({ "id": id(call, answer), "type": "message-start", "delta": { "message": message } });
    let mut events = vec![event("message-start", &start)];
    let mut content = Content { call, index: 0, events: Vec::new() };
    content.thinking(answer);
    if said.calls.is_empty() {
        content.text(answer, &said.text);
        events.append(&mut content.events);
    } else {
        events.append(&mut content.events);
        let plan = Shape::plan();
        events.extend(texts(answer).flat_map(|pieces| plan.deltas(pieces)));
        events.extend(said.calls.iter().enumerate().flat_map(|(at, tool)| called(call, at, tool)));
    }
    let delta = json!({ "finish_reason": finish(answer), "usage": usage(answer.usage) });
    events.push(event("message-end", &json!({ "type": "message-end", "delta": delta })));
    events.push(Event { name: "[DONE]".into(), bytes: Bytes::from_static(b"data: [DONE]\n\n") });
    events
}

/// The same as an object a line, whose `type` is the event's name; the end of the body is the end.
pub(super) fn lines(events: Vec<Event>) -> Vec<Event> {
    events.into_iter().filter(|event| event.name != "[DONE]").map(line).collect()
}

/// One event as a line.
pub(super) fn line(event: Event) -> Event {
    let text = String::from_utf8_lossy(&event.bytes);
    let data = text.lines().filter_map(|line| line.strip_prefix("data: ")).collect::<String>();
    Event { bytes: Bytes::from(data + "\n"), ..event }
}

/// The last event, where generation failed before.
pub(super) fn failed(call: &Call<'_>, message: &str) -> Event {
    let delta = json!({ "error": message, "finish_reason": "ERROR" });
    event("message-end", &json!({ "type": "message-end", "id": call.draw.uuid("id"), "delta": delta }))
}

fn texts<'a>(answer: &'a Answer<'_>) -> impl Iterator<Item = &'a Pieces> {
    blocks(answer).iter().filter_map(|block| match block {
        Block::Text(pieces) | Block::Refusal(pieces) => Some(pieces),
        _ => None,
    })
}

/// Content blocks, numbered from 0.
struct Content<'c, 'a> {
    call: &'c Call<'a>,
    index: usize,
    events: Vec<Event>,
}

impl Content<'_, '_> {
    fn thinking(&mut self, answer: &Answer<'_>) {
        let thoughts = blocks(answer).iter().filter_map(|block| match block {
            Block::Reasoning(reasoning) => Some(&reasoning.text),
            _ => None,
        });
        let thoughts: Vec<_> = thoughts.filter(|pieces| !pieces.0.is_empty()).collect();
        if !thoughts.is_empty() {
            self.open(&json!({ "type": "thinking", "thinking": "" }));
            let shape = Shape::content(self.index, "thinking");
            self.events.extend(thoughts.into_iter().flat_map(|pieces| shape.deltas(pieces)));
            self.close();
        }
    }

    fn text(&mut self, answer: &Answer<'_>, text: &str) {
        self.open(&json!({ "type": "text", "text": "" }));
        let shape = Shape::content(self.index, "text");
        let likely = self.call.body["logprobs"] == true;
        for piece in texts(answer).flat_map(Pieces::iter) {
            let likelihood = likely.then(|| likelihood(self.call, piece));
            self.events.push(shape.delta(piece, likelihood.as_ref()));
        }
        if let Some(citation) = cite::of(self.call.body, text, self.index) {
            let delta = json!({ "message": { "citations": citation } });
            let start = json!({ "type": "citation-start", "index": 0, "delta": delta });
            self.events.push(event("citation-start", &start));
            self.events.push(event("citation-end", &json!({ "type": "citation-end", "index": 0 })));
        }
        self.close();
    }

    fn open(&mut self, content: &Value) {
        let delta = json!({ "message": { "content": content } });
        let start = json!({ "type": "content-start", "index": self.index, "delta": delta });
        self.events.push(event("content-start", &start));
    }

    fn close(&mut self) {
        self.events.push(event("content-end", &json!({ "type": "content-end", "index": self.index })));
        self.index += 1;
    }
}

/// A call: the service never lets the pieces of several take turns.
fn called(call: &Call<'_>, at: usize, tool: &ToolCall) -> Vec<Event> {
    let function = json!({ "name": tool.name, "arguments": "" });
    let opening = json!({ "id": call_id(call, at, tool), "type": "function", "function": function });
    let delta = json!({ "message": { "tool_calls": opening } });
    let start = json!({ "type": "tool-call-start", "index": at, "delta": delta });
    let shape = Shape {
        name: "tool-call-delta",
        head: format!(
            "{{\"type\":\"tool-call-delta\",\"index\":{at},\"delta\":{{\"message\":{{\"tool_calls\":{{\"function\":{{\"arguments\":"
        ),
        tail: "}}}}",
    };
    let nothing = tool.arguments.0.is_empty().then_some("{}");
    let mut events = vec![event("tool-call-start", &start)];
    events.extend(tool.arguments.iter().chain(nothing).map(|piece| shape.delta(piece, None)));
    events.push(event("tool-call-end", &json!({ "type": "tool-call-end", "index": at })));
    events
}

/// An event around a piece of text: this is where most bytes of a stream are made.
struct Shape {
    name: &'static str,
    head: String,
    tail: &'static str,
}

impl Shape {
    fn content(index: usize, member: &str) -> Self {
        let head = format!(
            "{{\"type\":\"content-delta\",\"index\":{index},\"delta\":{{\"message\":{{\"content\":{{\"{member}\":"
        );
        Self { name: "content-delta", head, tail: "}}}" }
    }

    fn plan() -> Self {
        let head = "{\"type\":\"tool-plan-delta\",\"delta\":{\"message\":{\"tool_plan\":".to_owned();
        Self { name: "tool-plan-delta", head, tail: "}}" }
    }

    fn deltas<'p>(&'p self, pieces: &'p Pieces) -> impl Iterator<Item = Event> + 'p {
        pieces.iter().map(|piece| self.delta(piece, None))
    }

    fn delta(&self, piece: &str, likelihood: Option<&Value>) -> Event {
        let mut data = Vec::with_capacity(self.head.len() + piece.len() + 16);
        data.extend_from_slice(self.head.as_bytes());
        serde_json::to_writer(&mut data, piece).expect("writing to memory");
        data.extend_from_slice(self.tail.as_bytes());
        if let Some(likelihood) = likelihood {
            data.extend_from_slice(b",\"logprobs\":");
            serde_json::to_writer(&mut data, likelihood).expect("writing to memory");
        }
        data.push(b'}');
        Event { name: self.name.into(), bytes: sse::frame(self.name, &data) }
    }
}

fn event(name: &'static str, data: &Value) -> Event {
    Event { name: name.into(), bytes: sse::frame(name, data.to_string().as_bytes()) }
}

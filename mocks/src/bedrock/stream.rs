//! [Events of a reply](https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html): start, blocks, stop, metadata.
//! Only calls of tools have an event that opens their block.

use serde_json::{Value, json};

use super::{frame, reply, trace};
use crate::answer::Answer;
use crate::provider::{Call, Event};
use crate::script::{Block, Pieces, Reasoning};

/// All events of a streamed reply.
pub(super) fn events(call: &Call<'_>, answer: &Answer<'_>) -> Vec<Event> {
    let parts = written(call, answer, Some(Padding::new(call)));
    parts.into_iter().map(|(name, payload)| frame::event(name, payload)).collect()
}

/// The same without padding and frames: names and payloads.
pub(super) fn parts(call: &Call<'_>, answer: &Answer<'_>) -> Vec<(&'static str, Vec<u8>)> {
    written(call, answer, None)
}

fn written(call: &Call<'_>, answer: &Answer<'_>, padding: Option<Padding>) -> Vec<(&'static str, Vec<u8>)> {
    let choice = answer.choices.first();
    let blocks = choice.map_or(&[][..], |choice| &choice.blocks);
    let mut writer = Writer { call, padding, bare: answer.bare_calls, events: Vec::new() };
    writer.event("messageStart", &json!({ "role": "assistant" }));
    for (index, block) in blocks.iter().enumerate() {
        writer.block(index, block);
        writer.event("contentBlockStop", &json!({ "contentBlockIndex": index }));
    }
    let mut stop = json!({ "stopReason": reply::stop_reason(choice) });
    if let Some(fields) = choice.and_then(|choice| reply::additional(call, choice)) {
        stop["additionalModelResponseFields"] = fields;
    }
    writer.event("messageStop", &stop);
    let mut metadata = json!({ "metrics": reply::metrics(call), "usage": reply::usage(answer.usage) });
    for (name, value) in [
        ("performanceConfig", call.body.get("performanceConfig").cloned()),
        ("serviceTier", call.body.get("serviceTier").cloned()),
        ("trace", trace::of(call, answer)),
    ] {
        if let Some(value) = value {
            metadata[name] = value;
        }
    }
    writer.event("metadata", &metadata);
    writer.events
}

struct Writer<'a> {
    call: &'a Call<'a>,
    padding: Option<Padding>,
    bare: bool,
    events: Vec<(&'static str, Vec<u8>)>,
}

impl Writer<'_> {
    fn block(&mut self, index: usize, block: &Block) {
        match block {
            Block::Text(text) | Block::Refusal(text) => {
                self.deltas(index, "{\"text\":", text, "}");
                if text.0.is_empty() {
                    self.deltas(index, "{\"text\":", &Pieces::from(""), "}");
                }
            }
            Block::Reasoning(Reasoning { redacted: Some(data), .. }) => {
                let data = Pieces::from(data.as_str());
                self.deltas(index, "{\"reasoningContent\":{\"redactedContent\":", &data, "}}");
            }
            Block::Reasoning(reasoning) => {
                self.deltas(index, "{\"reasoningContent\":{\"text\":", &reasoning.text, "}}");
                let signature = Pieces::from(reply::signature(self.call, index, reasoning));
                self.deltas(index, "{\"reasoningContent\":{\"signature\":", &signature, "}}");
            }
            Block::ToolCall(tool) => {
                let id = reply::tool_id(self.call, index, tool);
                let start = json!({ "toolUse": { "name": tool.name, "toolUseId": id } });
                self.event("contentBlockStart", &json!({ "contentBlockIndex": index, "start": start }));
                // Models open their arguments with an empty piece, mostly; without arguments it is the only one.
                if !self.bare {
                    self.deltas(index, "{\"toolUse\":{\"input\":", &Pieces::from(""), "}}");
                }
                self.deltas(index, "{\"toolUse\":{\"input\":", &tool.arguments, "}}");
            }
        }
    }

    /// One event a piece, written around the piece: this is where most bytes of a stream are made.
    fn deltas(&mut self, index: usize, open: &str, pieces: &Pieces, close: &str) {
        let head = format!("{{\"contentBlockIndex\":{index},\"delta\":{open}");
        for piece in pieces.iter() {
            let mut payload = Vec::with_capacity(head.len() + piece.len() + 96);
            payload.extend_from_slice(head.as_bytes());
            serde_json::to_writer(&mut payload, piece).expect("writing to memory");
            payload.extend_from_slice(close.as_bytes());
            if let Some(padding) = &mut self.padding {
                payload.extend_from_slice(b",\"p\":\"");
                payload.extend_from_slice(padding.next().as_bytes());
                payload.push(b'"');
            }
            payload.push(b'}');
            self.events.push(("contentBlockDelta", payload));
        }
    }

    fn event(&mut self, name: &'static str, payload: &Value) {
        let mut payload = payload.clone();
        if let Some(padding) = &mut self.padding {
            payload["p"] = padding.next().into();
        }
        self.events.push((name, payload.to_string().into_bytes()));
    }
}

/// The member `p`, in no model of the service but in all its events: the beginning of the alphabet, of any length, so that
/// the length of a frame does not tell the length of a token.
pub(super) struct Padding(fastrand::Rng);

const ALPHABET: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

impl Padding {
    pub(super) fn new(call: &Call<'_>) -> Self {
        Self(fastrand::Rng::with_seed(call.draw.number("padding", u64::MAX)))
    }

    pub(super) fn next(&mut self) -> &'static str {
        &ALPHABET[..self.0.usize(1..=ALPHABET.len())]
    }
}

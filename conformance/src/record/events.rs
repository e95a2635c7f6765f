//! What a recorded body says: one JSON value, or the values of a stream in whichever framing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use serde_json::value::RawValue;

use super::exchange::Reply;
use super::frames;
use crate::fold::sse;

/// One value of a reply.
#[derive(Debug, Clone)]
pub(super) struct Event {
    /// The event's name, where it has one.
    pub(super) name: String,
    /// As it was written.
    pub(super) text: String,
    /// As JSON.
    pub(super) json: Value,
}

/// A reply's values.
#[derive(Debug, Clone, Default)]
pub(super) struct Events {
    /// Whether it is a stream.
    pub(super) is_stream: bool,
    /// In order.
    pub(super) list: Vec<Event>,
    /// What could not be read.
    pub(super) problems: Vec<String>,
}

impl Events {
    /// Reads the body of a reply by its content type.
    pub(super) fn read(reply: &Reply, body: &[u8]) -> Self {
        let mut events = Self { is_stream: true, ..Self::default() };
        match reply.kind() {
            "text/event-stream" => events.sse(body),
            "application/x-ndjson" | "application/stream+json" | "application/jsonl" => events.lines(body),
            frames::TYPE => events.frames(body),
            _ => events.json(body),
        }
        events
    }

    fn sse(&mut self, body: &[u8]) {
        let read = sse::read([(0.0, body)]);
        for event in read.list.into_iter().filter(|event| event.data != crate::fold::DONE) {
            self.push(event.name, event.data);
        }
        self.problems.extend(read.problems.into_iter().map(|(_, problem)| problem));
        if read.unfinished {
            self.problems.push("the stream ends inside an event".to_owned());
        }
    }

    fn lines(&mut self, body: &[u8]) {
        for line in String::from_utf8_lossy(body).lines().filter(|line| !line.trim().is_empty()) {
            self.push(String::new(), line.to_owned());
        }
    }

    fn frames(&mut self, body: &[u8]) {
        match frames::read(body) {
            Ok((frames, length)) => {
                for frame in frames {
                    let text = String::from_utf8_lossy(&frame.payload).into_owned();
                    let text = carried(&frame.name, &text).unwrap_or(text);
                    self.push(frame.name, text);
                }
                if length < body.len() {
                    self.problems.push("the stream ends inside a frame".to_owned());
                }
            }
            Err(problem) => self.problems.push(problem),
        }
    }

    /// One value, or the elements of an array, which is how Gemini streams.
    fn json(&mut self, body: &[u8]) {
        let text = String::from_utf8_lossy(body).into_owned();
        match text.trim_start().strip_prefix('[') {
            Some(elements) => self.elements(elements),
            None => {
                self.is_stream = false;
                self.push(String::new(), text);
            }
        }
    }

    /// As many as are whole.
    fn elements(&mut self, mut rest: &str) {
        loop {
            rest = rest.trim_start_matches([' ', '\t', '\r', '\n', ',']);
            if rest.starts_with(']') {
                return;
            }
            let mut values = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
            let Some(Ok(element)) = values.next() else { break };
            let end = values.byte_offset();
            self.push(String::new(), element.get().to_owned());
            rest = &rest[end..];
        }
        self.problems.push("the array is not whole".to_owned());
    }

    fn push(&mut self, name: String, text: String) {
        match serde_json::from_str(&text) {
            Ok(json) => self.list.push(Event { name, text, json }),
            Err(error) => self.problems.push(format!("{}: no JSON: {error}", crate::text::short(&text, 60))),
        }
    }
}

/// What a piece of `InvokeModel` carries: the model's own words, in base64.
/// <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_PayloadPart.html>
fn carried(name: &str, payload: &str) -> Option<String> {
    let payload: Value = serde_json::from_str(payload).ok().filter(|_| name == "chunk")?;
    String::from_utf8(STANDARD.decode(payload["bytes"].as_str()?).ok()?).ok()
}

impl Event {
    /// The value at a pointer as it was written: numbers keep their digits, members their order.
    pub(super) fn written(&self, pointer: &str) -> Option<String> {
        let mut rest: Box<RawValue> = serde_json::from_str(&self.text).ok()?;
        for name in pointer.split('/').skip(1) {
            rest = match name.parse::<usize>() {
                Ok(number) => {
                    serde_json::from_str::<Vec<Box<RawValue>>>(rest.get()).ok()?.into_iter().nth(number)?
                }
                Err(_) => {
                    let mut members: std::collections::HashMap<String, Box<RawValue>> =
                        serde_json::from_str(rest.get()).ok()?;
                    members.remove(name)?
                }
            };
        }
        Some(rest.get().to_owned())
    }
}

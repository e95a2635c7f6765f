//! Writes deltas as `chat.completion.chunk` events.
//!
//! Members that are not OpenAI's own: `reasoning_content` (DeepSeek's name) is the reasoning as text, and
//! `thinking_blocks` (LiteLLM's name) the same by block, with signatures. A client that joins list entries by `index`
//! and strings by appending, as OpenAI's own libraries do, gets blocks that can be sent back as they are.

use super::extra::Extras;
use super::usage;
use super::{ID, Writer};
use crate::call::Call;
use crate::delta::{Delta, Finish, Sink, Usage};
use crate::{Text, json};

/// Writes the events of one streamed reply.
#[derive(Debug)]
pub struct ChunkWriter {
    out: Vec<u8>,
    call: Call,
    /// What every event of this reply starts with, up to the value of `choices`.
    head: Vec<u8>,
    /// How every event ends that is not the last: `"usage":null` only where the client asked for usage.
    tail: &'static [u8],
    /// How `choices` begins: `[{"index":0,"delta":{`, with the number of the current choice.
    open: Vec<u8>,
    current: usize,
    choices: Vec<Choice>,
    /// How likely the tokens of the next event are: the inside of a JSON array.
    logprobs: Vec<u8>,
    usage: Option<Usage>,
    extras: Extras,
    done: bool,
}

/// What the client knows of one choice.
#[derive(Debug, Default)]
struct Choice {
    /// Whether it was told who speaks.
    spoke: bool,
    /// Calls that have no arguments yet.
    bare: Vec<u32>,
    /// Why the model stopped. Told only when the provider has ended: a reply that is cut has no good end.
    finish: Option<Finish>,
}

const CLOSE: &[u8] = b"},\"logprobs\":null,\"finish_reason\":null}]";

impl ChunkWriter {
    /// A stream that has not begun.
    pub fn new(call: &Call) -> Self {
        let tail: &[u8] = if call.include_usage { b",\"usage\":null}\n\n" } else { b"}\n\n" };
        let mut writer = Self {
            out: Vec::new(),
            call: call.clone(),
            head: Vec::new(),
            tail,
            open: Vec::new(),
            current: 0,
            choices: Vec::new(),
            logprobs: Vec::new(),
            usage: None,
            extras: Extras::default(),
            done: false,
        };
        writer.turn(0);
        writer
    }

    /// Goes on with a choice, the next or a known one.
    fn turn(&mut self, choice: u32) {
        self.current = choice as usize;
        while self.choices.len() <= self.current {
            self.choices.push(Choice::default());
        }
        self.open.clear();
        self.open.extend_from_slice(b"[{\"index\":");
        json::number(&mut self.open, choice.into());
        self.open.extend_from_slice(b",\"delta\":{");
    }

    fn choice(&mut self) -> &mut Choice {
        &mut self.choices[self.current]
    }

    fn start(&mut self, id: Text<'_>, model: Text<'_>) {
        let head = &mut self.head;
        head.clear();
        head.extend_from_slice(b"data: {\"id\":\"");
        head.extend_from_slice(ID.as_bytes());
        if id.is_empty() { Text::Plain(&self.call.id) } else { id }.write_inner(head);
        head.extend_from_slice(b"\",\"object\":\"chat.completion.chunk\",\"created\":");
        json::number(head, self.call.created);
        head.extend_from_slice(b",\"model\":");
        if model.is_empty() { Text::Plain(&self.call.model) } else { model }.write(head);
        head.extend_from_slice(b",\"choices\":");
    }

    /// Writes one event with the members of its `delta`. The first of all says who speaks; its `content` is null
    /// where something else than text comes first, as OpenAI's is.
    fn piece(&mut self, text: bool, members: impl FnOnce(&mut Vec<u8>)) {
        self.speak(text);
        self.event(members);
    }

    fn speak(&mut self, text: bool) {
        if std::mem::replace(&mut self.choice().spoke, true) {
            return;
        }
        let held = std::mem::take(&mut self.logprobs);
        let content: &[u8] = if text { b"\"\"" } else { b"null" };
        self.event(|out| {
            out.extend_from_slice(b"\"role\":\"assistant\",\"content\":");
            out.extend_from_slice(content);
            out.extend_from_slice(b",\"refusal\":null");
        });
        self.logprobs = held;
    }

    fn event(&mut self, members: impl FnOnce(&mut Vec<u8>)) {
        let out = &mut self.out;
        out.extend_from_slice(&self.head);
        out.extend_from_slice(&self.open);
        members(out);
        if self.logprobs.is_empty() {
            out.extend_from_slice(CLOSE);
        } else {
            out.extend_from_slice(b"},\"logprobs\":{\"content\":[");
            out.append(&mut self.logprobs);
            out.extend_from_slice(b"],\"refusal\":null},\"finish_reason\":null}]");
        }
        out.extend_from_slice(self.tail);
    }

    fn reasoning(&mut self, block: u32, text: Text<'_>) {
        self.piece(false, |out| {
            if !text.is_empty() {
                out.extend_from_slice(b"\"reasoning_content\":");
                text.write(out);
                out.push(b',');
            }
            thinking(out, block, "thinking", "thinking", text);
        });
    }

    fn tool_start(&mut self, call: u32, id: Text<'_>, name: Text<'_>) {
        self.choice().bare.push(call);
        self.piece(false, |out| {
            out.extend_from_slice(b"\"tool_calls\":[{\"index\":");
            json::number(out, call.into());
            out.extend_from_slice(b",\"id\":");
            id.write(out);
            out.extend_from_slice(b",\"type\":\"function\",\"function\":{\"name\":");
            name.write(out);
            out.extend_from_slice(b",\"arguments\":\"\"}}]");
        });
    }

    fn tool_args(&mut self, call: u32, json: Text<'_>) {
        self.choice().bare.retain(|&bare| bare != call);
        self.piece(false, |out| {
            out.extend_from_slice(b"\"tool_calls\":[{\"index\":");
            json::number(out, call.into());
            out.extend_from_slice(b",\"function\":{\"arguments\":");
            json.write(out);
            out.extend_from_slice(b"}}]");
        });
    }

    fn tool_extra(&mut self, call: u32, json: &str) {
        self.piece(false, |out| {
            out.extend_from_slice(b"\"tool_calls\":[{\"index\":");
            json::number(out, call.into());
            out.extend_from_slice(b",\"extra_content\":");
            out.extend(one_line(json));
            out.extend_from_slice(b"}]");
        });
    }

    fn finish(&mut self, finish: Finish) {
        for call in std::mem::take(&mut self.choice().bare) {
            self.tool_args(call, Text::Plain("{}"));
        }
        self.speak(true);
        if !self.logprobs.is_empty() {
            self.event(|_| ());
        }
        self.choice().finish = Some(finish);
    }

    fn tell_finish(&mut self) {
        let finishes =
            self.choices.iter().zip(0..).filter_map(|(choice, index)| Some((index, choice.finish?)));
        for (index, finish) in finishes {
            let out = &mut self.out;
            out.extend_from_slice(&self.head);
            out.extend_from_slice(b"[{\"index\":");
            json::number(out, index);
            out.extend_from_slice(b",\"delta\":{},\"logprobs\":null,\"finish_reason\":");
            json::string(out, finish.name());
            out.extend_from_slice(b"}]");
            out.extend_from_slice(self.tail);
        }
    }

    fn end(&mut self) {
        self.tell_finish();
        let usage = self.usage.filter(|_| self.call.include_usage);
        if usage.is_some() || !self.extras.is_empty() {
            self.out.extend_from_slice(&self.head);
            self.out.extend_from_slice(b"[]");
            for (name, json) in self.extras.members() {
                self.out.push(b',');
                json::string(&mut self.out, name);
                self.out.push(b':');
                self.out.extend_from_slice(json.as_bytes());
            }
            if let Some(usage) = usage {
                self.out.extend_from_slice(b",\"usage\":");
                usage::write(&mut self.out, &usage);
            }
            self.out.extend_from_slice(b"}\n\n");
        }
        self.out.extend_from_slice(b"data: [DONE]\n\n");
        self.done = true;
    }
}

impl Sink for ChunkWriter {
    fn delta(&mut self, delta: Delta<'_>) {
        match delta {
            Delta::Text(text) | Delta::Refusal(text) | Delta::ToolArgs { json: text, .. }
                if text.is_empty() =>
            {
                // Nothing to tell.
            }
            Delta::Start { id, model } => self.start(id, model),
            Delta::Text(text) => self.piece(true, |out| {
                out.extend_from_slice(b"\"content\":");
                text.write(out);
            }),
            Delta::Reasoning { block, text } => self.reasoning(block, text),
            Delta::Signature { block, text } => {
                self.piece(false, |out| thinking(out, block, "thinking", "signature", text));
            }
            Delta::Redacted { block, data } => {
                self.piece(false, |out| thinking(out, block, "redacted_thinking", "data", data));
            }
            Delta::Refusal(text) => self.piece(false, |out| {
                out.extend_from_slice(b"\"refusal\":");
                text.write(out);
            }),
            Delta::ToolStart { call, id, name } => self.tool_start(call, id, name),
            Delta::ToolExtra { call, json } => self.tool_extra(call, json),
            Delta::ToolArgs { call, json } => self.tool_args(call, json),
            Delta::Choice(choice) => self.turn(choice),
            Delta::Logprobs { json } => entries(&mut self.logprobs, json),
            Delta::Finish(finish) => self.finish(finish),
            Delta::Usage(usage) => self.usage = Some(*usage),
            Delta::Extra { name, json } => self.extras.set(name, json),
            Delta::End => self.end(),
        }
    }
}

impl Writer for ChunkWriter {
    fn out(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    fn done(&self) -> bool {
        self.done
    }

    fn usage(&self) -> Option<Usage> {
        self.usage
    }

    fn sink(&mut self) -> &mut dyn Sink {
        self
    }
}

/// An event's data is one line; in JSON a line end stands only where a space may.
fn one_line(json: &str) -> impl Iterator<Item = u8> {
    json.bytes().map(|byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { byte })
}

/// Adds the entries of a JSON array to those of another, of which `out` holds the inside.
pub(super) fn entries(out: &mut Vec<u8>, json: &str) {
    let inside = json.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let Some(inside) = inside.map(str::trim).filter(|inside| !inside.is_empty()) else { return };
    if !out.is_empty() {
        out.push(b',');
    }
    out.extend(one_line(inside));
}

fn thinking(out: &mut Vec<u8>, block: u32, kind: &str, member: &str, text: Text<'_>) {
    out.extend_from_slice(b"\"thinking_blocks\":[{\"index\":");
    json::number(out, block.into());
    out.extend_from_slice(b",\"type\":\"");
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(b"\",\"");
    out.extend_from_slice(member.as_bytes());
    out.extend_from_slice(b"\":");
    text.write(out);
    out.extend_from_slice(b"}]");
}

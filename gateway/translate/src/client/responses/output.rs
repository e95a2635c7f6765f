//! The items of a response, as far as they have come.
//!
//! <https://platform.openai.com/docs/api-reference/responses/object#responses-object-output>

use super::events::Place;
use super::item::Seal;
use crate::Text;
use crate::json::{Array, Object, text_of};

/// One item. Strings are kept escaped, so that pieces can be joined as they came.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) index: usize,
    pub(super) status: &'static str,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Message(Vec<Part>),
    Reasoning(Reasoning),
    Call(Call),
}

/// A part of a message.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) is_refusal: bool,
    pub(super) text: Vec<u8>,
    /// The inside of a JSON array.
    pub(super) logprobs: Vec<u8>,
    pub(super) is_done: bool,
}

/// A thought.
#[derive(Debug, Default)]
pub(super) struct Reasoning {
    pub(super) text: Vec<u8>,
    /// Whether it is told as a summary.
    pub(super) is_summary: bool,
    /// The inside of `encrypted_content`.
    pub(super) sealed: Vec<u8>,
}

/// A call of a tool.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) id: Vec<u8>,
    pub(super) name: Vec<u8>,
    pub(super) arguments: Vec<u8>,
    /// Whether the tool takes text.
    pub(super) is_custom: bool,
}

pub(super) const IN_PROGRESS: &str = "in_progress";
pub(super) const QUEUED: &str = "queued";
pub(super) const COMPLETED: &str = "completed";
pub(super) const INCOMPLETE: &str = "incomplete";

impl Item {
    pub(super) fn place(&self) -> Place<'_> {
        Place { id: &self.id, index: self.index }
    }

    pub(super) fn is_open(&self) -> bool {
        self.status == IN_PROGRESS
    }

    /// Writes it as it is now; `is_sealed`: with what only the provider can read. One that is open has nothing in it yet, as
    /// far as its first event tells.
    pub(super) fn write(&self, is_sealed: bool, mut item: Object<'_>) {
        item.string("id", &self.id);
        match &self.kind {
            Kind::Message(parts) => {
                item.word("type", "message");
                item.string("status", self.status);
                item.word("role", "assistant");
                let mut list = item.array("content");
                parts.iter().for_each(|part| part.write(list.object()));
            }
            Kind::Reasoning(reasoning) => reasoning.write(is_sealed, &mut item),
            Kind::Call(call) => {
                item.word("type", if call.is_custom { "custom_tool_call" } else { "function_call" });
                if !call.is_custom {
                    item.string("status", self.status);
                }
                quoted(item.member("call_id"), &call.id);
                quoted(item.member("name"), &call.name);
                if call.is_custom {
                    let input = if self.is_open() { String::new() } else { call.input() };
                    item.string("input", &input);
                } else {
                    quoted(item.member("arguments"), &call.arguments);
                }
            }
        }
    }
}

impl Part {
    pub(super) fn write(&self, mut part: Object<'_>) {
        if self.is_refusal {
            part.word("type", "refusal");
            quoted(part.member("refusal"), &self.text);
            return;
        }
        part.word("type", "output_text");
        quoted(part.member("text"), &self.text);
        part.raw("annotations", "[]");
        let out = part.member("logprobs");
        out.push(b'[');
        out.extend_from_slice(&self.logprobs);
        out.push(b']');
    }
}

impl Reasoning {
    fn write(&self, is_sealed: bool, item: &mut Object<'_>) {
        item.word("type", "reasoning");
        let is_told = !self.text.is_empty();
        {
            let mut summary = item.array("summary");
            if is_told && self.is_summary {
                self.part(summary.object());
            }
        }
        if is_told && !self.is_summary {
            self.part(item.array("content").object());
        }
        if is_sealed && !self.sealed.is_empty() {
            quoted(item.member("encrypted_content"), &self.sealed);
        }
    }

    /// Its text as a part.
    pub(super) fn part(&self, part: Object<'_>) {
        text_part(self.is_summary, &self.text, part);
    }

    pub(super) fn seal(&mut self, seal: Seal, text: Text<'_>) {
        if self.sealed.is_empty() {
            self.sealed.extend_from_slice(seal.prefix().as_bytes());
        }
        text.write_inner(&mut self.sealed);
    }
}

/// A part of a thought.
pub(super) fn text_part(is_summary: bool, text: &[u8], mut part: Object<'_>) {
    part.word("type", if is_summary { "summary_text" } else { "reasoning_text" });
    quoted(part.member("text"), text);
}

impl Call {
    /// Its arguments as characters.
    fn plain(&self) -> String {
        let mut token = Vec::with_capacity(self.arguments.len() + 2);
        quoted(&mut token, &self.arguments);
        serde_json::from_slice(&token).unwrap_or_default()
    }

    /// Whether no more can come: its arguments are a whole object.
    pub(super) fn is_whole(&self) -> bool {
        self.arguments.ends_with(b"}") && text_of::<serde::de::IgnoredAny>(&self.plain()).is_ok()
    }

    /// What a tool is called with that takes text.
    pub(super) fn input(&self) -> String {
        #[derive(serde::Deserialize)]
        struct Input {
            input: String,
        }
        let plain = self.plain();
        text_of::<Input>(&plain).map_or(plain.clone(), |arguments| arguments.input)
    }
}

/// Adds a JSON string whose inside is escaped already.
pub(super) fn quoted(out: &mut Vec<u8>, inside: &[u8]) {
    out.push(b'"');
    out.extend_from_slice(inside);
    out.push(b'"');
}

/// Writes all items.
pub(super) fn write(items: &[Item], is_sealed: bool, mut list: Array<'_>) {
    items.iter().for_each(|item| item.write(is_sealed, list.object()));
}

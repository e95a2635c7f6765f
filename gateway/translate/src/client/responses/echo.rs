//! What a response repeats of what it was asked for, and what of it decides how the response is told.
//!
//! From request to reply it travels as JSON: the client's own members, without the input.

use serde_json::value::RawValue;

use super::request::Reasoning;
use super::tools::Tool;
use crate::json::{Array, Object, text_of};
use crate::openai::Members;
use crate::{Error, Text, json};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Echo {
    /// Members between `incomplete_details` and `model`, each with a comma before it.
    pub(super) head: Vec<u8>,
    /// Those between `output` and `usage`.
    pub(super) middle: Vec<u8>,
    /// Those behind `usage`.
    pub(super) tail: Vec<u8>,
    /// Whether thoughts are told as summaries.
    pub(super) sums_up: bool,
    /// Whether `encrypted_content` is told.
    pub(super) is_sealed: bool,
    /// Whether the response may be asked for later.
    pub(super) is_stored: bool,
    /// Whether nobody waits for it.
    pub(super) in_background: bool,
    /// The tools that take text.
    pub(super) custom: Vec<String>,
}

/// What is no part of it.
const INPUT: &str = "input";
/// What the gateway may have a word in.
const STORE: &str = "store";

/// Writes the members that travel. `is_off`: nothing is kept of the response.
pub(super) fn write(members: &Members<'_>, is_off: bool) -> Result<Vec<u8>, Error> {
    includes(members, "")?;
    let mut out = Vec::with_capacity(1024);
    let mut object = Object::new(&mut out);
    if is_off {
        object.boolean(STORE, false);
    }
    for (name, value) in &members.0 {
        if name == INPUT || value.get() == "null" || is_off && name == STORE {
            continue;
        }
        one_line(value.get(), object.foreign(name));
    }
    drop(object);
    Ok(out)
}

/// Whether the request wants this to be included.
pub(super) fn includes(members: &Members<'_>, wanted: &str) -> Result<bool, Error> {
    let included = members.read::<Vec<Text<'_>>>("include")?.unwrap_or_default();
    Ok(included.iter().any(|text| text.is(wanted)))
}

impl Echo {
    /// Reads what [`write()`] wrote. What cannot be read is what nobody said.
    pub(super) fn read(echo: &[u8]) -> Self {
        let members =
            Members::of(if echo.is_empty() { b"{}" } else { echo }).unwrap_or_else(|_| Members(Vec::new()));
        let is = |name: &str| members.find(name) == Some("true");
        let reasoning = members.read::<Reasoning<'_>>("reasoning").ok().flatten().unwrap_or_default();
        let tools =
            members.find("tools").and_then(|json| text_of::<Vec<&RawValue>>(json).ok()).unwrap_or_default();
        let custom = Tool::list(members.find("tools")).unwrap_or_default();
        let custom = custom.iter().filter_map(|tool| Some(tool.custom()?.plain().into_owned()));
        let mut echo = Self {
            sums_up: reasoning.summary.or(reasoning.generate_summary).is_some(),
            is_sealed: includes(&members, "reasoning.encrypted_content").unwrap_or_default(),
            is_stored: members.find(STORE) != Some("false"),
            in_background: is("background"),
            custom: custom.collect(),
            ..Self::default()
        };
        echo.members(&members, &reasoning, &tools);
        echo
    }

    /// Writes the members in the service's own order.
    fn members(&mut self, members: &Members<'_>, reasoning: &Reasoning<'_>, tools: &[&RawValue]) {
        let given = |out: &mut Vec<u8>, name: &str, otherwise: &str| {
            named(out, name);
            out.extend_from_slice(members.find(name).unwrap_or(otherwise).as_bytes());
        };
        let head = &mut self.head;
        given(head, "instructions", "null");
        given(head, "max_output_tokens", "null");
        given(head, "max_tool_calls", "null");
        let middle = &mut self.middle;
        given(middle, "parallel_tool_calls", "true");
        given(middle, "previous_response_id", "null");
        given(middle, "prompt_cache_key", "null");
        given(middle, "prompt_cache_retention", "null");
        named(middle, "reasoning");
        reasoning.write(middle);
        given(middle, "safety_identifier", "null");
        given(middle, "service_tier", "null");
        named(middle, "store");
        middle.extend_from_slice(if self.is_stored { b"true" } else { b"false" });
        given(middle, "temperature", "1.0");
        named(middle, "text");
        text(members.find("text"), middle);
        given(middle, "tool_choice", "\"auto\"");
        named(middle, "tools");
        {
            let mut list = Array::new(middle);
            tools.iter().for_each(|tool| repeat(tool.get(), list.item()));
        }
        given(middle, "top_logprobs", "0");
        given(middle, "top_p", "1.0");
        // Nothing is cut off here, whatever was asked for.
        named(middle, "truncation");
        middle.extend_from_slice(b"\"disabled\"");
        let tail = &mut self.tail;
        given(tail, "user", "null");
        given(tail, "metadata", "{}");
    }
}

impl Reasoning<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let mut object = Object::new(out);
        for (name, value) in [("effort", self.effort), ("summary", self.summary.or(self.generate_summary))] {
            match value {
                Some(value) => object.text(name, value),
                None => object.raw(name, "null"),
            }
        }
    }
}

fn named(out: &mut Vec<u8>, name: &str) {
    out.push(b',');
    json::string(out, name);
    out.push(b':');
}

/// `text` with its defaults.
fn text(json: Option<&str>, out: &mut Vec<u8>) {
    let members =
        json.and_then(|json| text_of::<Members<'_>>(json).ok()).unwrap_or_else(|| Members(Vec::new()));
    let mut text = Object::new(out);
    match members.find("format").and_then(|format| text_of::<Members<'_>>(format).ok()) {
        None => text.raw("format", r#"{"type":"text"}"#),
        Some(format) => {
            let mut written = text.object("format");
            for (name, value) in format.0.iter().filter(|(_, value)| value.get() != "null") {
                written.foreign(name).extend_from_slice(value.get().as_bytes());
            }
        }
    }
    text.raw("verbosity", members.find("verbosity").unwrap_or("\"medium\""));
}

/// A tool as it was lent; what a function may leave out, clients want to see.
fn repeat(json: &str, out: &mut Vec<u8>) {
    let Ok(members) = text_of::<Members<'_>>(json) else { return out.extend_from_slice(json.as_bytes()) };
    let mut tool = Object::new(out);
    for (name, value) in &members.0 {
        tool.foreign(name).extend_from_slice(value.get().as_bytes());
    }
    if members.find("type") == Some("\"function\"") {
        for name in ["description", "parameters", "strict"] {
            if !members.0.iter().any(|(known, _)| known == name) {
                tool.raw(name, "null");
            }
        }
    }
}

/// An event's data is one line; in JSON a line end stands only where a space may.
fn one_line(json: &str, out: &mut Vec<u8>) {
    out.extend(json.bytes().map(|byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { byte }));
}

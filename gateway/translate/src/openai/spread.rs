//! A whole reply in OpenAI's own dialect as a stream: what a client gets that does not wait, of a provider that has no streams.
//!
//! Each choice is told by one chunk, and by one more why it ended; what the provider adds of its own comes with the first.

use serde_json::value::RawValue;

use super::Members;
use crate::Error;
use crate::call::{Api, read};
use crate::json::{self, Object};

/// Members that every chunk has.
const NAMES: [&str; 5] = ["id", "created", "model", "service_tier", "system_fingerprint"];

/// Writes the events of `reply`, which has choices.
pub(crate) fn spread(api: Api, reply: &[u8], include_usage: bool, out: &mut Vec<u8>) -> Result<(), Error> {
    let members: Members<'_> = read("reply", reply)?;
    let choices: Vec<&RawValue> = json::text_of(members.find("choices").unwrap_or("[]")).map_err(wrong)?;
    let choices: Vec<Members<'_>> =
        choices.iter().map(|choice| json::text_of(choice.get()).map_err(wrong)).collect::<Result<_, _>>()?;
    let spread = Spread { is_chat: api == Api::Chat, include_usage, members };
    for (number, choice) in choices.iter().enumerate() {
        let said = spread.said(choice)?;
        spread.event(number == 0, &said, out);
    }
    for choice in &choices {
        spread.event(false, &spread.ended(choice), out);
    }
    if let Some(usage) = spread.members.find("usage").filter(|_| include_usage) {
        let start = begin(out);
        let mut chunk = spread.chunk(out);
        chunk.raw("choices", "[]");
        chunk.raw("usage", usage);
        drop(chunk);
        end(start, out);
    }
    out.extend_from_slice(b"data: [DONE]\n\n");
    Ok(())
}

struct Spread<'r> {
    is_chat: bool,
    include_usage: bool,
    members: Members<'r>,
}

impl Spread<'_> {
    fn event(&self, first: bool, choice: &[u8], out: &mut Vec<u8>) {
        let start = begin(out);
        let mut chunk = self.chunk(out);
        chunk.array("choices").item().extend_from_slice(choice);
        let others = self.members.0.iter().filter(|(name, _)| {
            first && !NAMES.contains(&&**name) && !["object", "choices", "usage"].contains(&&**name)
        });
        for (name, value) in others {
            chunk.foreign(name).extend_from_slice(value.get().as_bytes());
        }
        if self.include_usage {
            chunk.raw("usage", "null");
        }
        drop(chunk);
        end(start, out);
    }

    fn chunk<'o>(&self, out: &'o mut Vec<u8>) -> Object<'o> {
        let mut chunk = Object::new(out);
        chunk.word("object", if self.is_chat { "chat.completion.chunk" } else { "text_completion" });
        for name in NAMES {
            if let Some((_, value)) = self.members.0.iter().find(|(known, _)| known == name) {
                chunk.raw(name, value.get());
            }
        }
        chunk
    }

    /// What a choice says, all at once.
    fn said(&self, choice: &Members<'_>) -> Result<Vec<u8>, Error> {
        let mut out = Vec::new();
        let mut said = Object::new(&mut out);
        let mut is_likely = false;
        for (name, value) in &choice.0 {
            match &**name {
                "finish_reason" => (),
                "message" => delta(value.get(), said.member("delta"))?,
                name => said.foreign(name).extend_from_slice(value.get().as_bytes()),
            }
            is_likely |= name == "logprobs";
        }
        if !is_likely {
            said.raw("logprobs", "null");
        }
        said.raw("finish_reason", "null");
        drop(said);
        Ok(out)
    }

    /// Why a choice ended.
    fn ended(&self, choice: &Members<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        let mut ended = Object::new(&mut out);
        ended.raw("index", choice.find("index").unwrap_or("0"));
        if self.is_chat {
            ended.raw("delta", "{}");
        } else {
            ended.raw("text", "\"\"");
        }
        ended.raw("logprobs", "null");
        ended.raw("finish_reason", choice.find("finish_reason").unwrap_or("null"));
        drop(ended);
        out
    }
}

/// A message as a piece: its calls are numbered.
fn delta(message: &str, out: &mut Vec<u8>) -> Result<(), Error> {
    let message: Members<'_> = json::text_of(message).map_err(wrong)?;
    let mut delta = Object::new(out);
    for (name, value) in &message.0 {
        let value = value.get();
        let place = delta.foreign(name);
        if name == "tool_calls" && value.starts_with('[') {
            number_entries(value, place)?;
        } else {
            place.extend_from_slice(value.as_bytes());
        }
    }
    Ok(())
}

fn number_entries(list: &str, out: &mut Vec<u8>) -> Result<(), Error> {
    let entries: Vec<Members<'_>> = json::text_of::<Vec<&RawValue>>(list)
        .and_then(|entries| entries.iter().map(|entry| json::text_of(entry.get())).collect())
        .map_err(wrong)?;
    let mut numbered = json::Array::new(out);
    for (index, entry) in (0..).zip(&entries) {
        let mut object = numbered.object();
        object.number("index", index);
        for (name, value) in entry.0.iter().filter(|(name, _)| name != "index") {
            object.foreign(name).extend_from_slice(value.get().as_bytes());
        }
    }
    Ok(())
}

fn begin(out: &mut Vec<u8>) -> usize {
    out.extend_from_slice(b"data: ");
    out.len()
}

/// An event's data is one line; in JSON a line end stands only where a space may.
fn end(start: usize, out: &mut Vec<u8>) {
    out[start..].iter_mut().filter(|byte| matches!(byte, b'\r' | b'\n')).for_each(|byte| *byte = b' ');
    out.extend_from_slice(b"\n\n");
}

fn wrong(why: serde_json::Error) -> Error {
    Error::malformed("reply")(why)
}

//! What a reply said, gathered beside its way to the client: for logs, and for counts where the provider has none.

use std::borrow::Cow;

use super::{Delta, Finish, Sink, Usage};
use crate::Text;
use crate::json::Object;

/// The words of one reply, as far as there is room for them. Several choices are one text.
#[derive(Clone, Debug, Default)]
pub struct Spoken {
    content: Escaped,
    reasoning: Escaped,
    refusal: Escaped,
    calls: Vec<Called>,
    finish: Option<Finish>,
    room: usize,
    /// Bytes that found no room.
    left_out: u64,
}

/// The inside of a JSON string.
#[derive(Clone, Debug, Default)]
struct Escaped(Vec<u8>);

/// A call of a tool.
#[derive(Clone, Debug, Default)]
struct Called {
    id: Escaped,
    name: Escaped,
    arguments: Escaped,
}

/// Calls that are kept.
const CALLS: usize = 128;

/// Of what the words are told, where they are told as a reply.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    /// Its id.
    pub id: &'a str,
    /// When it was made: seconds since 1970.
    pub created: u64,
    /// The model that answered.
    pub model: &'a str,
    /// What it cost.
    pub usage: Option<&'a Usage>,
}

impl Spoken {
    /// Nothing yet; of what is said, so many bytes are kept.
    pub fn new(room: usize) -> Self {
        // Room for what most replies say.
        let content = Escaped(Vec::with_capacity(room.min(1 << 10)));
        Self { content, room, ..Self::default() }
    }

    /// More of the answer, which is what most events bring.
    pub(crate) fn text(&mut self, text: Text<'_>) {
        self.content.add(text, &mut self.room, &mut self.left_out);
    }

    /// Everything that was said, in characters: the answer, what was thought, why it was declined, what tools were called with.
    pub fn words(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let calls = self.calls.iter().flat_map(|call| [&call.name, &call.arguments]);
        let all = [&self.reasoning, &self.content, &self.refusal].into_iter().chain(calls);
        all.filter(|text| !text.0.is_empty()).map(Escaped::plain)
    }

    /// Bytes that were said, and found no room.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Adds all of it to `out` as one `chat.completion`. Where the reply was cut, it has no `finish_reason`.
    pub fn write(&self, named: Named<'_>, out: &mut Vec<u8>) {
        let mut reply = Object::new(out);
        reply.string("id", named.id);
        reply.word("object", "chat.completion");
        reply.number("created", named.created);
        reply.string("model", named.model);
        {
            let mut choices = reply.array("choices");
            let mut choice = choices.object();
            choice.number("index", 0);
            self.message(choice.object("message"));
            match self.finish {
                Some(finish) => choice.word("finish_reason", finish.name()),
                None => choice.raw("finish_reason", "null"),
            }
        }
        if let Some(usage) = named.usage {
            crate::openai::write_usage(reply.member("usage"), usage);
        }
    }

    fn message(&self, mut message: Object<'_>) {
        message.word("role", "assistant");
        if self.content.0.is_empty() && !(self.calls.is_empty() && self.refusal.0.is_empty()) {
            message.raw("content", "null");
        } else {
            self.content.write(message.member("content"));
        }
        for (name, text) in [("refusal", &self.refusal), ("reasoning_content", &self.reasoning)] {
            if !text.0.is_empty() {
                text.write(message.member(name));
            }
        }
        if self.calls.is_empty() {
            return;
        }
        let mut calls = message.array("tool_calls");
        for called in &self.calls {
            let mut call = calls.object();
            called.id.write(call.member("id"));
            call.word("type", "function");
            let mut function = call.object("function");
            called.name.write(function.member("name"));
            called.arguments.write(function.member("arguments"));
        }
    }
}

impl Sink for Spoken {
    fn delta(&mut self, delta: Delta<'_>) {
        let Self { content, reasoning, refusal, calls, finish, room, left_out } = self;
        let mut add = |to: &mut Escaped, text: Text<'_>| to.add(text, room, left_out);
        match delta {
            Delta::Text(text) => add(content, text),
            Delta::Reasoning { text, .. } => add(reasoning, text),
            Delta::Refusal(text) => add(refusal, text),
            Delta::ToolStart { id, name, .. } if calls.len() < CALLS => {
                let mut call = Called::default();
                add(&mut call.id, id);
                add(&mut call.name, name);
                calls.push(call);
            }
            Delta::ToolArgs { call, json } => {
                if let Some(called) = calls.get_mut(call as usize) {
                    add(&mut called.arguments, json);
                }
            }
            Delta::Finish(reason) => *finish = Some(reason),
            _ => (),
        }
    }
}

impl Escaped {
    /// A piece that does not fit whole is left out: it could end within an escape.
    fn add(&mut self, text: Text<'_>, room: &mut usize, left_out: &mut u64) {
        // Nearly all come as they are kept.
        if let Some(inner) = text.inner().filter(|inner| inner.len() <= *room) {
            *room -= inner.len();
            self.0.extend_from_slice(inner);
            return;
        }
        let before = self.0.len();
        text.write_inner(&mut self.0);
        let size = self.0.len() - before;
        if size > *room {
            self.0.truncate(before);
            *left_out += size as u64;
        } else {
            *room -= size;
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.push(b'"');
        out.extend_from_slice(&self.0);
        out.push(b'"');
    }

    fn plain(&self) -> Cow<'_, str> {
        if !self.0.contains(&b'\\') {
            return String::from_utf8_lossy(&self.0);
        }
        let mut json = Vec::with_capacity(self.0.len() + 2);
        self.write(&mut json);
        serde_json::from_slice::<String>(&json).unwrap_or_default().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(room: usize) -> Spoken {
        let mut spoken = Spoken::new(room);
        spoken.delta(Delta::Reasoning { block: 0, text: Text::Plain("Hm.") });
        spoken.delta(Delta::Text(Text::Json("\"a\\n\"")));
        spoken.delta(Delta::Text(Text::Plain("\"b\"")));
        spoken.delta(Delta::ToolStart { call: 0, id: Text::Plain("c1"), name: Text::Plain("look") });
        spoken.delta(Delta::ToolArgs { call: 0, json: Text::Plain("{\"a\":1}") });
        spoken
    }

    fn named() -> Named<'static> {
        Named { id: "chatcmpl-1", created: 7, model: "m", usage: None }
    }

    #[test]
    fn all_that_was_said_makes_one_reply() {
        let mut told = spoken(1000);
        told.delta(Delta::Finish(Finish::ToolCalls));
        let mut out = Vec::new();
        told.write(named(), &mut out);
        let expected = serde_json::json!({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 7, "model": "m",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": "a\n\"b\"", "reasoning_content": "Hm.",
                "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{\"a\":1}"}}]},
                "finish_reason": "tool_calls"}],
        });
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&out).ok(), Some(expected));
        let words: Vec<_> = told.words().collect();
        assert_eq!(words, ["Hm.", "a\n\"b\"", "look", "{\"a\":1}"]);
    }

    #[test]
    fn what_finds_no_room_is_left_out_whole_and_counted() {
        let told = spoken(6);
        let words: Vec<_> = told.words().collect();
        // Three bytes of thought, and three of the first text; then nothing fits any more.
        assert_eq!((words, told.left_out()), (vec!["Hm.".into(), Cow::Borrowed("a\n")], 5 + 2 + 4 + 9));
    }
}

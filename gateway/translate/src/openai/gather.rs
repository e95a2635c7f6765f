//! A stream in OpenAI's own dialect, put together: what a client gets that waits, of a provider that does not.
//!
//! Pieces are joined as OpenAI's own clients join them, whatever their names, so what a provider adds of its own is kept.
//!
//! <https://github.com/openai/openai-python/blob/main/src/openai/lib/streaming/_deltas.py>

use super::Members;
use crate::call::{Api, Gather, read};
use crate::json::{Object, Tree};
use crate::wire::Frame;
use crate::{Error, json};

/// The most choices of one reply.
const CHOICES: usize = 128;
/// What only chunks have.
const PADDING: &str = "obfuscation";

/// What came of a reply so far.
pub(crate) struct Gathered {
    is_chat: bool,
    /// Every member but `object`, `choices` and `usage`.
    reply: Tree,
    choices: Vec<Choice>,
    usage: Tree,
}

struct Choice {
    /// The message, or the text.
    said: Tree,
    logprobs: Tree,
    finish: Tree,
    /// Members that are not OpenAI's.
    others: Tree,
}

impl Gathered {
    /// Of a chat's reply, or a completion's.
    pub(crate) fn new(api: Api) -> Self {
        let is_chat = api == Api::Chat;
        Self { is_chat, reply: Tree::object(), choices: Vec::new(), usage: Tree::null() }
    }

    fn choice(&mut self, json: &str) -> Result<(), Error> {
        let members: Members<'_> = json::text_of(json).map_err(Error::malformed("stream"))?;
        let index = members.find("index").map_or(Some(0), |index| index.parse().ok());
        let Some(index) = index.filter(|index| *index < CHOICES) else {
            return Err(Error::Malformed { what: "stream", why: "a choice out of turn".to_owned() });
        };
        while self.choices.len() <= index {
            self.choices.push(Choice::new(self.is_chat));
        }
        let Self { choices, usage, .. } = self;
        let choice = &mut choices[index];
        for (name, value) in &members.0 {
            let json = value.get();
            match &**name {
                "index" => (),
                "delta" | "text" => choice.said.add(json),
                "logprobs" => choice.logprobs.add(json),
                "finish_reason" if json != "null" => choice.finish = Tree::new(json),
                "finish_reason" => (),
                // Kimi counts in its last choice.
                "usage" if json != "null" => *usage = Tree::new(json),
                name => choice.others.set(name, json),
            }
        }
        Ok(())
    }
}

impl Gather for Gathered {
    fn event(&mut self, frame: &Frame<'_>) -> Result<(), Error> {
        let data: &[u8] = &frame.data;
        if data.is_empty() || data.starts_with(b"[DONE]") {
            return Ok(());
        }
        let chunk: Members<'_> = read("stream", data)?;
        // Some extension's.
        let Some(choices) = chunk.find("choices") else { return Ok(()) };
        let choices: Vec<&serde_json::value::RawValue> =
            json::text_of(choices).map_err(Error::malformed("stream"))?;
        choices.iter().try_for_each(|choice| self.choice(choice.get()))?;
        for (name, value) in &chunk.0 {
            let json = value.get();
            match &**name {
                "object" | "choices" | PADDING => (),
                "usage" if json != "null" => self.usage = Tree::new(json),
                "usage" => (),
                name => self.reply.set(name, json),
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<u8>, Error> {
        let mut out = Vec::with_capacity(1024);
        let mut reply = Object::new(&mut out);
        reply.word("object", if self.is_chat { "chat.completion" } else { "text_completion" });
        self.reply.members().iter().for_each(|(name, value)| value.write(reply.foreign(name)));
        {
            let mut choices = reply.array("choices");
            for (index, choice) in (0..).zip(&mut self.choices) {
                choice.write(index, self.is_chat, &mut choices.object());
            }
        }
        if !self.usage.is_nothing() {
            self.usage.write(reply.member("usage"));
        }
        drop(reply);
        Ok(out)
    }
}

impl Choice {
    fn new(is_chat: bool) -> Self {
        let said = if is_chat { Tree::object() } else { Tree::new("\"\"") };
        Self { said, logprobs: Tree::null(), finish: Tree::null(), others: Tree::object() }
    }

    fn write(&mut self, index: u64, is_chat: bool, choice: &mut Object<'_>) {
        choice.number("index", index);
        if is_chat {
            tidy(&mut self.said);
            self.said.write(choice.member("message"));
        } else {
            self.said.write(choice.member("text"));
        }
        self.logprobs.write(choice.member("logprobs"));
        self.finish.write(choice.member("finish_reason"));
        self.others.members().iter().for_each(|(name, value)| value.write(choice.foreign(name)));
    }
}

/// Makes a message of what was said: its calls have no `index`, and it has what every message has.
fn tidy(message: &mut Tree) {
    for (_, calls) in message.members().iter_mut().filter(|(name, _)| name == "tool_calls") {
        for call in calls.objects() {
            call.members().retain(|(name, _)| name != "index");
            call.default("type", "\"function\"");
        }
    }
    message.default("role", "\"assistant\"");
    message.default("content", "null");
    message.default("refusal", "null");
}

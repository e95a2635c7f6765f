//! Collects deltas into one `text_completion`. What is no text has no place there: reasoning and calls are left out.

use super::{COMPLETION_ID, usage};
use crate::call::Call;
use crate::client::Whole;
use crate::delta::{Delta, Finish, Sink, Usage};
use crate::json::Object;
use crate::{Error, Text};

/// Collects the deltas of one reply. The text is kept escaped, so that pieces can be joined as they came.
#[derive(Debug)]
pub struct CompletionWriter {
    call: Call,
    id: Vec<u8>,
    model: Vec<u8>,
    text: Vec<u8>,
    finish: Option<Finish>,
    usage: Option<Usage>,
    done: bool,
}

impl CompletionWriter {
    /// A reply that has not begun.
    pub fn new(call: &Call) -> Self {
        let (id, model, text) = (Vec::new(), Vec::new(), Vec::new());
        Self { call: call.clone(), id, model, text, finish: None, usage: None, done: false }
    }
}

impl Whole for CompletionWriter {
    fn finish(self: Box<Self>) -> Result<(Vec<u8>, Option<Usage>), Error> {
        let Some(finish) = self.finish.filter(|_| self.done) else { return Err(Error::Truncated) };
        let mut out = Vec::with_capacity(320 + self.text.len());
        let mut reply = Object::new(&mut out);
        quoted(reply.member("id"), COMPLETION_ID.as_bytes(), &self.id);
        reply.word("object", "text_completion");
        reply.number("created", self.call.created);
        quoted(reply.member("model"), b"", &self.model);
        {
            let mut choices = reply.array("choices");
            let mut choice = choices.object();
            quoted(choice.member("text"), b"", &self.text);
            choice.number("index", 0);
            choice.raw("logprobs", "null");
            choice.string("finish_reason", reason(finish));
        }
        if let Some(usage) = &self.usage {
            usage::write(reply.member("usage"), usage);
        }
        drop(reply);
        Ok((out, self.usage))
    }
}

impl Sink for CompletionWriter {
    fn delta(&mut self, delta: Delta<'_>) {
        match delta {
            Delta::Start { id, model } => {
                let id = if id.is_empty() { Text::Plain(&self.call.id) } else { id };
                id.write_inner(&mut self.id);
                let model = if model.is_empty() { Text::Plain(&self.call.model) } else { model };
                model.write_inner(&mut self.model);
            }
            Delta::Text(text) | Delta::Refusal(text) => text.write_inner(&mut self.text),
            Delta::Finish(finish) => self.finish = Some(finish),
            Delta::Usage(usage) => self.usage = Some(*usage),
            Delta::End => self.done = true,
            _ => (),
        }
    }
}

/// A completion calls no tools.
pub(super) fn reason(finish: Finish) -> &'static str {
    match finish {
        Finish::ToolCalls => Finish::Stop.name(),
        finish => finish.name(),
    }
}

fn quoted(out: &mut Vec<u8>, prefix: &[u8], escaped: &[u8]) {
    out.push(b'"');
    out.extend_from_slice(prefix);
    out.extend_from_slice(escaped);
    out.push(b'"');
}

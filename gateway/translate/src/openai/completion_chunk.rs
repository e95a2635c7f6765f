//! Writes deltas as the events of a streamed `text_completion`.

use super::completion_reply::reason;
use super::{COMPLETION_ID, Writer, usage};
use crate::call::Call;
use crate::delta::{Delta, Finish, Sink, Usage};
use crate::{Text, json};

/// Writes the events of one streamed reply.
#[derive(Debug)]
pub struct CompletionChunkWriter {
    out: Vec<u8>,
    call: Call,
    /// What every event of this reply starts with, up to the value of `choices`.
    head: Vec<u8>,
    /// How every event ends that is not the last: `"usage":null` only where the client asked for usage.
    tail: &'static [u8],
    /// Told only when the provider has ended: a reply that is cut has no good end.
    finish: Option<Finish>,
    usage: Option<Usage>,
    done: bool,
}

impl CompletionChunkWriter {
    /// A stream that has not begun.
    pub fn new(call: &Call) -> Self {
        let tail: &[u8] = if call.include_usage { b",\"usage\":null}\n\n" } else { b"}\n\n" };
        let (out, head) = (Vec::new(), Vec::new());
        Self { out, call: call.clone(), head, tail, finish: None, usage: None, done: false }
    }

    fn start(&mut self, id: Text<'_>, model: Text<'_>) {
        let head = &mut self.head;
        head.clear();
        head.extend_from_slice(b"data: {\"id\":\"");
        head.extend_from_slice(COMPLETION_ID.as_bytes());
        if id.is_empty() { Text::Plain(&self.call.id) } else { id }.write_inner(head);
        head.extend_from_slice(b"\",\"object\":\"text_completion\",\"created\":");
        json::number(head, self.call.created);
        head.extend_from_slice(b",\"model\":");
        if model.is_empty() { Text::Plain(&self.call.model) } else { model }.write(head);
        head.extend_from_slice(b",\"choices\":");
    }

    fn event(&mut self, text: Text<'_>, finish: Option<Finish>) {
        let out = &mut self.out;
        out.extend_from_slice(&self.head);
        out.extend_from_slice(b"[{\"text\":");
        text.write(out);
        out.extend_from_slice(b",\"index\":0,\"logprobs\":null,\"finish_reason\":");
        match finish {
            None => out.extend_from_slice(b"null"),
            Some(finish) => json::string(out, reason(finish)),
        }
        out.extend_from_slice(b"}]");
        out.extend_from_slice(self.tail);
    }

    fn end(&mut self) {
        if self.finish.is_some() {
            self.event(Text::Plain(""), self.finish);
        }
        if let Some(usage) = self.usage.filter(|_| self.call.include_usage) {
            self.out.extend_from_slice(&self.head);
            self.out.extend_from_slice(b"[],\"usage\":");
            usage::write(&mut self.out, &usage);
            self.out.extend_from_slice(b"}\n\n");
        }
        self.out.extend_from_slice(b"data: [DONE]\n\n");
        self.done = true;
    }
}

impl Sink for CompletionChunkWriter {
    fn delta(&mut self, delta: Delta<'_>) {
        match delta {
            Delta::Start { id, model } => self.start(id, model),
            Delta::Text(text) | Delta::Refusal(text) if !text.is_empty() => self.event(text, None),
            Delta::Finish(finish) => self.finish = Some(finish),
            Delta::Usage(usage) => self.usage = Some(*usage),
            Delta::End => self.end(),
            _ => (),
        }
    }
}

impl Writer for CompletionChunkWriter {
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

//! Writes deltas as the events of a message.

use super::blocks::{Block, Blocks, Page, Piece};
use super::usage;
use crate::call::Call;
use crate::delta::{Delta, Finish, Sink, Usage};
use crate::json::{self, Object};
use crate::openai::Writer;
use crate::{Error, Text};

/// Writes the events of one streamed reply.
pub(super) struct EventWriter {
    call: Call,
    blocks: Blocks,
    page: Events,
    ending: Ending,
}

/// Writes the events of blocks.
#[derive(Default)]
struct Events {
    out: Vec<u8>,
    /// The number of the block that is open, or of the next.
    index: u64,
    /// What every event of this block starts with, up to its text: of the kind that came last.
    head: Vec<u8>,
    kind: Option<&'static str>,
}

impl EventWriter {
    /// A stream that has not begun.
    pub(super) fn new(call: &Call) -> Self {
        let (blocks, page, ending) = (Blocks::default(), Events::default(), Ending::default());
        Self { call: call.clone(), blocks, page, ending }
    }

    fn start(&mut self, id: Text<'_>, model: Text<'_>) {
        let out = &mut self.page.out;
        out.extend_from_slice(b"event: message_start\ndata: {\"type\":\"message_start\",\"message\":");
        {
            let mut message = Object::new(out);
            let quoted = message.member("id");
            quoted.push(b'"');
            super::write_id(if id.is_empty() { Text::Plain(&self.call.id) } else { id }, quoted);
            quoted.push(b'"');
            message.word("type", "message");
            message.word("role", "assistant");
            message.text("model", if model.is_empty() { Text::Plain(&self.call.model) } else { model });
            message.raw("content", "[]");
            message.raw("stop_reason", "null");
            message.raw("stop_sequence", "null");
            // What it costs is known at the end, and told there.
            usage::write(None, message.member("usage"));
        }
        out.extend_from_slice(b"}\n\n");
    }

    fn end(&mut self) {
        let out = &mut self.page.out;
        out.extend_from_slice(b"event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":");
        self.ending.write(&mut Object::new(out));
        out.extend_from_slice(b",\"usage\":");
        usage::write(self.ending.usage, out);
        out.extend_from_slice(b"}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
    }
}

impl Sink for EventWriter {
    fn delta(&mut self, delta: Delta<'_>) {
        self.ending.delta(delta);
        match delta {
            Delta::Start { id, model } => self.start(id, model),
            Delta::End => self.end(),
            delta => self.blocks.delta(delta, &mut self.page),
        }
    }
}

impl Writer for EventWriter {
    fn out(&mut self) -> &mut Vec<u8> {
        &mut self.page.out
    }

    fn done(&self) -> bool {
        self.ending.is_done()
    }

    fn usage(&self) -> Option<Usage> {
        self.ending.usage
    }

    fn sink(&mut self) -> &mut dyn Sink {
        self
    }

    fn check(&self) -> Result<(), Error> {
        if self.blocks.is_full() { Err(Error::TooLarge(Blocks::most())) } else { Ok(()) }
    }
}

impl Page for Events {
    fn open(&mut self, block: Block<'_>) {
        self.kind = None;
        let out = &mut self.out;
        out.extend_from_slice(
            b"event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":",
        );
        json::number(out, self.index);
        out.extend_from_slice(b",\"content_block\":");
        {
            let mut written = Object::new(out);
            match block {
                Block::Text => {
                    written.word("type", "text");
                    written.word("text", "");
                }
                Block::Thinking => {
                    written.word("type", "thinking");
                    written.word("thinking", "");
                    written.word("signature", "");
                }
                Block::Redacted { data } => {
                    written.word("type", "redacted_thinking");
                    written.text("data", data);
                }
                Block::ToolUse { id, name } => {
                    written.word("type", "tool_use");
                    written.text("id", id);
                    written.text("name", name);
                    written.raw("input", "{}");
                }
            }
        }
        out.extend_from_slice(b"}\n\n");
    }

    fn more(&mut self, piece: Piece<'_>) {
        let (kind, member, text) = match piece {
            Piece::Text(text) => ("text_delta", "text", text),
            Piece::Thinking(text) => ("thinking_delta", "thinking", text),
            Piece::Signature(text) => ("signature_delta", "signature", text),
            Piece::Json(text) => ("input_json_delta", "partial_json", text),
        };
        if text.is_empty() {
            return;
        }
        if self.kind != Some(kind) {
            self.kind = Some(kind);
            let head = &mut self.head;
            head.clear();
            head.extend_from_slice(
                b"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":",
            );
            json::number(head, self.index);
            head.extend_from_slice(b",\"delta\":{\"type\":\"");
            head.extend_from_slice(kind.as_bytes());
            head.extend_from_slice(b"\",\"");
            head.extend_from_slice(member.as_bytes());
            head.extend_from_slice(b"\":");
        }
        self.out.extend_from_slice(&self.head);
        text.write(&mut self.out);
        self.out.extend_from_slice(b"}}\n\n");
    }

    fn close(&mut self) {
        let out = &mut self.out;
        out.extend_from_slice(
            b"event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":",
        );
        json::number(out, self.index);
        out.extend_from_slice(b"}\n\n");
        self.index += 1;
    }
}

/// How a reply ends, and what it took.
#[derive(Debug, Default)]
pub(super) struct Ending {
    pub(super) usage: Option<Usage>,
    finish: Option<Finish>,
    /// Why the model declined: the inside of a JSON string.
    refusal: Vec<u8>,
    other_choice: bool,
    done: bool,
}

impl Ending {
    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    pub(super) fn delta(&mut self, delta: Delta<'_>) {
        match delta {
            Delta::Choice(choice) => self.other_choice = choice > 0,
            Delta::Usage(usage) => self.usage = Some(*usage),
            Delta::Refusal(text) if !self.other_choice => text.write_inner(&mut self.refusal),
            Delta::Finish(finish) if !self.other_choice => self.finish = Some(finish),
            Delta::End => self.done = true,
            _ => (),
        }
    }

    /// Writes why the model stopped.
    pub(super) fn write(&self, object: &mut Object<'_>) {
        let declines = !self.refusal.is_empty();
        object.word(
            "stop_reason",
            match self.finish {
                Some(Finish::Length) => "max_tokens",
                Some(Finish::ContentFilter) => "refusal",
                Some(Finish::Stop) | None if declines => "refusal",
                Some(Finish::ToolCalls) => "tool_use",
                Some(Finish::Stop) | None => "end_turn",
            },
        );
        object.raw("stop_sequence", "null");
        if declines {
            let mut details = object.object("stop_details");
            details.word("type", "refusal");
            details.raw("category", "null");
            let out = details.member("explanation");
            out.push(b'"');
            out.extend_from_slice(&self.refusal);
            out.push(b'"');
        }
    }
}

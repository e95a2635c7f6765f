//! Messages replies, whole and streamed, as deltas.
//!
//! <https://docs.anthropic.com/en/api/messages-streaming>

use serde::Deserialize;
use serde_json::value::RawValue;

use super::failure::Failure;
use super::message::{Block, BlockDelta, BlockStart, Kind, Message, MessageDelta, MessageStart, Usage};
use crate::call::read;
use crate::chat::Reader;
use crate::delta::{Delta, Finish, Sink};
use crate::template::Template;
use crate::wire::Frame;
use crate::{Error, Text};

/// Reads one reply.
#[derive(Default)]
pub(super) struct MessageReader {
    /// The tool calls so far: the content block each is in. Blocks of other kinds do not count as calls.
    calls: Vec<u32>,
    /// The same for reasoning blocks.
    blocks: Vec<u32>,
    usage: Usage,
    finished: bool,
    /// Events with text, and with pieces of the arguments of the call whose number stands beside.
    text: Template,
    arguments: (Template, u32),
}

impl Reader for MessageReader {
    fn reply(&mut self, body: &[u8], sink: &mut dyn Sink) -> Result<(), Error> {
        let message: Message<'_> = read("reply", body)?;
        if message.error.is_some() {
            return Err(Error::Provider(read::<Failure>("reply", body)?.problem(None)));
        }
        let Some(content) = &message.content else {
            return Err(Error::Malformed { what: "reply", why: "it has no content".to_owned() });
        };
        self.start(&message, sink);
        for (index, block) in (0..).zip(content) {
            self.block(index, block.get().as_bytes(), sink)?;
        }
        self.stop(message.stop_reason, message.stop_details.and_then(|details| details.explanation), sink);
        self.end(sink);
        Ok(())
    }

    fn frame(&mut self, frame: &Frame<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
        let data: &[u8] = &frame.data;
        match frame.event {
            "content_block_delta" => return self.delta(data, sink),
            "message_start" => {
                let event: MessageStart<'_> = read("stream", data)?;
                self.start(&event.message, sink);
            }
            "content_block_start" => {
                let event: BlockStart<'_> = read("stream", data)?;
                self.block(event.index, event.content_block.get().as_bytes(), sink)?;
            }
            "message_delta" => {
                let MessageDelta { delta, usage } = read("stream", data)?;
                self.usage.update(usage.unwrap_or_default());
                self.stop(
                    delta.stop_reason,
                    delta.stop_details.and_then(|details| details.explanation),
                    sink,
                );
            }
            "message_stop" => self.end(sink),
            "error" => return Err(Error::Provider(read::<Failure>("stream", data)?.problem(None))),
            // `ping`, `content_block_stop`, and kinds yet to come.
            _ => (),
        }
        Ok(())
    }
}

impl MessageReader {
    fn start(&mut self, message: &Message<'_>, sink: &mut dyn Sink) {
        sink.delta(Delta::Start { id: message.id, model: message.model });
        if let Some(usage) = message.usage {
            self.usage.update(usage);
            sink.delta(Delta::Usage(&self.usage.tokens()));
        }
    }

    /// Reads a block that is whole, or that begins in a stream.
    fn block(&mut self, index: u32, data: &[u8], sink: &mut dyn Sink) -> Result<(), Error> {
        let Some(block) = known::<Block<'_>>(data, BLOCKS)? else { return Ok(()) };
        match &*block.r#type.plain() {
            "text" if !block.text.is_empty() => sink.delta(Delta::Text(block.text)),
            "thinking" => {
                let block_number = number(&mut self.blocks, index);
                // Also where it is empty, for a reasoning block may be nothing but its signature.
                sink.delta(Delta::Reasoning { block: block_number, text: block.thinking });
                if !block.signature.is_empty() {
                    sink.delta(Delta::Signature { block: block_number, text: block.signature });
                }
            }
            "redacted_thinking" => {
                sink.delta(Delta::Redacted { block: number(&mut self.blocks, index), data: block.data });
            }
            "tool_use" => {
                let call = number(&mut self.calls, index);
                sink.delta(Delta::ToolStart { call, id: block.id, name: block.name });
                // A stream starts every call with an empty input.
                if let Some(input) = block.input.map(RawValue::get).filter(|&input| input != "{}") {
                    sink.delta(Delta::ToolArgs { call, json: Text::Plain(input) });
                }
            }
            _ => (),
        }
        Ok(())
    }

    /// Reads a piece of a block. Nearly all events of a stream are such, so their shape is learned.
    fn delta(&mut self, data: &[u8], sink: &mut dyn Sink) -> Result<(), Error> {
        if let Some(text) = self.text.text(data) {
            sink.delta(Delta::Text(text));
        } else if let Some(json) = self.arguments.0.text(data) {
            sink.delta(Delta::ToolArgs { call: self.arguments.1, json });
        } else if let Some(event) = known::<BlockDelta<'_>>(data, PIECES)? {
            self.piece(data, &event, sink);
        }
        Ok(())
    }

    fn piece(&mut self, data: &[u8], event: &BlockDelta<'_>, sink: &mut dyn Sink) {
        let piece = &event.delta;
        match &*piece.r#type.plain() {
            "text_delta" => {
                self.text.learn(data, piece.text, None);
                sink.delta(Delta::Text(piece.text));
            }
            "thinking_delta" if !piece.thinking.is_empty() => {
                if let Some(block) = find(&self.blocks, event.index) {
                    sink.delta(Delta::Reasoning { block, text: piece.thinking });
                }
            }
            "signature_delta" if !piece.signature.is_empty() => {
                if let Some(block) = find(&self.blocks, event.index) {
                    sink.delta(Delta::Signature { block, text: piece.signature });
                }
            }
            "input_json_delta" => {
                // The input of a provider's own tool is not the client's to see.
                let Some(call) = find(&self.calls, event.index) else { return };
                self.arguments.0.learn(data, piece.partial_json, None);
                self.arguments.1 = call;
                sink.delta(Delta::ToolArgs { call, json: piece.partial_json });
            }
            _ => (),
        }
    }

    /// Notes why the model stopped. A later event of the same kind may only count tokens.
    fn stop(&mut self, reason: Option<Text<'_>>, why: Option<Text<'_>>, sink: &mut dyn Sink) {
        if let Some(reason) = reason.filter(|_| !self.finished) {
            if let Some(why) = why {
                sink.delta(Delta::Refusal(why));
            }
            self.finish(finish(&reason.plain()), sink);
        }
        if self.usage.is_known() {
            sink.delta(Delta::Usage(&self.usage.tokens()));
        }
    }

    fn finish(&mut self, finish: Finish, sink: &mut dyn Sink) {
        self.finished = true;
        sink.delta(Delta::Finish(finish));
    }

    fn end(&mut self, sink: &mut dyn Sink) {
        if !self.finished {
            self.finish(Finish::Stop, sink);
        }
        sink.delta(Delta::End);
    }
}

/// `pause_turn` is an answer that the provider cut short of its own will: OpenAI has no word for it but `stop`.
fn finish(stop_reason: &str) -> Finish {
    match stop_reason {
        "max_tokens" | "model_context_window_exceeded" => Finish::Length,
        "refusal" => Finish::ContentFilter,
        "tool_use" => Finish::ToolCalls,
        _ => Finish::Stop,
    }
}

/// The number of the thing in content block `index`: the next, for a block that is new.
fn number(known: &mut Vec<u32>, index: u32) -> u32 {
    known.push(index);
    u32::try_from(known.len() - 1).unwrap_or(u32::MAX)
}

fn find(known: &[u32], index: u32) -> Option<u32> {
    known.iter().rposition(|&block| block == index).and_then(|at| u32::try_from(at).ok())
}

const BLOCKS: &[&str] = &["redacted_thinking", "text", "thinking", "tool_use"];
const PIECES: &[&str] = &["input_json_delta", "signature_delta", "text_delta", "thinking_delta"];

/// Reads a block or a piece of one. One of a kind that is not among `kinds` may hold anything: it is none.
fn known<'a, T: Deserialize<'a>>(data: &'a [u8], kinds: &[&str]) -> Result<Option<T>, Error> {
    let error = match read("stream", data) {
        Ok(value) => return Ok(Some(value)),
        Err(error) => error,
    };
    match read::<Kind<'_>>("stream", data) {
        Ok(kind) if !kinds.contains(&&*kind.name()) => Ok(None),
        _ => Err(error),
    }
}

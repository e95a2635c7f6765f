//! Messages replies, whole and streamed, as deltas.
//!
//! <https://docs.anthropic.com/en/api/messages-streaming>

use serde::Deserialize;
use serde_json::value::RawValue;

use super::failure::Failure;
use crate::chat::{Reader, read};
use crate::delta::{Delta, Finish, Sink, Usage as Tokens};
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
    template: Template,
}

impl Reader for MessageReader {
    fn reply(&mut self, body: &[u8], sink: &mut dyn Sink) -> Result<(), Error> {
        let message: Message<'_> = read("reply", body)?;
        if message.error.is_some() {
            return Err(Error::Provider(read::<Failure>("error", body)?.problem(None)));
        }
        self.start(&message, sink);
        for (index, block) in (0..).zip(&message.content) {
            self.block(index, block, sink);
        }
        self.end(message.stop_reason, sink);
        sink.delta(Delta::End);
        Ok(())
    }

    fn frame(&mut self, frame: &Frame<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
        match frame.event {
            "content_block_delta" => return self.piece(&frame.data, sink),
            "message_start" => self.start(&read::<MessageStart<'_>>("stream", &frame.data)?.message, sink),
            "content_block_start" => {
                let event: BlockStart<'_> = read("stream", &frame.data)?;
                self.block(event.index, &event.content_block, sink);
            }
            "message_delta" => {
                let event: MessageDelta<'_> = read("stream", &frame.data)?;
                self.usage.update(event.usage);
                self.end(event.delta.stop_reason, sink);
            }
            "message_stop" => sink.delta(Delta::End),
            "error" => return Err(Error::Provider(read::<Failure>("stream", &frame.data)?.problem(None))),
            // `ping`, `content_block_stop`, and kinds yet to come.
            _ => (),
        }
        Ok(())
    }
}

impl MessageReader {
    fn start(&mut self, message: &Message<'_>, sink: &mut dyn Sink) {
        self.usage.update(message.usage);
        sink.delta(Delta::Start { id: message.id, model: message.model });
    }

    fn block(&mut self, index: u32, block: &Block<'_>, sink: &mut dyn Sink) {
        match &*block.r#type.plain() {
            "text" if !block.text.is_empty() => sink.delta(Delta::Text(block.text)),
            "thinking" => {
                let number = number(&mut self.blocks, index);
                if !block.thinking.is_empty() {
                    sink.delta(Delta::Reasoning { block: number, text: block.thinking });
                }
                if !block.signature.is_empty() {
                    sink.delta(Delta::Signature { block: number, text: block.signature });
                }
            }
            "redacted_thinking" => {
                let number = number(&mut self.blocks, index);
                sink.delta(Delta::Redacted { block: number, data: block.data });
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
    }

    fn piece(&mut self, data: &[u8], sink: &mut dyn Sink) -> Result<(), Error> {
        if let Some(text) = self.template.text(data) {
            sink.delta(Delta::Text(text));
            return Ok(());
        }
        let event: BlockDelta<'_> = read("stream", data)?;
        let piece = &event.delta;
        match &*piece.r#type.plain() {
            "text_delta" => {
                self.template.learn(data, piece.text, None);
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
            "input_json_delta" if !piece.partial_json.is_empty() => {
                if let Some(call) = find(&self.calls, event.index) {
                    sink.delta(Delta::ToolArgs { call, json: piece.partial_json });
                }
            }
            _ => (),
        }
        Ok(())
    }

    fn end(&mut self, stop_reason: Option<Text<'_>>, sink: &mut dyn Sink) {
        sink.delta(Delta::Finish(match &*stop_reason.unwrap_or_default().plain() {
            "max_tokens" | "model_context_window_exceeded" => Finish::Length,
            "refusal" => Finish::ContentFilter,
            "tool_use" => Finish::ToolCalls,
            _ => Finish::Stop,
        }));
        sink.delta(Delta::Usage(self.usage.tokens()));
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

#[derive(Deserialize)]
struct MessageStart<'a> {
    #[serde(borrow)]
    message: Message<'a>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    model: Text<'a>,
    content: Vec<Block<'a>>,
    stop_reason: Option<Text<'a>>,
    usage: Usage,
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct BlockStart<'a> {
    index: u32,
    #[serde(borrow)]
    content_block: Block<'a>,
}

#[derive(Deserialize)]
struct Block<'a> {
    #[serde(borrow)]
    r#type: Text<'a>,
    #[serde(default)]
    text: Text<'a>,
    #[serde(default)]
    thinking: Text<'a>,
    #[serde(default)]
    signature: Text<'a>,
    #[serde(default)]
    data: Text<'a>,
    #[serde(default)]
    id: Text<'a>,
    #[serde(default)]
    name: Text<'a>,
    input: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct BlockDelta<'a> {
    index: u32,
    #[serde(borrow)]
    delta: Piece<'a>,
}

#[derive(Deserialize)]
struct Piece<'a> {
    #[serde(borrow)]
    r#type: Text<'a>,
    #[serde(default)]
    text: Text<'a>,
    #[serde(default)]
    thinking: Text<'a>,
    #[serde(default)]
    signature: Text<'a>,
    #[serde(default)]
    partial_json: Text<'a>,
}

#[derive(Deserialize)]
struct MessageDelta<'a> {
    #[serde(borrow)]
    delta: Stop<'a>,
    usage: Usage,
}

#[derive(Deserialize)]
struct Stop<'a> {
    #[serde(borrow)]
    stop_reason: Option<Text<'a>>,
}

/// Running totals; a later event overrides only what it names.
#[derive(Clone, Copy, Default, Deserialize)]
struct Usage {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
}

impl Usage {
    fn update(&mut self, later: Self) {
        self.input_tokens = later.input_tokens.or(self.input_tokens);
        self.output_tokens = later.output_tokens.or(self.output_tokens);
        self.cache_read_input_tokens = later.cache_read_input_tokens.or(self.cache_read_input_tokens);
        self.cache_creation_input_tokens =
            later.cache_creation_input_tokens.or(self.cache_creation_input_tokens);
    }

    /// `input_tokens` leaves the cached ones out; OpenAI's count does not.
    fn tokens(self) -> Tokens {
        let cached = self.cache_read_input_tokens.unwrap_or(0);
        Tokens {
            prompt: self.input_tokens.unwrap_or(0) + cached + self.cache_creation_input_tokens.unwrap_or(0),
            completion: self.output_tokens.unwrap_or(0),
            cached: self.cache_read_input_tokens,
            cache_write: self.cache_creation_input_tokens,
            ..Tokens::default()
        }
    }
}

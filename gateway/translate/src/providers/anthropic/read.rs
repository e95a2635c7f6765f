//! Messages replies, whole and streamed, as deltas.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Error;
use crate::chat::Reader;
use crate::delta::{Delta, Finish, Sink, Usage as Tokens};
use crate::openai::Text;
use crate::wire::Frame;

#[derive(Default)]
pub(super) struct MessageReader {
    /// Number of tool calls so far; content blocks of other kinds do not count.
    calls: u32,
    usage: Usage,
}

impl Reader for MessageReader {
    fn reply(&mut self, body: &[u8], sink: &mut dyn Sink) -> Result<(), Error> {
        let message: Message = parse(body)?;
        self.start(&message, sink);
        for block in &message.content {
            self.block(block, sink);
        }
        self.end(message.stop_reason.as_deref(), sink);
        Ok(())
    }

    fn frame(&mut self, frame: Frame<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
        match frame.event {
            "message_start" => self.start(&parse::<MessageStart>(frame.data)?.message, sink),
            "content_block_start" => self.block(&parse::<BlockStart>(frame.data)?.content_block, sink),
            "content_block_delta" => self.piece(&parse::<BlockDelta>(frame.data)?.delta, sink),
            "message_delta" => {
                let event: MessageDelta = parse(frame.data)?;
                self.usage.update(event.usage);
                self.end(event.delta.stop_reason.as_deref(), sink);
            }
            "error" => return Err(Error::Provider(parse::<Failure>(frame.data)?.error.message.into_owned())),
            // `ping`, `content_block_stop`, `message_stop`, and kinds yet to come.
            _ => (),
        }
        Ok(())
    }
}

impl MessageReader {
    fn start(&mut self, message: &Message<'_>, sink: &mut dyn Sink) {
        self.usage.update(message.usage);
        sink.delta(Delta::Start { id: &message.id, model: &message.model });
    }

    fn block(&mut self, block: &Block<'_>, sink: &mut dyn Sink) {
        match block.r#type {
            "text" if !block.text.is_empty() => sink.delta(Delta::Text(&block.text)),
            "thinking" if !block.thinking.is_empty() => sink.delta(Delta::Reasoning(&block.thinking)),
            "tool_use" => {
                let index = self.calls;
                self.calls += 1;
                sink.delta(Delta::ToolStart { index, id: &block.id, name: &block.name });
                // A stream starts every call with an empty input.
                if let Some(input) = block.input.map(RawValue::get).filter(|&input| input != "{}") {
                    sink.delta(Delta::ToolArgs { index, json: input });
                }
            }
            _ => (),
        }
    }

    fn piece(&mut self, piece: &Piece<'_>, sink: &mut dyn Sink) {
        match piece.r#type {
            "text_delta" => sink.delta(Delta::Text(&piece.text)),
            "thinking_delta" => sink.delta(Delta::Reasoning(&piece.thinking)),
            // Blocks come one after another, so this is for the latest call.
            "input_json_delta" if !piece.partial_json.is_empty() => {
                sink.delta(Delta::ToolArgs {
                    index: self.calls.saturating_sub(1),
                    json: &piece.partial_json,
                });
            }
            _ => (),
        }
    }

    fn end(&mut self, stop_reason: Option<&str>, sink: &mut dyn Sink) {
        sink.delta(Delta::Finish(match stop_reason {
            Some("max_tokens" | "model_context_window_exceeded") => Finish::Length,
            Some("refusal") => Finish::ContentFilter,
            Some("tool_use") => Finish::ToolCalls,
            _ => Finish::Stop,
        }));
        sink.delta(Delta::Usage(self.usage.tokens()));
    }
}

fn parse<'a, T: Deserialize<'a>>(data: &'a [u8]) -> Result<T, Error> {
    serde_json::from_slice(data).map_err(Error::malformed("Anthropic reply"))
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
}

#[derive(Deserialize)]
struct BlockStart<'a> {
    #[serde(borrow)]
    content_block: Block<'a>,
}

#[derive(Deserialize)]
struct Block<'a> {
    r#type: &'a str,
    #[serde(borrow, default)]
    text: Text<'a>,
    #[serde(default)]
    thinking: Text<'a>,
    #[serde(default)]
    id: Text<'a>,
    #[serde(default)]
    name: Text<'a>,
    input: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct BlockDelta<'a> {
    #[serde(borrow)]
    delta: Piece<'a>,
}

#[derive(Deserialize)]
struct Piece<'a> {
    r#type: &'a str,
    #[serde(borrow, default)]
    text: Text<'a>,
    #[serde(default)]
    thinking: Text<'a>,
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

#[derive(Deserialize)]
struct Failure<'a> {
    #[serde(borrow)]
    error: FailureDetail<'a>,
}

#[derive(Deserialize)]
struct FailureDetail<'a> {
    #[serde(borrow)]
    message: std::borrow::Cow<'a, str>,
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
            cached,
            completion: self.output_tokens.unwrap_or(0),
        }
    }
}

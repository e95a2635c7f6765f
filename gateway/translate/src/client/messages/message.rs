//! Collects deltas into one `message`.

use super::blocks::{Block, Blocks, Page, Piece, join};
use super::events::Ending;
use super::usage;
use crate::call::Call;
use crate::client::Whole;
use crate::delta::{Delta, Sink, Usage};
use crate::json::{self, Object};
use crate::{Error, Text};

/// Collects the deltas of one reply.
pub(super) struct MessageWriter {
    call: Call,
    /// The insides of JSON strings.
    id: Vec<u8>,
    model: Vec<u8>,
    blocks: Blocks,
    content: Content,
    ending: Ending,
}

/// The blocks so far.
#[derive(Default)]
struct Content(Vec<Written>);

/// A block. Its texts are insides of JSON strings.
enum Written {
    Text(String),
    Thinking { text: String, signature: String },
    Redacted(String),
    ToolUse { id: String, name: String, input: String },
}

impl MessageWriter {
    pub(super) fn new(call: &Call) -> Self {
        Self {
            call: call.clone(),
            id: Vec::new(),
            model: Vec::new(),
            blocks: Blocks::default(),
            content: Content::default(),
            ending: Ending::default(),
        }
    }
}

impl Sink for MessageWriter {
    fn delta(&mut self, delta: Delta<'_>) {
        if let Delta::Start { id, model } = delta {
            let id = if id.is_empty() { Text::Plain(&self.call.id) } else { id };
            super::write_id(id, &mut self.id);
            let model = if model.is_empty() { Text::Plain(&self.call.model) } else { model };
            model.write_inner(&mut self.model);
        }
        self.ending.delta(delta);
        self.blocks.delta(delta, &mut self.content);
    }
}

impl Whole for MessageWriter {
    fn finish(self: Box<Self>) -> Result<(Vec<u8>, Option<Usage>), Error> {
        if self.blocks.is_full() {
            return Err(Error::TooLarge(Blocks::most()));
        }
        if !self.ending.is_done() {
            return Err(Error::Truncated);
        }
        let mut out = Vec::with_capacity(512);
        let mut message = Object::new(&mut out);
        quoted(message.member("id"), &self.id);
        message.word("type", "message");
        message.word("role", "assistant");
        quoted(message.member("model"), &self.model);
        {
            let mut content = message.array("content");
            self.content.0.iter().for_each(|block| block.write(content.object()));
        }
        self.ending.write(&mut message);
        usage::write(self.ending.usage, message.member("usage"));
        drop(message);
        Ok((out, self.ending.usage))
    }
}

impl Page for Content {
    fn open(&mut self, block: Block<'_>) {
        let inside = |text: Text<'_>| {
            let mut inside = String::new();
            join(&mut inside, text);
            inside
        };
        self.0.push(match block {
            Block::Text => Written::Text(String::new()),
            Block::Thinking => Written::Thinking { text: String::new(), signature: String::new() },
            Block::Redacted { data } => Written::Redacted(inside(data)),
            Block::ToolUse { id, name } => {
                Written::ToolUse { id: inside(id), name: inside(name), input: String::new() }
            }
        });
    }

    fn more(&mut self, piece: Piece<'_>) {
        let place = match (self.0.last_mut(), piece) {
            (Some(Written::Text(place)), Piece::Text(_))
            | (Some(Written::Thinking { text: place, .. }), Piece::Thinking(_))
            | (Some(Written::Thinking { signature: place, .. }), Piece::Signature(_))
            | (Some(Written::ToolUse { input: place, .. }), Piece::Json(_)) => Some(place),
            _ => None,
        };
        if let Some(place) = place {
            piece.join(place);
        }
    }

    fn close(&mut self) {}
}

impl Written {
    fn write(&self, mut block: Object<'_>) {
        match self {
            Self::Text(text) => {
                block.word("type", "text");
                quoted(block.member("text"), text.as_bytes());
            }
            Self::Thinking { text, signature } => {
                block.word("type", "thinking");
                quoted(block.member("thinking"), text.as_bytes());
                quoted(block.member("signature"), signature.as_bytes());
            }
            Self::Redacted(data) => {
                block.word("type", "redacted_thinking");
                quoted(block.member("data"), data.as_bytes());
            }
            Self::ToolUse { id, name, input } => {
                block.word("type", "tool_use");
                quoted(block.member("id"), id.as_bytes());
                quoted(block.member("name"), name.as_bytes());
                write_input(input, block.member("input"));
            }
        }
    }
}

/// Arguments as an object. Those that are none, such as a call's that was cut short, go under the name that Anthropic gives what
/// is no JSON: <https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/fine-grained-tool-streaming>
pub(super) fn write_input(inside: &str, out: &mut Vec<u8>) {
    let token = format!("\"{inside}\"");
    let plain = Text::Json(&token).plain();
    let input = plain.trim();
    let is_object = || input.starts_with('{') && json::text_of::<&serde_json::value::RawValue>(input).is_ok();
    match input {
        "" | "null" => out.extend_from_slice(b"{}"),
        input if is_object() => out.extend_from_slice(input.as_bytes()),
        _ => Object::new(out).text("INVALID_JSON", Text::Json(&token)),
    }
}

fn quoted(out: &mut Vec<u8>, inside: &[u8]) {
    out.push(b'"');
    out.extend_from_slice(inside);
    out.push(b'"');
}

//! OpenAI's messages as Converse's turns: user and assistant take turns, system text stands apart, and results of
//! tools are the user's.
//!
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html>

use super::{cache, media};
use crate::call::Losses;
use crate::json::{Array, Object};
use crate::openai::{Chat, Message, Part, Role, Thinking, ToolCall};
use crate::{Error, Text};

/// Writes `messages` and `system`.
pub(super) fn write(request: &mut Object<'_>, chat: &Chat<'_>, losses: &mut Losses) -> Result<(), Error> {
    chat.messages.iter().for_each(|message| message.name_common_losses(false, losses));
    let all = chat.messages.iter().enumerate();
    let mut spoken = Vec::with_capacity(chat.messages.len());
    spoken.extend(all.filter(|(_, message)| side(message.role) != Side::System && says(message)));
    if spoken.is_empty() {
        return Err(Error::request("messages", "no message of a user or an assistant says anything"));
    }
    if let (index, Message { role: Role::Assistant, .. }) = spoken[0] {
        let why = "Bedrock's conversations begin with the user, not with the assistant";
        return Err(Error::request(format!("messages[{index}].role"), why));
    }
    let mut messages = request.array("messages");
    for turn in spoken.chunk_by(|(_, one), (_, next)| side(one.role) == side(next.role)) {
        let mut object = messages.object();
        object.word("role", if side(turn[0].1.role) == Side::User { "user" } else { "assistant" });
        let mut blocks = object.array("content");
        for (index, message) in turn {
            Place { index: *index, losses }.message(&mut blocks, message)?;
        }
    }
    drop(messages);
    system(request, chat, losses)
}

fn system(request: &mut Object<'_>, chat: &Chat<'_>, losses: &mut Losses) -> Result<(), Error> {
    let all = chat.messages.iter().enumerate();
    let mut spoken =
        all.filter(|(_, message)| side(message.role) == Side::System && says(message)).peekable();
    if spoken.peek().is_none() {
        return Ok(());
    }
    let mut blocks = request.array("system");
    let first = chat.messages.iter().position(|message| side(message.role) != Side::System && says(message));
    for (index, message) in spoken {
        // Its place among the turns is lost.
        if first.is_some_and(|first| first < index) {
            losses.drop(format!("messages[{index}].role"));
        }
        let (whole, parts) = message.content.parts();
        whole.into_iter().for_each(|whole| text(&mut blocks, whole));
        for (number, part) in parts.iter().enumerate() {
            let words = part.text.ok_or_else(|| {
                let param = format!("messages[{index}].content[{number}]");
                Error::request(param, "Bedrock takes only text in a system message")
            })?;
            text(&mut blocks, words);
            cached(&mut blocks, part);
        }
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Assistant,
    System,
    User,
}

fn side(role: Role) -> Side {
    match role {
        Role::Assistant => Side::Assistant,
        Role::Developer | Role::System => Side::System,
        Role::Function | Role::Tool | Role::User => Side::User,
    }
}

/// Whether there is a block in it. A turn must have one, and no text may be blank.
fn says(message: &Message<'_>) -> bool {
    let (whole, parts) = message.content.parts();
    matches!(message.role, Role::Tool | Role::Function)
        || message.tool_calls.as_ref().is_some_and(|calls| !calls.is_empty())
        || shows_reasoning(message)
        || [whole, message.refusal].into_iter().flatten().any(|text| !text.is_blank())
        || parts.iter().any(|part| part.text.or(part.refusal).is_none_or(|text| !text.is_blank()))
}

/// Whether there is reasoning in it that the service can check.
pub(super) fn shows_reasoning(message: &Message<'_>) -> bool {
    message.thinking_blocks.iter().flatten().any(|block| reasoning(block).is_some())
}

/// One message on its way into a turn.
struct Place<'l> {
    /// Its place among the client's messages.
    index: usize,
    losses: &'l mut Losses,
}

impl Place<'_> {
    fn message(&mut self, blocks: &mut Array<'_>, message: &Message<'_>) -> Result<(), Error> {
        match message.role {
            Role::Function => {
                return Err(self.wrong("role", "the role function is deprecated: use tool"));
            }
            Role::Tool => return self.result(blocks, message),
            _ => (),
        }
        self.reasoning(blocks, message);
        self.content(blocks, message)?;
        message.refusal.into_iter().for_each(|refusal| text(blocks, refusal));
        for (number, call) in message.tool_calls.iter().flatten().enumerate() {
            self.call(blocks, number, call)?;
        }
        Ok(())
    }

    /// Reasoning goes before what came of it, and only with the proof that the model wrote it.
    fn reasoning(&mut self, blocks: &mut Array<'_>, message: &Message<'_>) {
        let thoughts = message.thinking_blocks.as_deref().unwrap_or_default();
        for thought in thoughts {
            match reasoning(thought) {
                Some(Proven::Text { text, signature }) => {
                    let mut block = blocks.object();
                    let mut content = block.object("reasoningContent");
                    let mut reasoning = content.object("reasoningText");
                    reasoning.text("text", text);
                    reasoning.text("signature", signature);
                }
                Some(Proven::Redacted(data)) => {
                    blocks.object().object("reasoningContent").text("redactedContent", data);
                }
                None => self.losses.drop("messages[].thinking_blocks"),
            }
        }
    }

    fn content(&mut self, blocks: &mut Array<'_>, message: &Message<'_>) -> Result<(), Error> {
        let (whole, parts) = message.content.parts();
        whole.into_iter().for_each(|whole| text(blocks, whole));
        for (number, part) in parts.iter().enumerate() {
            self.part(blocks, number, part)?;
            cached(blocks, part);
        }
        Ok(())
    }

    /// The content of a result.
    fn said(&mut self, blocks: &mut Array<'_>, message: &Message<'_>) -> Result<(), Error> {
        let (whole, parts) = message.content.parts();
        whole.into_iter().for_each(|whole| text(blocks, whole));
        parts.iter().enumerate().try_for_each(|(number, part)| self.part(blocks, number, part))
    }

    fn part(&mut self, blocks: &mut Array<'_>, number: usize, part: &Part<'_>) -> Result<(), Error> {
        let refuse = |member: &str, why: String| {
            Error::request(format!("messages[{}].content[{number}]{member}", self.index), why)
        };
        if let Some(words) = part.text.or(part.refusal) {
            text(blocks, words);
        } else if let Some(image) = &part.image_url {
            if image.detail.is_some_and(|detail| !detail.is("auto")) {
                self.losses.drop("messages[].content[].image_url.detail");
            }
            media::image(&mut blocks.object(), &image.url.plain())
                .map_err(|why| refuse(".image_url.url", why))?;
        } else if let Some(file) = &part.file {
            let data = file
                .file_data
                .ok_or_else(|| refuse(".file", "Bedrock knows no file ids: send file_data".to_owned()))?;
            let name = file.filename.unwrap_or_default();
            media::document(&mut blocks.object(), &name.plain(), &data.plain())
                .map_err(|why| refuse(".file.file_data", why))?;
        } else if let Some(audio) = &part.input_audio {
            media::audio(&mut blocks.object(), &audio.format.plain(), &audio.data.plain());
        } else {
            return Err(refuse("", format!("Bedrock has no content of type {}", part.r#type.plain())));
        }
        Ok(())
    }

    /// The arguments are copied as they stand: big numbers and escapes stay what they were.
    fn call(&mut self, blocks: &mut Array<'_>, number: usize, call: &ToolCall<'_>) -> Result<(), Error> {
        let member = format!("tool_calls[{number}]");
        let Some(function) = &call.function else {
            return Err(self.wrong(&member, "only calls of functions can be carried"));
        };
        let input = function.input().ok_or_else(|| {
            let member = format!("{member}.function.arguments");
            self.wrong(&member, "the arguments of a call must be a JSON object, as text")
        })?;
        let mut block = blocks.object();
        let mut use_of_tool = block.object("toolUse");
        use_of_tool.string("toolUseId", &id(call.id));
        use_of_tool.text("name", function.name);
        use_of_tool.raw("input", &input);
        Ok(())
    }

    /// What a tool said stays text, as it is for OpenAI: a `json` block takes objects only, and may write their
    /// numbers anew.
    fn result(&mut self, blocks: &mut Array<'_>, message: &Message<'_>) -> Result<(), Error> {
        let Some(answered) = message.tool_call_id else {
            return Err(self.wrong("tool_call_id", "a tool message must say which call it answers"));
        };
        {
            let mut block = blocks.object();
            let mut result = block.object("toolResult");
            result.string("toolUseId", &id(answered));
            self.said(&mut result.array("content"), message)?;
            if message.is_error == Some(true) {
                result.word("status", "error");
            }
        }
        // In a result there is no place for such a point, so it is behind it.
        let parts = message.content.parts().1;
        let inside = parts.iter().rev().find_map(|part| part.cache_control.or(part.prompt_cache_breakpoint));
        cache::point(blocks, message.cache_control.or(inside));
        Ok(())
    }

    fn wrong(&self, member: &str, why: &str) -> Error {
        Error::request(format!("messages[{}].{member}", self.index), why)
    }
}

/// The service takes ids of up to 64 letters, digits and `_.:-`. Those that another provider made may be others; a call
/// and its result stay a pair.
fn id(id: Text<'_>) -> String {
    const LONGEST: usize = 64;

    let legal = |c: char| if c.is_ascii_alphanumeric() || "_.:-".contains(c) { c } else { '_' };
    let mut id: String = id.plain().chars().map(legal).collect();
    if id.len() > LONGEST {
        // What tells long ids apart may stand at either end.
        id.replace_range(LONGEST / 2..id.len() - LONGEST / 2, "");
    }
    id
}

/// A reasoning block that the service can check.
enum Proven<'a> {
    Text { text: Text<'a>, signature: Text<'a> },
    Redacted(Text<'a>),
}

fn reasoning<'a>(block: &Thinking<'a>) -> Option<Proven<'a>> {
    match (block.data, block.signature) {
        (Some(data), _) => Some(Proven::Redacted(data)),
        (None, Some(signature)) if !signature.is_empty() => {
            Some(Proven::Text { text: block.thinking, signature })
        }
        _ => None,
    }
}

/// The service refuses a text of nothing but white space.
fn text(blocks: &mut Array<'_>, text: Text<'_>) {
    if !text.is_blank() {
        blocks.object().text("text", text);
    }
}

fn cached(blocks: &mut Array<'_>, part: &Part<'_>) {
    cache::point(blocks, part.cache_control.or(part.prompt_cache_breakpoint));
}

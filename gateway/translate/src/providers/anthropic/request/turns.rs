//! Messages as a system prompt and turns.

use super::blocks;
use crate::chat::Losses;
use crate::json::{Array, Object};
use crate::openai::{Chat, Message, Role, ToolCall};
use crate::{Error, Text};

/// Writes `system` and `messages`.
pub(super) fn write(chat: &Chat<'_>, losses: &mut Losses, body: &mut Object<'_>) -> Result<(), Error> {
    let mut turns: Vec<(usize, &Message<'_>)> = Vec::with_capacity(chat.messages.len());
    let mut system: Vec<(usize, &Message<'_>)> = Vec::new();
    for (at, message) in chat.messages.iter().enumerate() {
        message.name_losses(losses);
        match message.role {
            Role::System | Role::Developer => {
                if !turns.is_empty() && speaks(message) {
                    losses.drop(format!("messages[{at}].role"));
                }
                system.push((at, message));
            }
            Role::Function => {
                let why = "the role function is deprecated: use tool";
                return Err(Error::request(format!("messages[{at}].role"), why));
            }
            Role::Assistant | Role::Tool | Role::User if speaks(message) => turns.push((at, message)),
            Role::Assistant | Role::Tool | Role::User => (),
        }
    }
    if turns.is_empty() {
        return Err(Error::request("messages", "no message of a user or an assistant says anything"));
    }
    if system.iter().any(|(_, message)| speaks(message)) {
        let mut prompt = body.array("system");
        for (at, message) in system {
            blocks::write(&message.content, at, losses, &mut prompt)?;
        }
    }
    let mut messages = body.array("messages");
    for turn in turns.chunk_by(|(_, one), (_, next)| role(one) == role(next)) {
        write_turn(turn, losses, messages.object())?;
    }
    Ok(())
}

/// One turn of all messages of one side that follow each other: so several results of tools come in one.
fn write_turn(
    messages: &[(usize, &Message<'_>)],
    losses: &mut Losses,
    mut turn: Object<'_>,
) -> Result<(), Error> {
    turn.string("role", role(messages[0].1));
    let mut content = turn.array("content");
    for &(at, message) in messages {
        match message.role {
            Role::Tool => write_result(at, message, losses, content.object())?,
            Role::Assistant => write_answer(at, message, losses, &mut content)?,
            _ => blocks::write(&message.content, at, losses, &mut content)?,
        }
    }
    Ok(())
}

/// Thinking comes first, calls last, as they came from the model.
fn write_answer(
    at: usize,
    message: &Message<'_>,
    losses: &mut Losses,
    content: &mut Array<'_>,
) -> Result<(), Error> {
    for thinking in message.thinking_blocks.iter().flatten() {
        blocks::write_thinking(thinking, losses, content);
    }
    blocks::write(&message.content, at, losses, content)?;
    if let Some(refusal) = message.refusal {
        blocks::write_text(refusal, None, content);
    }
    for (number, call) in message.tool_calls.iter().flatten().enumerate() {
        write_call(&format!("messages[{at}].tool_calls[{number}]"), call, content.object())?;
    }
    Ok(())
}

fn write_call(path: &str, call: &ToolCall<'_>, mut block: Object<'_>) -> Result<(), Error> {
    let Some(function) = &call.function else {
        return Err(Error::request(path, "only calls of functions can be carried"));
    };
    block.string("type", "tool_use");
    write_id(path, call.id, block.member("id"))?;
    block.text("name", function.name);
    let Some(input) = function.input() else {
        let path = format!("{path}.function.arguments");
        return Err(Error::request(path, "the arguments of a call must be a JSON object, as text"));
    };
    block.raw("input", &input);
    Ok(())
}

fn write_result(
    at: usize,
    message: &Message<'_>,
    losses: &mut Losses,
    mut block: Object<'_>,
) -> Result<(), Error> {
    let path = format!("messages[{at}].tool_call_id");
    let Some(id) = message.tool_call_id else {
        return Err(Error::request(path, "a tool message must say which call it answers"));
    };
    block.string("type", "tool_result");
    write_id(&path, id, block.member("tool_use_id"))?;
    match message.content.parts() {
        (Some(text), _) if text.is_empty() => (),
        (Some(text), _) => block.text("content", text),
        (None, []) => (),
        (None, _) => blocks::write(&message.content, at, losses, &mut block.array("content"))?,
    }
    Ok(())
}

/// Ids of calls that another provider made may hold what Anthropic's may not; a call and its result stay paired.
fn write_id(path: &str, id: Text<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    let id = id.plain();
    if id.is_empty() {
        return Err(Error::request(path, "the id of a call must not be empty"));
    }
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    out.push(b'"');
    out.extend(id.chars().map(|c| if legal(c) { c } else { '_' }).map(|c| u8::try_from(c).unwrap_or(b'_')));
    out.push(b'"');
    Ok(())
}

fn role(message: &Message<'_>) -> &'static str {
    if message.role == Role::Assistant { "assistant" } else { "user" }
}

/// Whether a message makes at least one block. Empty ones are refused by Anthropic, so they are never sent.
fn speaks(message: &Message<'_>) -> bool {
    let (text, parts) = message.content.parts();
    message.role == Role::Tool
        || text.is_some_and(|text| !text.is_empty())
        || parts.iter().any(|part| part.text.or(part.refusal).is_none_or(|text| !text.is_empty()))
        || message.refusal.is_some_and(|refusal| !refusal.is_empty())
        || message.tool_calls.as_ref().is_some_and(|calls| !calls.is_empty())
        || message.thinking_blocks.iter().flatten().any(blocks::is_proven)
}

//! Messages as a system prompt and turns.

use super::blocks;
use crate::call::Losses;
use crate::json::{Array, Object};
use crate::openai::{Chat, Message, Role, ToolCall};
use crate::providers::claude::Claude;
use crate::{Error, Text};

/// Writes `system` and `messages`.
pub(super) fn write(
    chat: &Chat<'_>,
    claude: Claude,
    losses: &mut Losses,
    body: &mut Object<'_>,
) -> Result<(), Error> {
    let (system, turns) = sort(&chat.messages, claude, losses)?;
    if turns.is_empty() {
        return Err(Error::request("messages", "no message of a user or an assistant says anything"));
    }
    if !system.is_empty() {
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

/// A message, and its place in the client's request.
type Placed<'m, 'a> = (usize, &'m Message<'a>);

/// What goes to the system prompt, and what to the turns. Messages that say nothing go nowhere.
fn sort<'m, 'a>(
    messages: &'m [Message<'a>],
    claude: Claude,
    losses: &mut Losses,
) -> Result<(Vec<Placed<'m, 'a>>, Vec<Placed<'m, 'a>>), Error> {
    let mut system = Vec::new();
    let mut turns = Vec::with_capacity(messages.len());
    for (at, message) in messages.iter().enumerate() {
        message.name_common_losses(false, losses);
        if message.role == Role::Function {
            let path = format!("messages[{at}].role");
            return Err(Error::request(path, "the role function is deprecated: use tool"));
        } else if !speaks(message) {
            continue;
        } else if !instructs(message) || claude.takes_system_turns() && may_stay(messages, at) {
            turns.push((at, message));
        } else {
            if !turns.is_empty() {
                losses.drop(format!("messages[{at}].role"));
            }
            system.push((at, message));
        }
    }
    Ok((system, turns))
}

/// Whether a system message may stand at `at`: after a turn of the user, and before one of the assistant or the end.
fn may_stay(messages: &[Message<'_>], at: usize) -> bool {
    let turn = |message: &&Message<'_>| !instructs(message) && speaks(message);
    let before = messages[..at].iter().rev().find(turn);
    let after = messages[at..].iter().find(turn);
    before.is_some_and(|message| message.role != Role::Assistant)
        && after.is_none_or(|message| message.role == Role::Assistant)
}

fn instructs(message: &Message<'_>) -> bool {
    matches!(message.role, Role::Developer | Role::System)
}

/// One turn of all messages of one side that follow each other: so several results of tools come in one.
fn write_turn(
    messages: &[(usize, &Message<'_>)],
    losses: &mut Losses,
    mut turn: Object<'_>,
) -> Result<(), Error> {
    turn.word("role", role(messages[0].1));
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
    block.word("type", "tool_use");
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
    block.word("type", "tool_result");
    write_id(&path, id, block.member("tool_use_id"))?;
    match message.content.parts() {
        (Some(text), _) if text.is_empty() => (),
        (Some(text), _) => block.text("content", text),
        (None, []) => (),
        (None, _) => blocks::write(&message.content, at, losses, &mut block.array("content"))?,
    }
    if message.is_error == Some(true) {
        block.boolean("is_error", true);
    }
    if let Some(control) = message.cache_control {
        block.raw("cache_control", control.get());
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
    match message.role {
        Role::Assistant => "assistant",
        Role::Developer | Role::System => "system",
        Role::Function | Role::Tool | Role::User => "user",
    }
}

/// Whether a message makes at least one block.
fn speaks(message: &Message<'_>) -> bool {
    let (text, parts) = message.content.parts();
    message.role == Role::Tool
        || text.is_some_and(|text| !text.is_blank())
        || parts.iter().any(|part| part.text.or(part.refusal).is_none_or(|text| !text.is_blank()))
        || message.refusal.is_some_and(|refusal| !refusal.is_blank())
        || message.tool_calls.as_ref().is_some_and(|calls| !calls.is_empty())
        || message.thinking_blocks.iter().flatten().any(blocks::is_proven)
}

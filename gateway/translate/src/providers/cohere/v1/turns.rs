//! Messages as what is said now and what was said before.

use serde_json::value::RawValue;

use crate::call::Losses;
use crate::json::{Array, Object};
use crate::openai::{Chat, Message, Role, ToolCall};
use crate::providers::cohere::messages::{instructs, speaks, texts};
use crate::{Error, Text};

/// A message, and its place in the client's request.
type Placed<'m, 'a> = (usize, &'m Message<'a>);

/// Writes `preamble`, `chat_history`, `message` and `tool_results`.
pub(super) fn write(chat: &Chat<'_>, losses: &mut Losses, body: &mut Object<'_>) -> Result<(), Error> {
    for (at, message) in chat.messages.iter().enumerate() {
        message.name_losses(false, losses);
        if message.thinking_blocks.as_ref().is_some_and(|blocks| !blocks.is_empty()) {
            losses.drop("messages[].thinking_blocks");
        }
        if message.role == Role::Function {
            let path = format!("messages[{at}].role");
            return Err(Error::request(path, "the role function is deprecated: use tool"));
        }
    }
    let all: Vec<Placed<'_, '_>> =
        chat.messages.iter().enumerate().filter(|(_, message)| speaks(message)).collect();
    let first = all.iter().take_while(|(_, message)| instructs(message)).count();
    let (system, turns) = all.split_at(first);
    if !system.is_empty() {
        joined("preamble", "\\n\\n", &said(system, losses)?, body);
    }
    let (before, now) = split(turns)?;
    history(before, &chat.messages, losses, body)?;
    match now {
        [(_, message), ..] if message.role == Role::Tool => {
            body.string("message", "");
            results(now, &chat.messages, losses, &mut body.array("tool_results"))
        }
        _ => {
            joined("message", "\\n\\n", &said(now, losses)?, body);
            Ok(())
        }
    }
}

/// What was said before, and what is said now: results of tools, or a message of the user.
fn split<'m, 'a>(turns: &'m [Placed<'m, 'a>]) -> Result<(&'m [Placed<'m, 'a>], &'m [Placed<'m, 'a>]), Error> {
    let results = turns.iter().rev().take_while(|(_, message)| message.role == Role::Tool).count();
    match turns.last() {
        _ if results > 0 => Ok(turns.split_at(turns.len() - results)),
        Some((_, message)) if message.role == Role::User => Ok(turns.split_at(turns.len() - 1)),
        Some((at, _)) => {
            let why = "version 1 of this provider wants the user, or results of tools, to have the last word";
            Err(Error::request(format!("messages[{at}].role"), why))
        }
        None => Err(Error::request("messages", "no message of a user or an assistant says anything")),
    }
}

fn said<'a>(messages: &[Placed<'_, 'a>], losses: &mut Losses) -> Result<Vec<Text<'a>>, Error> {
    let mut said = Vec::new();
    for (at, message) in messages {
        said.extend(texts(*at, message, losses)?);
    }
    Ok(said)
}

/// Texts as one, with something between them.
fn joined(name: &'static str, between: &str, texts: &[Text<'_>], body: &mut Object<'_>) {
    let out = body.member(name);
    out.push(b'"');
    for (number, text) in texts.iter().enumerate() {
        if number > 0 {
            out.extend_from_slice(between.as_bytes());
        }
        text.write_inner(out);
    }
    out.push(b'"');
}

/// Results that follow each other are one turn.
fn history(
    turns: &[Placed<'_, '_>],
    all: &[Message<'_>],
    losses: &mut Losses,
    body: &mut Object<'_>,
) -> Result<(), Error> {
    if turns.is_empty() {
        return Ok(());
    }
    let mut history = body.array("chat_history");
    let are_results = |(_, message): &Placed<'_, '_>| message.role == Role::Tool;
    for same in turns.chunk_by(|one, next| are_results(one) && are_results(next)) {
        let mut turn = history.object();
        if are_results(&same[0]) {
            turn.string("role", "TOOL");
            results(same, all, losses, &mut turn.array("tool_results"))?;
            continue;
        }
        turn_of(same[0], losses, &mut turn)?;
    }
    Ok(())
}

fn turn_of((at, message): Placed<'_, '_>, losses: &mut Losses, turn: &mut Object<'_>) -> Result<(), Error> {
    turn.string(
        "role",
        match message.role {
            Role::Assistant => "CHATBOT",
            Role::Developer | Role::System => "SYSTEM",
            _ => "USER",
        },
    );
    let mut said = texts(at, message, losses)?;
    said.extend(message.refusal.filter(|text| !text.is_empty()));
    if said.is_empty() {
        // The service answers a turn without words with 400, and a call may come without any.
        said.push(Text::Plain(" "));
    }
    joined("message", "", &said, turn);
    let calls = message.tool_calls.as_deref().unwrap_or_default();
    if !calls.is_empty() {
        let mut list = turn.array("tool_calls");
        for (number, call) in calls.iter().enumerate() {
            called(&format!("messages[{at}].tool_calls[{number}]"), call, list.object())?;
        }
    }
    Ok(())
}

fn called(path: &str, call: &ToolCall<'_>, mut written: Object<'_>) -> Result<(), Error> {
    let Some(function) = &call.function else {
        return Err(Error::request(path, "only calls of functions can be carried"));
    };
    let Some(input) = function.input() else {
        let path = format!("{path}.function.arguments");
        return Err(Error::request(path, "the arguments of a call must be a JSON object, as text"));
    };
    written.text("name", function.name);
    written.raw("parameters", &input);
    Ok(())
}

/// A result repeats the call that it answers: the last one before it of this id.
fn results(
    messages: &[Placed<'_, '_>],
    all: &[Message<'_>],
    losses: &mut Losses,
    list: &mut Array<'_>,
) -> Result<(), Error> {
    for (at, message) in messages {
        let path = format!("messages[{at}].tool_call_id");
        let Some(id) = message.tool_call_id else {
            return Err(Error::request(path, "a tool message must say which call it answers"));
        };
        let mut calls = all[..*at].iter().rev().flat_map(|message| message.tool_calls.iter().flatten());
        let Some(call) = calls.find(|call| call.id == id) else {
            return Err(Error::request(path, "a tool message must answer a call that was made before"));
        };
        let mut result = list.object();
        called(&path, call, result.object("call"))?;
        output(*at, message, losses, &mut result.array("outputs"))?;
    }
    Ok(())
}

/// Outputs are objects. A text that is one is taken as it is, any other becomes a member.
fn output(
    at: usize,
    message: &Message<'_>,
    losses: &mut Losses,
    outputs: &mut Array<'_>,
) -> Result<(), Error> {
    let texts = texts(at, message, losses)?;
    if let [text] = texts[..] {
        let plain = text.plain();
        let object = plain.trim();
        if object.starts_with('{') && serde_json::from_str::<&RawValue>(object).is_ok() {
            outputs.item().extend_from_slice(object.as_bytes());
            return Ok(());
        }
    }
    joined("output", "\\n", &texts, &mut outputs.object());
    Ok(())
}

//! Messages, in an order that Mistral takes.
//!
//! Its members are closed, so that nothing may stand in a message but what is known. Behind an answer or a result no
//! system message may stand; an answer that says nothing is refused; one at the end must be a `prefix`.

use super::id;
use crate::call::Losses;
use crate::json::{Array, Object};
use crate::openai::{Chat, Content, Message, Part, Role, Thinking, ToolCall};
use crate::{Error, Text, json};

/// Writes `messages`.
pub(super) fn write(chat: &Chat<'_>, losses: &mut Losses, body: &mut Object<'_>) -> Result<(), Error> {
    let order = order(chat, losses)?;
    let last = order.last().copied();
    let mut messages = body.array("messages");
    for at in order {
        let message = &chat.messages[at];
        name_losses(message, losses);
        let mut written = messages.object();
        match message.role {
            Role::System | Role::Developer => {
                written.string("role", "system");
                content(at, message, losses, &mut written)?;
            }
            Role::Assistant => {
                written.string("role", "assistant");
                answer(at, message, losses, &mut written)?;
                if Some(at) == last {
                    written.boolean("prefix", true);
                }
            }
            Role::Tool => {
                written.string("role", "tool");
                content(at, message, losses, &mut written)?;
                result(at, message, &chat.messages[..at], &mut written)?;
            }
            Role::User | Role::Function => {
                written.string("role", "user");
                content(at, message, losses, &mut written)?;
            }
        }
    }
    Ok(())
}

/// The messages that say something, in the order in which Mistral takes them.
fn order(chat: &Chat<'_>, losses: &mut Losses) -> Result<Vec<usize>, Error> {
    let mut order = Vec::with_capacity(chat.messages.len());
    let mut front = 0;
    let mut before = Role::System;
    for (at, message) in chat.messages.iter().enumerate() {
        match message.role {
            Role::Function => {
                let path = format!("messages[{at}].role");
                return Err(Error::request(path, "the role function is deprecated: use tool"));
            }
            Role::Assistant if !speaks(message) => continue,
            Role::System | Role::Developer if matches!(before, Role::Assistant | Role::Tool) => {
                losses.drop(format!("messages[{at}].role"));
                order.insert(front, at);
                front += 1;
                continue;
            }
            Role::System | Role::Developer if front == order.len() => front += 1,
            _ => (),
        }
        before = message.role;
        order.push(at);
    }
    if order.is_empty() {
        return Err(Error::request("messages", "no message says anything"));
    }
    Ok(order)
}

/// Whether an answer says anything.
fn speaks(message: &Message<'_>) -> bool {
    let said = |text: Option<Text<'_>>| text.is_some_and(|text| !text.is_empty());
    message.content.texts().any(|text| !text.is_empty())
        || message.content.parts().1.iter().any(|part| said(part.refusal))
        || said(message.refusal)
        || said(message.reasoning_content)
        || message.tool_calls.as_ref().is_some_and(|calls| !calls.is_empty())
        || message
            .thinking_blocks
            .iter()
            .flatten()
            .any(|block| !block.thinking.is_empty() || block.signature.is_some())
}

/// Names what no message has here. `prefix` is Mistral's own, and follows from where a message stands.
fn name_losses(message: &Message<'_>, losses: &mut Losses) {
    for (name, is_set) in [
        ("messages[].name", message.name.is_some()),
        ("messages[].audio", message.audio.is_some()),
        ("messages[].function_call", message.function_call.is_some()),
        ("messages[].is_error", message.is_error == Some(true)),
        ("messages[].cache_control", message.cache_control.is_some()),
    ] {
        if is_set {
            losses.drop(name);
        }
    }
    let others = message.others.iter().filter(|name| *name != "prefix");
    others.for_each(|name| losses.drop(format!("messages[].{name}")));
}

fn content(
    at: usize,
    message: &Message<'_>,
    losses: &mut Losses,
    written: &mut Object<'_>,
) -> Result<(), Error> {
    match &message.content {
        Content::None => written.string("content", ""),
        Content::Text(text) => written.text("content", *text),
        Content::Parts(list) => {
            let mut chunks = written.array("content");
            for (number, part) in list.iter().enumerate() {
                let path = format!("messages[{at}].content[{number}]");
                chunk(&path, message.role, part, losses, &mut chunks)?;
            }
        }
    }
    Ok(())
}

/// A part as a chunk. Only users send other than text.
fn chunk(
    path: &str,
    role: Role,
    part: &Part<'_>,
    losses: &mut Losses,
    chunks: &mut Array<'_>,
) -> Result<(), Error> {
    if part.cache_control.is_some() || part.prompt_cache_breakpoint.is_some() {
        losses.drop("messages[].content[].cache_control");
    }
    let kind = part.r#type.plain();
    let refused = || {
        let why = format!("this provider takes no part of type {kind} here");
        Err(Error::request(path, why))
    };
    match &*kind {
        "text" => text(part.text.unwrap_or_default(), chunks),
        "refusal" => text(part.refusal.unwrap_or_default(), chunks),
        _ if matches!(role, Role::System | Role::Developer | Role::Assistant) => return refused(),
        "image_url" => {
            let Some(image) = &part.image_url else { return refused() };
            let mut chunk = chunks.object();
            chunk.string("type", "image_url");
            let mut written = chunk.object("image_url");
            written.text("url", image.url);
            match image.detail {
                Some(detail) if ["auto", "low", "high"].contains(&&*detail.plain()) => {
                    written.text("detail", detail);
                }
                Some(_) => losses.drop("messages[].content[].image_url.detail"),
                None => (),
            }
        }
        "input_audio" => {
            let Some(audio) = &part.input_audio else { return refused() };
            let mut chunk = chunks.object();
            chunk.string("type", "input_audio");
            chunk.text("input_audio", audio.data);
        }
        "file" => return file(path, part, chunks),
        _ => return refused(),
    }
    Ok(())
}

fn text(text: Text<'_>, chunks: &mut Array<'_>) {
    let mut chunk = chunks.object();
    chunk.string("type", "text");
    chunk.text("text", text);
}

/// A file that was uploaded to Mistral, or one that comes with the message, as a document.
fn file(path: &str, part: &Part<'_>, chunks: &mut Array<'_>) -> Result<(), Error> {
    let Some(file) = &part.file else {
        return Err(Error::request(path, "a part of type file must have one"));
    };
    if let Some(data) = file.file_data {
        let mut chunk = chunks.object();
        chunk.string("type", "document_url");
        chunk.text("document_url", data);
        if let Some(name) = file.filename {
            chunk.text("document_name", name);
        }
        return Ok(());
    }
    let Some(id) = file.file_id else {
        return Err(Error::request(path, "a file must have file_data or file_id"));
    };
    let mut chunk = chunks.object();
    chunk.string("type", "file");
    chunk.text("file_id", id);
    Ok(())
}

/// What the model thought and said, and the calls it made.
fn answer(
    at: usize,
    message: &Message<'_>,
    losses: &mut Losses,
    written: &mut Object<'_>,
) -> Result<(), Error> {
    let thoughts = thoughts(message, losses);
    if thoughts.is_empty() && message.refusal.is_none() {
        match &message.content {
            Content::None => (),
            _ => content(at, message, losses, written)?,
        }
    } else {
        let mut chunks = written.array("content");
        thoughts.iter().for_each(|(thought, signature)| think(*thought, *signature, &mut chunks));
        if let Content::Text(said) = &message.content {
            text(*said, &mut chunks);
        }
        for (number, part) in message.content.parts().1.iter().enumerate() {
            let path = format!("messages[{at}].content[{number}]");
            chunk(&path, message.role, part, losses, &mut chunks)?;
        }
        if let Some(refusal) = message.refusal {
            text(refusal, &mut chunks);
        }
    }
    let calls = message.tool_calls.as_deref().unwrap_or_default();
    if calls.is_empty() {
        return Ok(());
    }
    let mut list = written.array("tool_calls");
    calls.iter().enumerate().try_for_each(|(number, call)| called((at, number), call, &mut list))
}

/// Reasoning with what proves it. What another provider made unreadable is no use here.
fn thoughts<'a>(message: &Message<'a>, losses: &mut Losses) -> Vec<(Text<'a>, Option<Text<'a>>)> {
    let Some(blocks) = &message.thinking_blocks else {
        let text = message.reasoning_content.filter(|text| !text.is_empty());
        return text.map(|text| (text, None)).into_iter().collect();
    };
    if blocks.iter().any(|block| block.data.is_some()) {
        losses.drop("messages[].thinking_blocks");
    }
    let readable = |block: &&Thinking<'_>| !block.thinking.is_empty() || block.signature.is_some();
    blocks.iter().filter(readable).map(|block| (block.thinking, block.signature)).collect()
}

fn think(thought: Text<'_>, signature: Option<Text<'_>>, chunks: &mut Array<'_>) {
    let mut chunk = chunks.object();
    chunk.string("type", "thinking");
    {
        let mut texts = chunk.array("thinking");
        if !thought.is_empty() {
            text(thought, &mut texts);
        }
    }
    if let Some(signature) = signature {
        chunk.text("signature", signature);
    }
}

fn called((at, number): (usize, usize), call: &ToolCall<'_>, list: &mut Array<'_>) -> Result<(), Error> {
    let path = format!("messages[{at}].tool_calls[{number}]");
    let Some(function) = &call.function else {
        return Err(Error::request(path, "only calls of functions can be carried"));
    };
    let Some(input) = function.input() else {
        let path = format!("{path}.function.arguments");
        return Err(Error::request(path, "the arguments of a call must be a JSON object, as text"));
    };
    let mut written = list.object();
    id::write("id", call.id, &mut written);
    written.string("type", "function");
    let mut named = written.object("function");
    named.text("name", function.name);
    json::string(named.member("arguments"), &input);
    Ok(())
}

/// A result names its call, and the function where the call is known.
fn result(
    at: usize,
    message: &Message<'_>,
    before: &[Message<'_>],
    written: &mut Object<'_>,
) -> Result<(), Error> {
    let Some(answered) = message.tool_call_id else {
        let path = format!("messages[{at}].tool_call_id");
        return Err(Error::request(path, "a tool message must say which call it answers"));
    };
    id::write("tool_call_id", answered, written);
    let calls = before.iter().rev().flat_map(|message| message.tool_calls.iter().flatten());
    let mut functions = calls.filter(|call| call.id == answered).filter_map(|call| call.function.as_ref());
    if let Some(function) = functions.next() {
        written.text("name", function.name);
    }
    Ok(())
}

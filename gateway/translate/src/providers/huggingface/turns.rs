//! Messages as the inference server reads them: of content and calls in one message only the content would count.

use crate::call::Losses;
use crate::json::{Array, Object};
use crate::openai::{Chat, Message, Part, Role, ToolCall};
use crate::{Error, Text};

/// Writes `messages`.
pub(super) fn write(chat: &Chat<'_>, losses: &mut Losses, body: &mut Object<'_>) -> Result<(), Error> {
    let mut messages = body.array("messages");
    for (at, message) in chat.messages.iter().enumerate() {
        message.name_losses(false, losses);
        match message.role {
            Role::System | Role::Developer => said(at, "system", message, losses, &mut messages)?,
            Role::User => said(at, "user", message, losses, &mut messages)?,
            Role::Assistant => answered(at, message, losses, &mut messages)?,
            Role::Tool => said(at, "tool", message, losses, &mut messages)?,
            Role::Function => {
                let path = format!("messages[{at}].role");
                return Err(Error::request(path, "the role function is deprecated: use tool"));
            }
        }
    }
    Ok(())
}

fn said(
    at: usize,
    role: &str,
    message: &Message<'_>,
    losses: &mut Losses,
    messages: &mut Array<'_>,
) -> Result<(), Error> {
    let mut written = messages.object();
    written.string("role", role);
    content(at, message, losses, &mut written)?;
    // Not read by the server; whoever stands before it may.
    if let (Role::Tool, Some(id)) = (message.role, message.tool_call_id) {
        written.text("tool_call_id", id);
    }
    Ok(())
}

/// What the model said, and its calls in a message of their own.
fn answered(
    at: usize,
    message: &Message<'_>,
    losses: &mut Losses,
    messages: &mut Array<'_>,
) -> Result<(), Error> {
    if message.thinking_blocks.as_ref().is_some_and(|blocks| !blocks.is_empty()) {
        losses.drop("messages[].thinking_blocks");
    }
    let calls = message.tool_calls.as_deref().unwrap_or_default();
    let speaks = message.content.texts().any(|text| !text.is_empty())
        || message.refusal.is_some()
        || message.content.parts().1.iter().any(|part| part.refusal.is_some());
    if speaks || calls.is_empty() {
        said(at, "assistant", message, losses, messages)?;
    }
    if calls.is_empty() {
        return Ok(());
    }
    let mut written = messages.object();
    written.string("role", "assistant");
    let mut list = written.array("tool_calls");
    calls.iter().enumerate().try_for_each(|(number, call)| called((at, number), call, &mut list))
}

/// The arguments as an object: a text would be quoted once more on its way into the prompt.
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
    written.text("id", call.id);
    written.string("type", "function");
    let mut named = written.object("function");
    named.text("name", function.name);
    named.raw("arguments", input.trim());
    Ok(())
}

fn content(
    at: usize,
    message: &Message<'_>,
    losses: &mut Losses,
    written: &mut Object<'_>,
) -> Result<(), Error> {
    let (_, parts) = message.content.parts();
    let is_plain = parts.iter().all(|part| matches!(&*part.r#type.plain(), "text" | "refusal"));
    if is_plain {
        name_cache(parts, losses);
        text(message, written.member("content"));
        return Ok(());
    }
    let mut list = written.array("content");
    for (number, part) in parts.iter().enumerate() {
        let path = format!("messages[{at}].content[{number}]");
        name_cache(std::slice::from_ref(part), losses);
        chunk(&path, message.role, part, losses, &mut list)?;
    }
    Ok(())
}

/// All texts of a message as one; those of a result in lines. A refusal is what the assistant said.
fn text(message: &Message<'_>, out: &mut Vec<u8>) {
    let (one, parts) = message.content.parts();
    let texts = one.into_iter().chain(parts.iter().filter_map(|part| part.text.or(part.refusal)));
    out.push(b'"');
    for (number, text) in texts.enumerate() {
        if number > 0 && message.role == Role::Tool {
            out.extend_from_slice(b"\\n");
        }
        text.write_inner(out);
    }
    if let Some(refusal) = message.refusal {
        refusal.write_inner(out);
    }
    out.push(b'"');
}

fn chunk(
    path: &str,
    role: Role,
    part: &Part<'_>,
    losses: &mut Losses,
    list: &mut Array<'_>,
) -> Result<(), Error> {
    let kind = part.r#type.plain();
    match (&*kind, &part.image_url) {
        ("text" | "refusal", _) => {
            let mut chunk = list.object();
            chunk.string("type", "text");
            chunk.text("text", part.text.or(part.refusal).unwrap_or(Text::Plain("")));
        }
        ("image_url", Some(image)) if role == Role::User => {
            if image.detail.is_some_and(|detail| !detail.is("auto")) {
                losses.drop("messages[].content[].image_url.detail");
            }
            let mut chunk = list.object();
            chunk.string("type", "image_url");
            chunk.object("image_url").text("url", image.url);
        }
        _ => return Err(Error::request(path, format!("this provider takes no part of type {kind} here"))),
    }
    Ok(())
}

fn name_cache(parts: &[Part<'_>], losses: &mut Losses) {
    if parts.iter().any(|part| part.cache_control.is_some() || part.prompt_cache_breakpoint.is_some()) {
        losses.drop("messages[].content[].cache_control");
    }
}

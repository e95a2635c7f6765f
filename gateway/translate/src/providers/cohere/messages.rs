//! Messages. One of the system comes first, and what is said along with calls is their plan.

use crate::call::Losses;
use crate::json::{Array, Object};
use crate::openai::{Chat, Content, Message, Part, Role, ToolCall};
use crate::{Error, Text};

/// Writes `messages`.
pub(super) fn write(chat: &Chat<'_>, losses: &mut Losses, body: &mut Object<'_>) -> Result<(), Error> {
    let mut messages = body.array("messages");
    system(chat, losses, &mut messages)?;
    let mut is_silent = true;
    for (at, message) in chat.messages.iter().enumerate() {
        message.name_losses(true, losses);
        if instructs(message) || !speaks(message) {
            continue;
        }
        is_silent = false;
        let mut written = messages.object();
        match message.role {
            Role::Assistant => answer(at, message, losses, &mut written)?,
            Role::Tool => result(at, message, losses, &mut written)?,
            Role::Function => {
                let path = format!("messages[{at}].role");
                return Err(Error::request(path, "the role function is deprecated: use tool"));
            }
            _ => {
                written.string("role", "user");
                content(at, message, true, losses, &mut written)?;
            }
        }
    }
    if is_silent {
        return Err(Error::request("messages", "no message of a user or an assistant says anything"));
    }
    Ok(())
}

pub(super) fn instructs(message: &Message<'_>) -> bool {
    matches!(message.role, Role::Developer | Role::System)
}

/// A turn without words is refused by the service, and means nothing. A result may be empty.
pub(super) fn speaks(message: &Message<'_>) -> bool {
    let (text, parts) = message.content.parts();
    text.is_some_and(|text| !text.is_empty())
        || !parts.is_empty()
        || message.refusal.is_some()
        || matches!(message.role, Role::Tool | Role::Function)
        || message.tool_calls.as_ref().is_some_and(|calls| !calls.is_empty())
        || thoughts(message).next().is_some()
}

/// All that the system says is one message, and the first one.
fn system(chat: &Chat<'_>, losses: &mut Losses, messages: &mut Array<'_>) -> Result<(), Error> {
    let mut said = Vec::new();
    for (at, message) in chat.messages.iter().enumerate().filter(|(_, message)| instructs(message)) {
        said.extend(texts(at, message, losses)?);
        if chat.messages[..at].iter().any(|before| !instructs(before) && speaks(before)) {
            losses.drop(format!("messages[{at}].role"));
        }
    }
    if said.is_empty() {
        return Ok(());
    }
    let mut message = messages.object();
    message.string("role", "system");
    match said[..] {
        [text] => message.text("content", text),
        _ => {
            let mut parts = message.array("content");
            said.into_iter().for_each(|text| part(text, &mut parts));
        }
    }
    Ok(())
}

/// The texts of a message that may hold no more than texts.
pub(super) fn texts<'a>(
    at: usize,
    message: &Message<'a>,
    losses: &mut Losses,
) -> Result<Vec<Text<'a>>, Error> {
    let (text, parts) = message.content.parts();
    let mut texts: Vec<_> = text.into_iter().collect();
    for (number, part) in parts.iter().enumerate() {
        name_losses(part, losses);
        match (&*part.r#type.plain(), part.text, part.refusal) {
            ("text", Some(text), _) | ("refusal", _, Some(text)) => texts.push(text),
            (kind, ..) => return Err(refused(at, number, kind)),
        }
    }
    texts.retain(|text| !text.is_empty());
    Ok(texts)
}

fn refused(at: usize, number: usize, kind: &str) -> Error {
    let path = format!("messages[{at}].content[{number}]");
    Error::request(path, format!("this provider takes no part of type {kind} here"))
}

fn name_losses(part: &Part<'_>, losses: &mut Losses) {
    if part.cache_control.is_some() || part.prompt_cache_breakpoint.is_some() {
        losses.drop("messages[].content[].cache_control");
    }
}

fn part(text: Text<'_>, parts: &mut Array<'_>) {
    let mut part = parts.object();
    part.string("type", "text");
    part.text("text", text);
}

/// Texts, and pictures where they may be.
fn content(
    at: usize,
    message: &Message<'_>,
    with_pictures: bool,
    losses: &mut Losses,
    written: &mut Object<'_>,
) -> Result<(), Error> {
    let parts = match &message.content {
        Content::Text(text) => {
            written.text("content", *text);
            return Ok(());
        }
        content => content.parts().1,
    };
    let mut content = written.array("content");
    for (number, each) in parts.iter().enumerate() {
        name_losses(each, losses);
        match (&*each.r#type.plain(), each.text, &each.image_url) {
            ("text", Some(text), _) if text.is_empty() => (),
            ("text", Some(text), _) => part(text, &mut content),
            ("image_url", _, Some(image)) if with_pictures => {
                let mut picture = content.object();
                picture.string("type", "image_url");
                let mut url = picture.object("image_url");
                url.text("url", image.url);
                if let Some(detail) = image.detail {
                    url.text("detail", detail);
                }
            }
            (kind, ..) => return Err(refused(at, number, kind)),
        }
    }
    Ok(())
}

/// What the model thought, as far as it is text: nobody else's proof of it is any use here.
fn thoughts<'m, 'a>(message: &'m Message<'a>) -> impl Iterator<Item = Text<'a>> + 'm {
    let blocks = message.thinking_blocks.iter().flatten().map(|block| block.thinking);
    let own = message.reasoning_content.filter(|_| message.thinking_blocks.is_none());
    own.into_iter().chain(blocks).filter(|text| !text.is_empty())
}

fn answer(
    at: usize,
    message: &Message<'_>,
    losses: &mut Losses,
    written: &mut Object<'_>,
) -> Result<(), Error> {
    written.string("role", "assistant");
    if message.thinking_blocks.iter().flatten().any(|block| block.data.is_some()) {
        losses.drop("messages[].thinking_blocks[].data");
    }
    let calls = message.tool_calls.as_deref().unwrap_or_default();
    let mut said = texts(at, message, losses)?;
    said.extend(message.refusal.filter(|text| !text.is_empty()));
    let thought: Vec<_> = thoughts(message).collect();
    let spoken = if calls.is_empty() { &said[..] } else { &[] };
    match (&thought[..], spoken) {
        ([], []) => (),
        ([], [text]) => written.text("content", *text),
        _ => {
            let mut content = written.array("content");
            for text in thought {
                let mut part = content.object();
                part.string("type", "thinking");
                part.text("thinking", text);
            }
            spoken.iter().for_each(|text| part(*text, &mut content));
        }
    }
    if calls.is_empty() {
        return Ok(());
    }
    if !said.is_empty() {
        let plan = written.member("tool_plan");
        plan.push(b'"');
        said.iter().for_each(|text| text.write_inner(plan));
        plan.push(b'"');
    }
    let mut list = written.array("tool_calls");
    for (number, call) in calls.iter().enumerate() {
        called(&format!("messages[{at}].tool_calls[{number}]"), call, list.object())?;
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
    written.text("id", call.id);
    written.string("type", "function");
    let mut named = written.object("function");
    named.text("name", function.name);
    named.string("arguments", &input);
    Ok(())
}

fn result(
    at: usize,
    message: &Message<'_>,
    losses: &mut Losses,
    written: &mut Object<'_>,
) -> Result<(), Error> {
    let Some(id) = message.tool_call_id else {
        let path = format!("messages[{at}].tool_call_id");
        return Err(Error::request(path, "a tool message must say which call it answers"));
    };
    written.string("role", "tool");
    written.text("tool_call_id", id);
    match &message.content {
        Content::None => written.string("content", ""),
        _ => content(at, message, false, losses, written)?,
    }
    Ok(())
}

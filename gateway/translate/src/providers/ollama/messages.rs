//! Messages: a text each, pictures beside it.

use crate::call::Losses;
use crate::json::Object;
use crate::openai::{Chat, Content, DataUrl, Message, Part, Role, ToolCall};
use crate::{Error, Text, json};

/// Writes `messages`.
pub(super) fn write(chat: &Chat<'_>, losses: &mut Losses, body: &mut Object<'_>) -> Result<(), Error> {
    let mut messages = body.array("messages");
    for (at, message) in chat.messages.iter().enumerate() {
        message.name_losses(true, losses);
        let mut written = messages.object();
        match message.role {
            Role::System | Role::Developer => written.word("role", "system"),
            Role::User => written.word("role", "user"),
            Role::Assistant => written.word("role", "assistant"),
            Role::Tool => written.word("role", "tool"),
            Role::Function => {
                let path = format!("messages[{at}].role");
                return Err(Error::request(path, "the role function is deprecated: use tool"));
            }
        }
        text(message, written.member("content"));
        pictures(at, message, losses, &mut written)?;
        match message.role {
            Role::Assistant => answer(at, message, &mut written)?,
            Role::Tool => result(at, message, &chat.messages[..at], &mut written)?,
            _ => (),
        }
    }
    Ok(())
}

/// All texts of a message as one; those of a result in lines. A refusal is what the assistant said.
fn text(message: &Message<'_>, out: &mut Vec<u8>) {
    out.push(b'"');
    match &message.content {
        Content::Text(text) => text.write_inner(out),
        content => {
            for (number, text) in content.texts().enumerate() {
                if number > 0 && message.role == Role::Tool {
                    out.extend_from_slice(b"\\n");
                }
                text.write_inner(out);
            }
        }
    }
    let parts = message.content.parts().1;
    parts.iter().filter_map(|part| part.refusal).for_each(|text| text.write_inner(out));
    if let Some(refusal) = message.refusal {
        refusal.write_inner(out);
    }
    out.push(b'"');
}

/// Base64 without a media type: the server looks for itself.
fn pictures(
    at: usize,
    message: &Message<'_>,
    losses: &mut Losses,
    written: &mut Object<'_>,
) -> Result<(), Error> {
    let (_, parts) = message.content.parts();
    let mut urls = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        let path = || format!("messages[{at}].content[{number}]");
        if part.cache_control.is_some() || part.prompt_cache_breakpoint.is_some() {
            losses.drop("messages[].content[].cache_control");
        }
        match &*part.r#type.plain() {
            "text" | "refusal" => (),
            "image_url" => urls.push(picture(part, &path(), losses)?),
            kind => {
                let why = format!("this provider takes no part of type {kind}");
                return Err(Error::request(path(), why));
            }
        }
    }
    if !urls.is_empty() {
        let mut images = written.array("images");
        urls.iter().for_each(|data| json::string(images.item(), data));
    }
    Ok(())
}

fn picture(part: &Part<'_>, path: &str, losses: &mut Losses) -> Result<String, Error> {
    let Some(image) = &part.image_url else {
        return Err(Error::request(path, "a part of type image_url must have one"));
    };
    if image.detail.is_some_and(|detail| !detail.is("auto")) {
        losses.drop("messages[].content[].image_url.detail");
    }
    let url = image.url.plain();
    let Some(DataUrl { data, .. }) = DataUrl::read(&url) else {
        let why = "this provider fetches no pictures: send it as a data: URL in base64";
        return Err(Error::request(format!("{path}.image_url.url"), why));
    };
    Ok(data.to_owned())
}

/// What the model thought, and the calls it made.
fn answer(at: usize, message: &Message<'_>, written: &mut Object<'_>) -> Result<(), Error> {
    let blocks = message.thinking_blocks.iter().flatten().map(|block| block.thinking);
    let thought: Vec<Text<'_>> = match message.reasoning_content {
        Some(text) => vec![text],
        None => blocks.filter(|text| !text.is_empty()).collect(),
    };
    if !thought.is_empty() {
        let out = written.member("thinking");
        out.push(b'"');
        thought.iter().for_each(|text| text.write_inner(out));
        out.push(b'"');
    }
    let Some(calls) = message.tool_calls.as_ref().filter(|calls| !calls.is_empty()) else { return Ok(()) };
    let mut written = written.array("tool_calls");
    for (number, call) in calls.iter().enumerate() {
        let path = format!("messages[{at}].tool_calls[{number}]");
        let Some(function) = &call.function else {
            return Err(Error::request(path, "only calls of functions can be carried"));
        };
        let Some(input) = function.input() else {
            let path = format!("{path}.function.arguments");
            return Err(Error::request(path, "the arguments of a call must be a JSON object, as text"));
        };
        let mut written = written.object();
        written.text("id", call.id);
        let mut named = written.object("function");
        named.text("name", function.name);
        named.raw("arguments", &input);
    }
    Ok(())
}

/// A result names its tool: that of the call it answers.
fn result(
    at: usize,
    message: &Message<'_>,
    before: &[Message<'_>],
    written: &mut Object<'_>,
) -> Result<(), Error> {
    let Some(id) = message.tool_call_id else {
        let path = format!("messages[{at}].tool_call_id");
        return Err(Error::request(path, "a tool message must say which call it answers"));
    };
    let calls = before.iter().rev().flat_map(|message| message.tool_calls.iter().flatten());
    let answered = |call: &&ToolCall<'_>| call.id == id;
    if let Some(function) = calls.filter(answered).find_map(|call| call.function.as_ref()) {
        written.text("tool_name", function.name);
    }
    written.text("tool_call_id", id);
    Ok(())
}

//! Messages as a system instruction and turns of parts.
//!
//! <https://ai.google.dev/api/caching#Content>

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Service;
use crate::call::Losses;
use crate::json::{Array, Object};
use crate::openai::{Chat, Content, DataUrl, File, Message, Part, Role, ToolCall};
use crate::{Error, Text, files, json};

/// Writes `systemInstruction` and `contents`.
pub(super) fn write(
    chat: &Chat<'_>,
    service: Service,
    losses: &mut Losses,
    body: &mut Object<'_>,
) -> Result<(), Error> {
    let mut instructions = Vec::new();
    let mut turns: Vec<(usize, &Message<'_>)> = Vec::with_capacity(chat.messages.len());
    for (at, message) in chat.messages.iter().enumerate() {
        message.name_common_losses(false, losses);
        if message.cache_control.is_some() {
            losses.drop("messages[].cache_control");
        }
        match message.role {
            Role::Function => {
                let path = format!("messages[{at}].role");
                return Err(Error::request(path, "the role function is deprecated: use tool"));
            }
            Role::System | Role::Developer => {
                if !turns.is_empty() {
                    losses.drop(format!("messages[{at}].role"));
                }
                instructions.push((at, message));
            }
            _ if speaks(message) => turns.push((at, message)),
            _ => (),
        }
    }
    if turns.is_empty() {
        return Err(Error::request("messages", "no message of a user or an assistant says anything"));
    }
    if !instructions.is_empty() {
        let mut instruction = body.object("systemInstruction");
        let mut parts = instruction.array("parts");
        for (at, message) in instructions {
            content((at, service), message, losses, &mut parts)?;
        }
    }
    let mut contents = body.array("contents");
    for turn in turns.chunk_by(|(_, one), (_, next)| role(one) == role(next)) {
        let mut written = contents.object();
        written.word("role", role(turn[0].1));
        let mut parts = written.array("parts");
        for &(at, message) in turn {
            match message.role {
                Role::Tool => result(at, message, &chat.messages[..at], &mut parts)?,
                Role::Assistant => answer((at, service), message, losses, &mut parts)?,
                _ => content((at, service), message, losses, &mut parts)?,
            }
        }
    }
    Ok(())
}

fn role(message: &Message<'_>) -> &'static str {
    if message.role == Role::Assistant { "model" } else { "user" }
}

/// Whether a message makes at least one part.
fn speaks(message: &Message<'_>) -> bool {
    let (text, parts) = message.content.parts();
    message.role == Role::Tool
        || text.is_some_and(|text| !text.is_empty())
        || !parts.is_empty()
        || message.refusal.is_some_and(|refusal| !refusal.is_empty())
        || message.tool_calls.as_ref().is_some_and(|calls| !calls.is_empty())
        || message.thinking_blocks.iter().flatten().any(|block| block.signature.is_some())
}

fn content(
    (at, service): (usize, Service),
    message: &Message<'_>,
    losses: &mut Losses,
    parts: &mut Array<'_>,
) -> Result<(), Error> {
    match &message.content {
        Content::None => (),
        Content::Text(text) if text.is_empty() => (),
        Content::Text(text) => parts.object().text("text", *text),
        Content::Parts(list) => {
            for (number, part) in list.iter().enumerate() {
                one((&format!("messages[{at}].content[{number}]"), service), part, losses, parts)?;
            }
        }
    }
    Ok(())
}

fn one(
    (path, service): (&str, Service),
    part: &Part<'_>,
    losses: &mut Losses,
    parts: &mut Array<'_>,
) -> Result<(), Error> {
    if part.cache_control.is_some() || part.prompt_cache_breakpoint.is_some() {
        losses.drop("messages[].content[].cache_control");
    }
    match &*part.r#type.plain() {
        "text" => parts.object().text("text", part.text.unwrap_or_default()),
        "refusal" => parts.object().text("text", part.refusal.unwrap_or_default()),
        "image_url" => {
            let Some(image) = &part.image_url else {
                return Err(Error::request(path, "a part of type image_url must have one"));
            };
            if image.detail.is_some_and(|detail| !detail.is("auto")) {
                losses.drop("messages[].content[].image_url.detail");
            }
            media(&image.url.plain(), parts);
        }
        "input_audio" => {
            let Some(audio) = &part.input_audio else {
                return Err(Error::request(path, "a part of type input_audio must have one"));
            };
            let kind = format!("audio/{}", audio.format.plain());
            blob(&kind, &audio.data.plain(), parts);
        }
        "file" => {
            let data = part.file.as_ref().and_then(|file| file.file_data);
            let uploaded = || uploaded(part.file.as_ref()?).filter(|_| service == Service::Gemini);
            match (data, uploaded()) {
                (Some(data), _) => media(&data.plain(), parts),
                (None, Some((uri, kind))) => file(&uri, kind, parts),
                (None, None) => {
                    let why = "this provider knows no file by such an id: send its data";
                    return Err(Error::request(format!("{path}.file"), why));
                }
            }
        }
        kind => return Err(Error::request(path, format!("this provider takes no part of type {kind}"))),
    }
    Ok(())
}

/// What lies in a URL, or behind it: the service fetches that by itself.
fn media(url: &str, parts: &mut Array<'_>) {
    if let Some(DataUrl { media_type, data }) = DataUrl::read(url) {
        return blob(media_type, data, parts);
    }
    file(url, kind(url), parts);
}

fn file(uri: &str, kind: Option<&str>, parts: &mut Array<'_>) {
    let mut part = parts.object();
    let mut file = part.object("fileData");
    if let Some(kind) = kind {
        file.string("mimeType", kind);
    }
    file.string("fileUri", uri);
}

/// The [URI](https://ai.google.dev/api/files#File) of a file that was uploaded before, and its media type as far as its name tells.
fn uploaded(file: &File<'_>) -> Option<(String, Option<&'static str>)> {
    let id = file.file_id?;
    let uri = files::uri(files::native_name(&id.plain())?);
    Some((uri, file.filename.and_then(|name| kind(&name.plain()))))
}

fn blob(kind: &str, data: &str, parts: &mut Array<'_>) {
    let mut part = parts.object();
    let mut blob = part.object("inlineData");
    blob.string("mimeType", kind);
    blob.string("data", data);
}

/// The media type that the end of a URL suggests.
fn kind(url: &str) -> Option<&'static str> {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let (_, extension) = path.rsplit_once('.')?;
    match &*extension.to_ascii_lowercase() {
        "png" => Some("image/png"),
        "jpg" | "jpeg" => Some("image/jpeg"),
        "webp" => Some("image/webp"),
        "gif" => Some("image/gif"),
        "heic" => Some("image/heic"),
        "pdf" => Some("application/pdf"),
        _ => None,
    }
}

/// What the model thought, said and called. Proofs stand where they came from.
fn answer(
    (at, service): (usize, Service),
    message: &Message<'_>,
    losses: &mut Losses,
    parts: &mut Array<'_>,
) -> Result<(), Error> {
    for block in message.thinking_blocks.iter().flatten() {
        let Some(signature) = block.signature else {
            losses.drop("messages[].thinking_blocks");
            continue;
        };
        let mut part = parts.object();
        part.text("text", block.thinking);
        part.boolean("thought", true);
        part.text("thoughtSignature", signature);
    }
    content((at, service), message, losses, parts)?;
    if let Some(refusal) = message.refusal.filter(|refusal| !refusal.is_empty()) {
        parts.object().text("text", refusal);
    }
    for (number, call) in message.tool_calls.iter().flatten().enumerate() {
        called(&format!("messages[{at}].tool_calls[{number}]"), call, parts.object())?;
    }
    Ok(())
}

fn called(path: &str, call: &ToolCall<'_>, mut part: Object<'_>) -> Result<(), Error> {
    let Some(function) = &call.function else {
        return Err(Error::request(path, "only calls of functions can be carried"));
    };
    let Some(input) = function.input() else {
        let path = format!("{path}.function.arguments");
        return Err(Error::request(path, "the arguments of a call must be a JSON object, as text"));
    };
    {
        let mut written = part.object("functionCall");
        written.text("id", call.id);
        written.text("name", function.name);
        written.raw("args", &input);
    }
    if let Some(signature) = call.extra_content.and_then(signature) {
        part.text("thoughtSignature", signature);
    }
    Ok(())
}

/// `{"google": {"thought_signature": …}}`, as [`read`](super::read) gives it.
fn signature(extra: &RawValue) -> Option<Text<'_>> {
    #[derive(Deserialize)]
    struct Extra<'a> {
        #[serde(borrow)]
        google: Google<'a>,
    }
    #[derive(Deserialize)]
    struct Google<'a> {
        #[serde(borrow)]
        thought_signature: Text<'a>,
    }
    serde_json::from_str::<Extra<'_>>(extra.get()).ok().map(|extra| extra.google.thought_signature)
}

/// A result names its function: that of the call it answers. It is an object, in which a text is the `output`, whatever
/// is in it: so it arrives character by character.
fn result(
    at: usize,
    message: &Message<'_>,
    before: &[Message<'_>],
    parts: &mut Array<'_>,
) -> Result<(), Error> {
    let path = || format!("messages[{at}].tool_call_id");
    let Some(id) = message.tool_call_id else {
        return Err(Error::request(path(), "a tool message must say which call it answers"));
    };
    let calls = before.iter().rev().flat_map(|message| message.tool_calls.iter().flatten());
    let mut answered = calls.filter(|call| call.id == id).filter_map(|call| call.function.as_ref());
    let Some(function) = answered.next() else {
        return Err(Error::request(path(), "no message before it made a call of this id"));
    };
    let text: String = match &message.content {
        Content::Text(text) => text.plain().into_owned(),
        content => content.texts().map(Text::plain).collect::<Vec<_>>().join("\n"),
    };
    let mut part = parts.object();
    let mut response = part.object("functionResponse");
    response.text("id", id);
    response.text("name", function.name);
    // By which of the two names it goes says whether the call went well.
    // <https://ai.google.dev/api/caching#FunctionResponse>
    let name = if message.is_error == Some(true) { "error" } else { "output" };
    json::string(response.object("response").member(name), &text);
    Ok(())
}

//! Parts of a message as content blocks.

use serde_json::value::RawValue;

use crate::call::Losses;
use crate::json::{Array, Object};
use crate::openai::{Content, DataUrl, File, ImageUrl, Part, Thinking};
use crate::{Error, Text};

/// Writes the blocks of message `at`. Blank texts are refused by Anthropic, so they are not sent.
pub(super) fn write(
    content: &Content<'_>,
    at: usize,
    losses: &mut Losses,
    blocks: &mut Array<'_>,
) -> Result<(), Error> {
    let (text, parts) = content.parts();
    if let Some(text) = text {
        write_text(text, None, blocks);
    }
    for (number, part) in parts.iter().enumerate() {
        write_part(part, losses, blocks)
            .map_err(|why| Error::request(format!("messages[{at}].content[{number}]"), why))?;
    }
    Ok(())
}

/// Writes a text block, unless it were blank.
pub(super) fn write_text(text: Text<'_>, part: Option<&Part<'_>>, blocks: &mut Array<'_>) {
    if text.is_blank() {
        return;
    }
    let mut block = blocks.object();
    block.word("type", "text");
    block.text("text", text);
    if let Some(part) = part {
        write_cache_control(part, &mut block);
    }
}

/// What proves that a thinking block is Anthropic's: it takes no other back.
fn proof<'a>(thinking: &Thinking<'a>) -> Option<(&'static str, Text<'a>)> {
    let (name, text) =
        if is_redacted(thinking) { ("data", thinking.data) } else { ("signature", thinking.signature) };
    text.filter(|text| !text.is_empty()).map(|text| (name, text))
}

fn is_redacted(thinking: &Thinking<'_>) -> bool {
    thinking.r#type.is("redacted_thinking")
}

/// Whether a thinking block can be sent back.
pub(super) fn is_proven(thinking: &Thinking<'_>) -> bool {
    proof(thinking).is_some()
}

/// Writes a thinking block back as it came.
pub(super) fn write_thinking(thinking: &Thinking<'_>, losses: &mut Losses, blocks: &mut Array<'_>) {
    let Some((name, proof)) = proof(thinking) else {
        return losses.drop("messages[].thinking_blocks");
    };
    let mut block = blocks.object();
    if is_redacted(thinking) {
        block.word("type", "redacted_thinking");
    } else {
        block.word("type", "thinking");
        block.text("thinking", thinking.thinking);
    }
    block.text(name, proof);
}

fn write_part(part: &Part<'_>, losses: &mut Losses, blocks: &mut Array<'_>) -> Result<(), String> {
    let kind = part.r#type.plain();
    match (&*kind, part) {
        ("text", Part { text: Some(text), .. }) | ("refusal", Part { refusal: Some(text), .. }) => {
            write_text(*text, Some(part), blocks);
            Ok(())
        }
        ("image_url", Part { image_url: Some(image), .. }) => write_image(image, part, losses, blocks),
        ("file", Part { file: Some(file), .. }) => write_file(file, part, blocks),
        ("text" | "refusal" | "image_url" | "file", _) => Err(format!("a part of type {kind} has no {kind}")),
        _ => Err(format!("this provider takes no part of type {kind}")),
    }
}

fn write_image(
    image: &ImageUrl<'_>,
    part: &Part<'_>,
    losses: &mut Losses,
    blocks: &mut Array<'_>,
) -> Result<(), String> {
    if image.detail.is_some_and(|detail| !detail.is("auto")) {
        losses.drop("messages[].content[].image_url.detail");
    }
    let url = image.url.plain();
    let data = DataUrl::read(&url);
    let media_type = match data.map(|data| data.media_type) {
        Some("image/jpg") => "image/jpeg",
        Some(media_type @ ("image/gif" | "image/jpeg" | "image/png" | "image/webp")) => media_type,
        Some(_) => return Err("an image must be a GIF, JPEG, PNG or WebP".to_owned()),
        None if url.starts_with("https://") || url.starts_with("http://") => "",
        None => return Err("an image must come as a https: URL or as a data: URL in base64".to_owned()),
    };
    let mut block = blocks.object();
    block.word("type", "image");
    {
        let mut source = block.object("source");
        match data {
            Some(data) => base64(&mut source, media_type, data.data),
            None => {
                source.word("type", "url");
                source.text("url", image.url);
            }
        }
    }
    write_cache_control(part, &mut block);
    Ok(())
}

fn write_file(file: &File<'_>, part: &Part<'_>, blocks: &mut Array<'_>) -> Result<(), String> {
    let url = file.file_data.map(Text::plain).unwrap_or_default();
    let Some(data) = DataUrl::read(&url).filter(|data| data.media_type == "application/pdf") else {
        return Err("a file must come as a data: URL of a PDF in base64".to_owned());
    };
    let mut block = blocks.object();
    block.word("type", "document");
    base64(&mut block.object("source"), data.media_type, data.data);
    if let Some(name) = file.filename.filter(|name| !name.is_empty()) {
        block.text("title", name);
    }
    write_cache_control(part, &mut block);
    Ok(())
}

fn base64(source: &mut Object<'_>, media_type: &str, data: &str) {
    source.word("type", "base64");
    source.string("media_type", media_type);
    source.string("data", data);
}

fn write_cache_control(part: &Part<'_>, block: &mut Object<'_>) {
    if let Some(control) = part.cache_control.map(RawValue::get) {
        block.raw("cache_control", control);
    } else if part.prompt_cache_breakpoint.is_some() {
        block.object("cache_control").word("type", "ephemeral");
    }
}

//! What is said and shown: content blocks as the parts of a chat message.
//!
//! | block | part |
//! |---|---|
//! | `text` | `text` |
//! | `image` as base64, by URL | `image_url`, as a data URL or that URL |
//! | `document` as a PDF in base64 | `file`, by its title |
//! | `document` by the id of a file | `file` |
//! | `document` as text, as content | `text` under its title; the parts of its content |
//! | `search_result` | `text`: title, source, and what was found |
//! | an image by the id of a file, a document by URL | refused: a chat has no such thing |

use super::fields::{Fields, Wrong, list};
use super::teller::Teller;
use crate::Text;
use crate::json::{self, Array, Object};

/// One part of a message.
pub(super) struct Part<'a> {
    pub(super) what: What<'a>,
    /// Where the provider may cache the prompt up to.
    pub(super) cache: Option<&'a str>,
}

pub(super) enum What<'a> {
    Text(Text<'a>),
    /// Text that was put together of several members.
    Made(String),
    ImageUrl(Text<'a>),
    Image {
        media_type: Text<'a>,
        data: Text<'a>,
    },
    File {
        name: Option<Text<'a>>,
        media_type: Text<'a>,
        data: Text<'a>,
    },
    FileId(Text<'a>),
}

/// What a document is called that has no title.
const UNTITLED: Text<'static> = Text::Plain("document.pdf");
const PREFIX: &str = "messages[].content[].";

/// Adds the parts of a block. `Ok(false)`: it is no block of this kind.
pub(super) fn read<'a>(
    kind: &str,
    block: &Fields<'a>,
    teller: &mut Teller<'_, '_>,
    parts: &mut Vec<Part<'a>>,
) -> Result<bool, Wrong> {
    let before = parts.len();
    match kind {
        "text" => {
            teller.name_others(block, &["type", "text", "cache_control"], PREFIX);
            parts.push(Part::of(What::Text(block.needed("text")?)));
        }
        "image" => {
            teller.name_others(block, &["type", "source", "cache_control"], PREFIX);
            parts.push(Part::of(image(block)?));
        }
        "document" => document(block, teller, parts)?,
        "search_result" => parts.push(Part::of(What::Made(search_result(block, teller)?))),
        _ => return Ok(false),
    }
    // What a block has in it counts as one: the mark is behind the last of it.
    if let (Some(cache), true) = (block.get("cache_control"), parts.len() > before) {
        parts.last_mut().expect("one was added").cache = Some(cache);
    }
    Ok(true)
}

fn image<'a>(block: &Fields<'a>) -> Result<What<'a>, Wrong> {
    let inside = |source: &Fields<'a>| match &*source.needed("type")?.plain() {
        "base64" => {
            Ok(What::Image { media_type: source.needed("media_type")?, data: source.needed("data")? })
        }
        "url" => Ok(What::ImageUrl(source.needed("url")?)),
        "file" => Err(Wrong::new(
            "file_id",
            "this provider takes images as base64 or by URL, not by the id of a file",
        )),
        _ => Err(Wrong::new("type", "the source of an image must be base64, url or file")),
    };
    inside(&source(block)?).map_err(|wrong| wrong.at("source"))
}

fn source<'a>(block: &Fields<'a>) -> Result<Fields<'a>, Wrong> {
    block.object("source")?.ok_or_else(|| Wrong::new("source", "this is required"))
}

fn document<'a>(
    block: &Fields<'a>,
    teller: &mut Teller<'_, '_>,
    parts: &mut Vec<Part<'a>>,
) -> Result<(), Wrong> {
    let known = ["type", "source", "title", "context", "citations", "cache_control"];
    teller.name_others(block, &known, PREFIX);
    name_citations(block, teller);
    let (title, context) = (block.text("title")?, block.text("context")?);
    if let Some(context) = context {
        parts.push(Part::of(What::Text(context)));
    }
    let source = source(block)?;
    let at = |wrong: Wrong| wrong.at("source");
    match &*source.needed("type").map_err(at)?.plain() {
        "base64" => {
            let name = Some(title.filter(|title| !title.is_empty()).unwrap_or(UNTITLED));
            let media_type = source.needed("media_type").map_err(at)?;
            let data = source.needed("data").map_err(at)?;
            parts.push(Part::of(What::File { name, media_type, data }));
        }
        "file" => parts.push(Part::of(What::FileId(source.needed("file_id").map_err(at)?))),
        "text" => {
            let text = source.needed("data").map_err(at)?;
            parts.push(Part::of(title.map_or(What::Text(text), |title| {
                What::Made(format!("{}\n\n{}", title.plain(), text.plain()))
            })));
        }
        "content" => {
            parts.extend(title.map(|title| Part::of(What::Text(title))));
            inside(&source, teller, parts).map_err(at)?;
        }
        "url" => {
            let why = "this provider takes documents as base64 or as text, not by URL";
            return Err(at(Wrong::new("url", why)));
        }
        _ => {
            return Err(at(Wrong::new(
                "type",
                "the source of a document must be base64, text, content, url or file",
            )));
        }
    }
    Ok(())
}

/// A document that is given as text and images.
fn inside<'a>(
    source: &Fields<'a>,
    teller: &mut Teller<'_, '_>,
    parts: &mut Vec<Part<'a>>,
) -> Result<(), Wrong> {
    let Some(content) = source.get("content") else { return Err(Wrong::new("content", "this is required")) };
    if let Some(text) = Text::token(content) {
        parts.push(Part::of(What::Text(text)));
        return Ok(());
    }
    for (at, block) in list(content).map_err(|wrong| wrong.at("content"))?.into_iter().enumerate() {
        let within = |wrong: Wrong| wrong.at(at).at("content");
        let block = Fields::read(block.get()).map_err(within)?;
        let kind = block.needed("type").map_err(within)?.plain();
        if !matches!(&*kind, "text" | "image") || !read(&kind, &block, teller, parts).map_err(within)? {
            return Err(within(Wrong::new("type", "a document holds blocks of type text and image")));
        }
    }
    Ok(())
}

fn search_result(block: &Fields<'_>, teller: &mut Teller<'_, '_>) -> Result<String, Wrong> {
    teller.name_others(block, &["type", "source", "title", "content", "citations", "cache_control"], PREFIX);
    name_citations(block, teller);
    let (title, source) = (block.needed("title")?, block.needed("source")?);
    let mut text = format!("{}\n{}\n", title.plain(), source.plain());
    for (at, found) in block.list("content")?.into_iter().enumerate() {
        let within = |wrong: Wrong| wrong.at(at).at("content");
        let found = Fields::read(found.get()).map_err(within)?;
        text.push('\n');
        text.push_str(&found.needed("text").map_err(within)?.plain());
    }
    Ok(text)
}

/// No chat says where in a document an answer comes from.
fn name_citations(block: &Fields<'_>, teller: &mut Teller<'_, '_>) {
    let asks = |citations: &str| Fields::read(citations).is_ok_and(|it| it.get("enabled") == Some("true"));
    if block.get("citations").is_some_and(asks) {
        teller.lose("messages[].content[].citations");
    }
}

impl<'a> Part<'a> {
    pub(super) fn of(what: What<'a>) -> Self {
        Self { what, cache: None }
    }

    pub(super) fn is_text(&self) -> bool {
        matches!(self.what, What::Text(_) | What::Made(_))
    }

    fn write(&self, teller: &mut Teller<'_, '_>, mut part: Object<'_>) {
        match &self.what {
            What::Text(text) => {
                part.word("type", "text");
                part.text("text", *text);
            }
            What::Made(text) => {
                part.word("type", "text");
                part.string("text", text);
            }
            What::ImageUrl(url) => {
                part.word("type", "image_url");
                part.object("image_url").text("url", *url);
            }
            What::Image { media_type, data } => {
                part.word("type", "image_url");
                data_url(part.object("image_url").member("url"), *media_type, *data);
            }
            What::File { name, media_type, data } => {
                part.word("type", "file");
                let mut file = part.object("file");
                if let Some(name) = name {
                    file.text("filename", *name);
                }
                data_url(file.member("file_data"), *media_type, *data);
            }
            What::FileId(id) => {
                part.word("type", "file");
                part.object("file").text("file_id", *id);
            }
        }
        teller.extend("messages[].content[].cache_control", &mut part, "cache_control", self.cache);
    }
}

fn data_url(out: &mut Vec<u8>, media_type: Text<'_>, data: Text<'_>) {
    out.extend_from_slice(b"\"data:");
    media_type.write_inner(out);
    out.extend_from_slice(b";base64,");
    data.write_inner(out);
    out.push(b'"');
}

/// Writes the content of a message: a string, where it is one text and nothing else; and else a list.
pub(super) fn write(parts: &[Part<'_>], teller: &mut Teller<'_, '_>, out: &mut Vec<u8>) {
    match parts {
        [Part { what: What::Text(text), cache }] if cache.is_none() || !teller.is_extended() => {
            if cache.is_some() {
                teller.lose("messages[].content[].cache_control");
            }
            text.write(out);
        }
        [Part { what: What::Made(text), cache: None }] => json::string(out, text),
        parts => {
            let mut list = Array::new(out);
            parts.iter().for_each(|part| part.write(teller, list.object()));
        }
    }
}

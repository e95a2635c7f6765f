//! Pictures in OpenAI's words: whole, or as the events of a stream, in which each is complete at once.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Look;
use crate::delta::{Kinds, Usage};
use crate::json::Object;
use crate::works::{JSON, Written};
use crate::{Error, Text, json};

/// What a provider painted.
#[derive(Debug, Default)]
pub struct Pictures {
    all: Vec<Picture>,
    media_type: Option<String>,
    tokens: Option<Tokens>,
    revised: Option<String>,
}

#[derive(Debug)]
enum Picture {
    /// Base64, needing no escape.
    Data(String),
    Address(String),
}

/// What it cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Of the prompt's words.
    pub text: u64,
    /// Of the pictures that came with it.
    pub image: u64,
    /// Of what was made.
    pub output: u64,
}

impl Pictures {
    /// The next picture, as base64.
    pub fn base64(&mut self, media_type: Option<&str>, data: &str) -> Result<(), Error> {
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
        if data.is_empty() || !data.bytes().all(is_base64) {
            return Err(malformed("a picture of it is no base64"));
        }
        self.media_type = media_type.map(str::to_owned).or(self.media_type.take());
        self.all.push(Picture::Data(data.to_owned()));
        Ok(())
    }

    /// The next picture, as its own bytes.
    pub fn bytes(&mut self, media_type: &str, data: &[u8]) {
        self.media_type = Some(media_type.to_owned());
        self.all.push(Picture::Data(STANDARD.encode(data)));
    }

    /// The next picture, by where it is to be seen.
    pub fn address(&mut self, address: Text<'_>) {
        self.all.push(Picture::Address(address.plain().into_owned()));
    }

    /// Where those lie that the client wants to see themselves.
    pub(crate) fn addresses(&self, look: &Look) -> Vec<String> {
        let wanted = self.all.iter().filter(|_| look.wants_data);
        let address = |picture: &Picture| match picture {
            Picture::Address(address) => Some(address.clone()),
            Picture::Data(_) => None,
        };
        wanted.filter_map(address).collect()
    }

    /// What lay there.
    pub(crate) fn found(&mut self, address: &str, media_type: &str, bytes: &[u8]) {
        let lies_there =
            |picture: &&mut Picture| matches!(picture, Picture::Address(known) if known == address);
        if let Some(picture) = self.all.iter_mut().find(lies_there) {
            *picture = Picture::Data(STANDARD.encode(bytes));
            self.media_type = Some(media_type.to_owned());
        }
    }

    /// What was made of the prompt.
    pub fn revised(&mut self, prompt: String) {
        self.revised = Some(prompt).filter(|prompt| !prompt.trim().is_empty());
    }

    /// What it cost.
    pub fn tokens(&mut self, tokens: Tokens) {
        self.tokens = Some(tokens);
    }

    /// The client's reply.
    pub(crate) fn write(self, look: &Look, created: u64) -> Result<Written, Error> {
        if self.all.is_empty() {
            return Err(malformed("it holds no picture"));
        }
        let usage = self.tokens.map(|tokens| Usage {
            prompt: tokens.text + tokens.image,
            completion: tokens.output,
            prompt_kinds: Kinds { text: Some(tokens.text), image: Some(tokens.image), audio: None },
            completion_kinds: Kinds { image: Some(tokens.output), ..Kinds::default() },
            ..Usage::default()
        });
        let mut body = Vec::with_capacity(1 << 16);
        if look.stream {
            self.events(look, created, &mut body)?;
            return Ok(Written { body, content_type: "text/event-stream; charset=utf-8", usage });
        }
        let mut reply = Object::new(&mut body);
        reply.number("created", created);
        {
            let mut data = reply.array("data");
            for picture in &self.all {
                let mut item = data.object();
                picture.write(&mut item);
                if let Some(revised) = &self.revised {
                    item.string("revised_prompt", revised);
                }
            }
        }
        if let Some(format) = self.format() {
            reply.word("output_format", format);
        }
        if let Some(tokens) = self.tokens {
            tokens.write(&mut reply);
        }
        drop(reply);
        Ok(Written { body, content_type: JSON, usage })
    }

    fn events(&self, look: &Look, created: u64, out: &mut Vec<u8>) -> Result<(), Error> {
        let kind = if look.edits { "image_edit.completed" } else { "image_generation.completed" };
        for picture in &self.all {
            let Picture::Data(_) = picture else {
                return Err(malformed("it has the addresses of pictures, which a stream has no place for"));
            };
            out.extend_from_slice(b"event: ");
            out.extend_from_slice(kind.as_bytes());
            out.extend_from_slice(b"\ndata: ");
            let mut event = Object::new(out);
            event.word("type", kind);
            picture.write(&mut event);
            event.number("created_at", created);
            event.word("size", size(look.size));
            event.word("quality", quality(look.quality.as_deref()));
            event.word("background", if look.is_transparent { "transparent" } else { "opaque" });
            event.word("output_format", self.format().unwrap_or("png"));
            self.tokens.unwrap_or_default().write(&mut event);
            drop(event);
            out.extend_from_slice(b"\n\n");
        }
        Ok(())
    }

    /// The format in OpenAI's words, which has three.
    fn format(&self) -> Option<&'static str> {
        match self.media_type.as_deref()? {
            "image/png" => Some("png"),
            "image/jpeg" | "image/jpg" => Some("jpeg"),
            "image/webp" => Some("webp"),
            _ => None,
        }
    }
}

impl Picture {
    fn write(&self, item: &mut Object<'_>) {
        match self {
            Self::Data(data) => {
                let out = item.member("b64_json");
                out.push(b'"');
                out.extend_from_slice(data.as_bytes());
                out.push(b'"');
            }
            Self::Address(address) => json::string(item.member("url"), address),
        }
    }
}

impl Tokens {
    fn write(self, object: &mut Object<'_>) {
        let input = self.text + self.image;
        let mut usage = object.object("usage");
        usage.number("input_tokens", input);
        {
            let mut details = usage.object("input_tokens_details");
            details.number("text_tokens", self.text);
            details.number("image_tokens", self.image);
        }
        usage.number("output_tokens", self.output);
        usage.number("total_tokens", input + self.output);
    }
}

/// The sizes that events have words for.
fn size(asked: Option<(u32, u32)>) -> &'static str {
    match asked {
        Some((1024, 1024)) => "1024x1024",
        Some((1024, 1536)) => "1024x1536",
        Some((1536, 1024)) => "1536x1024",
        _ => "auto",
    }
}

fn quality(asked: Option<&str>) -> &'static str {
    match asked {
        Some("low") => "low",
        Some("medium" | "standard") => "medium",
        Some("high" | "hd") => "high",
        _ => "auto",
    }
}

fn malformed(why: &str) -> Error {
    Error::Malformed { what: "reply", why: why.to_owned() }
}

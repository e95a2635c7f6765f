//! Google's Gemini API.
//!
//! <https://ai.google.dev/api/generate-content>

mod config;
mod contents;
mod embed;
mod failure;
mod images;
mod message;
mod native;
mod read;
mod request;
mod tools;

pub(crate) use message::Modalities;

pub(super) use failure::problem;
pub(super) use images::{read as read_image, write as write_image};
pub(super) use message::Tokens;
pub(super) use request::{Service, write};

use super::{Completions, Dialect, Provider};
use crate::call::{Auth, Call, Losses, Options, Target};
use crate::chat::{self, Reader, Thinking};
use crate::passthrough::Resource;
use crate::wire::Framing;
use crate::works::Work;
use crate::{Error, openai, path};

/// Pictures.
pub(crate) const WORKS: &[(Resource, Work)] = &[
    (Resource::ImageEdits, Work::Images(&images::Images)),
    (Resource::ImageGenerations, Work::Images(&images::Images)),
];

/// The Gemini API.
pub const PROVIDER: Provider = Provider {
    name: "gemini",
    format: None,
    base_url: "https://generativelanguage.googleapis.com",
    chat: Dialect::Native(&Generate),
    completions: Completions::ThroughChat,
    embeddings: Dialect::Native(&embed::BatchEmbed),
    passages: crate::passthrough::GEMINI,
    problem: |status, _, body| problem(status, body),
};

/// `generateContent` and `streamGenerateContent`
struct Generate;

impl chat::Chat for Generate {
    fn framings(&self) -> &'static [Framing] {
        &[Framing::Sse, Framing::JsonArray]
    }

    fn request(
        &self,
        chat: &openai::Chat<'_>,
        options: &Options<'_>,
        losses: &mut Losses,
        out: &mut Vec<u8>,
    ) -> Result<Target, Error> {
        let (model, stream) = (options.model(chat.model)?, options.stream(chat.stream));
        write(chat, options, (&model, Service::Gemini), losses, out)?;
        let operation = if stream { "streamGenerateContent" } else { "generateContent" };
        let mut target = target(model, operation, stream)?;
        if stream {
            target.query.push(("alt", "sse".to_owned()));
        }
        Ok(target)
    }

    fn thinking(&self, _: &str) -> Thinking {
        Thinking::Budget
    }

    fn reader(&self, call: &Call) -> Box<dyn Reader> {
        reader(call)
    }
}

/// Reads a reply.
pub(super) fn reader(call: &Call) -> Box<dyn Reader> {
    Box::new(read::ContentReader::new(call))
}

/// The model is a part of the path, and so is what is asked of it.
fn target(model: String, operation: &str, stream: bool) -> Result<Target, Error> {
    let name = path::segment(model.strip_prefix("models/").unwrap_or(&model))?;
    let path = format!("/v1beta/models/{name}:{operation}");
    let auth = Auth::Header("x-goog-api-key");
    Ok(Target { auth, anchor: Some("/models/"), ..Target::new(path, model, stream) })
}

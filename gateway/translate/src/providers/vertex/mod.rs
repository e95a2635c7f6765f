//! Google Cloud's Vertex AI: each model in the words of its maker, below a project and a location.
//!
//! | model | asked by | in the words of |
//! |---|---|---|
//! | `claude-…` | `publishers/anthropic/models/{model}:rawPredict`, `:streamRawPredict` | Anthropic, but for the model's name |
//! | `mistral-…`, `codestral-…`, … | `publishers/mistralai/models/{model}:rawPredict`, `:streamRawPredict` | Mistral |
//! | any other | `publishers/google/models/{model}:generateContent`, `:streamGenerateContent` | the Gemini API |
//! | deployed ones | `endpoints/{endpoint}/chat/completions` | OpenAI |
//!
//! <https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference>,
//! <https://docs.claude.com/en/api/claude-on-vertex-ai>, <https://docs.mistral.ai/deployment/cloud/vertex>

mod embed;
mod failure;
mod images;
mod maker;

use super::claude::Claude;
use super::{Completions, Dialect, Provider, anthropic, gemini, mistral};
use crate::Error;
use crate::call::{Call, Losses, Options, Target};
use crate::chat::{self, Reader, Thinking};
use crate::openai::{self, Address, ChunkReader, Place, Quirks};
use crate::passthrough::Resource;
use crate::path::segment;
use crate::wire::Framing;
use crate::works::Work;
use maker::Maker;

/// Pictures.
pub(crate) const WORKS: &[(Resource, Work)] = &[
    (Resource::ImageEdits, Work::Images(&images::Images)),
    (Resource::ImageGenerations, Work::Images(&images::Images)),
];

/// Models of publishers.
pub const PROVIDER: Provider = Provider {
    name: "gemini",
    format: Some("vertex"),
    base_url: "https://{endpoint}",
    chat: Dialect::Native(&Predict),
    completions: Completions::ThroughChat,
    embeddings: Dialect::Native(&embed::Embed),
    passages: crate::passthrough::VERTEX,
    problem: |status, _, body| failure::problem(status, body),
};

/// Models that were deployed, of which the endpoint `openapi` serves those of publishers.
pub const ENDPOINT: Provider = Provider {
    format: Some("endpoint"),
    chat: Dialect::OpenAi(&Quirks { place: Place::Of(deployed), addressed: &["model"], ..OPEN }),
    completions: Completions::None,
    embeddings: Dialect::None,
    ..PROVIDER
};

/// The endpoint `openapi`, which serves models of publishers by their names.
pub const OPENAPI: Provider = Provider {
    format: Some("openapi"),
    chat: Dialect::OpenAi(&Quirks { place: Place::Of(deployed), top_k: false, ..OPEN }),
    ..ENDPOINT
};

/// What serves them, mostly vLLM, knows the limit by its older name, and samples from the best k tokens.
const OPEN: Quirks = Quirks { top_k: true, limit: openai::Limit::Old, ..Quirks::CHAT };

/// Where the parts of a path begin that are always there.
const ANCHOR: Option<&str> = Some("/projects/");

/// `generateContent`, `rawPredict` and their streams.
struct Predict;

impl chat::Chat for Predict {
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
        let maker = Maker::of(&model);
        match maker {
            Maker::Google => {
                gemini::write(chat, options, (&model, gemini::Service::Vertex), losses, out)?;
            }
            Maker::Anthropic => anthropic::write_for_vertex(chat, options, losses, out)?,
            Maker::Mistral => mistral::write(chat, options, (&model, stream), losses, out)?,
        }
        let mut target = target(options, "v1", model, maker.operation(stream), stream)?;
        if maker == Maker::Google && stream {
            target.query.push(("alt", "sse".to_owned()));
        }
        Ok(target)
    }

    fn answers_by_tool(&self, model: &str) -> bool {
        Maker::of(model) == Maker::Anthropic && !Claude::of(model).takes_schemas()
    }

    fn shows_results(&self, model: &str) -> bool {
        Maker::of(model) == Maker::Anthropic
    }

    fn thinking(&self, model: &str) -> Thinking {
        match Maker::of(model) {
            Maker::Anthropic => Thinking::All,
            Maker::Google => Thinking::Budget,
            Maker::Mistral => Thinking::Nothing,
        }
    }

    fn reader(&self, call: &Call) -> Box<dyn Reader> {
        match Maker::of(&call.model) {
            Maker::Google => gemini::reader(call),
            Maker::Anthropic => anthropic::reader(),
            Maker::Mistral => Box::new(ChunkReader::new(call)),
        }
    }
}

/// A model of a publisher, and what is asked of it.
fn target(
    options: &Options<'_>,
    version: &str,
    model: String,
    operation: &str,
    stream: bool,
) -> Result<Target, Error> {
    let (place, publisher) = (place(options)?, Maker::of(&model).publisher());
    let name = segment(maker::short(&model))?;
    let path = format!("/{version}{place}/publishers/{publisher}/models/{name}:{operation}");
    Ok(Target { anchor: ANCHOR, ..Target::new(path, model, stream) })
}

/// One of Google's models, and what is asked of it besides texts.
pub(crate) fn google(options: &Options<'_>, model: String, operation: &str) -> Result<Target, Error> {
    if Maker::of(&model) != Maker::Google {
        return Err(Error::request("model", "of Vertex AI only Google's models make videos"));
    }
    target(options, "v1", model, operation, false)
}

fn deployed(options: &Options<'_>, _: &str) -> Result<Address, Error> {
    let endpoint = options.gemini.endpoint.ok_or_else(|| unplaced("endpoint"))?;
    let path = format!("/v1{}/endpoints/{}/chat/completions", place(options)?, segment(endpoint)?);
    Ok(Address { path, query: Vec::new(), anchor: ANCHOR })
}

/// Below which everything is.
fn place(options: &Options<'_>) -> Result<String, Error> {
    let part = |part: Option<&str>, name| segment(part.ok_or_else(|| unplaced(name))?);
    let project = part(options.gemini.project, "project")?;
    let location = part(options.gemini.location, "location")?;
    Ok(format!("/projects/{project}/locations/{location}"))
}

fn unplaced(part: &str) -> Error {
    Error::Request { message: format!("no {part} of Vertex AI is configured"), param: None }
}

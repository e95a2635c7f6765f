//! APIs whose bodies are not translated: files, batches, assistants, responses, sound, pictures. Where each stands at a provider, which of
//! the client's paths lead there, and what of a request must be looked at all the same: the model.
//!
//! Paths: <https://platform.openai.com/docs/api-reference>,
//! <https://learn.microsoft.com/en-us/azure/ai-foundry/openai/reference>

mod counts;
mod guard;
mod model;
mod multipart;
mod native;
pub mod realtime;
mod responses;
mod route;

pub use counts::of_headers;
pub(crate) use counts::{Invoked, Made, Ranked};
pub use guard::{Guard, Guarded};
pub use model::{model, named};
pub use native::{Counts, Native};
pub use responses::Responses;

pub use crate::path::leads_out;

use crate::Error;
use crate::call::{Options, Target};
use crate::providers::Provider;

/// An API whose bodies are not translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the APIs' names")]
pub enum Resource {
    Assistants,
    Batches,
    Files,
    ImageEdits,
    ImageGenerations,
    Native(Native),
    Preserve,
    Realtime,
    Responses,
    Speech,
    Transcriptions,
    Translations,
    Videos,
}

/// Where a resource stands at a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passage {
    /// Which one.
    pub resource: Resource,
    root: Root,
}

/// What stands before a resource's own path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Root {
    /// The same for all: `/v1`.
    Fixed(&'static str),
    /// Azure's classic paths: some belong to a deployment, all name a version.
    Azure,
}

const AZURE_NEWER: Root = Root::Fixed("/openai/v1");

/// OpenAI's own.
pub const OPENAI: &[Passage] = &at(Root::Fixed("/v1"));
/// Azure's, with a version in the query.
pub const AZURE: &[Passage] = &at(Root::Azure);
/// Azure's newer ones.
pub const AZURE_V1: &[Passage] = &at(AZURE_NEWER);
/// Anthropic's own API.
pub const ANTHROPIC: &[Passage] = &[native(Native::Anthropic)];
/// Amazon Bedrock's own API.
pub const BEDROCK: &[Passage] = &[native(Native::Bedrock)];
/// Cohere's own API.
pub const COHERE: &[Passage] = &[native(Native::Cohere)];
/// Gemini's own API.
pub const GEMINI: &[Passage] = &[native(Native::Gemini)];
/// The own API of Hugging Face's inference server, and the videos of its router.
pub const HUGGINGFACE: &[Passage] =
    &[native(Native::Huggingface), Passage { resource: Resource::Videos, root: Root::Fixed("/v1") }];
/// Vertex AI's own API.
pub const VERTEX: &[Passage] = &[native(Native::Vertex)];
/// Whatever a client asks of a provider.
const PRESERVED: Passage = Passage { resource: Resource::Preserve, root: Root::Fixed("") };
/// xAI's. <https://docs.x.ai/docs/api-reference>
pub const XAI: &[Passage] = &[
    Passage { resource: Resource::ImageGenerations, root: Root::Fixed("/v1") },
    Passage { resource: Resource::Responses, root: Root::Fixed("/v1") },
];

const fn native(native: Native) -> Passage {
    Passage { resource: Resource::Native(native), root: Root::Fixed("") }
}

const fn at(root: Root) -> [Passage; 11] {
    // The classic paths have no responses.
    let newer = if matches!(root, Root::Azure) { AZURE_NEWER } else { root };
    [
        Passage { resource: Resource::Assistants, root },
        Passage { resource: Resource::Batches, root },
        Passage { resource: Resource::Files, root },
        Passage { resource: Resource::ImageEdits, root },
        Passage { resource: Resource::ImageGenerations, root },
        Passage { resource: Resource::Realtime, root },
        Passage { resource: Resource::Responses, root: newer },
        Passage { resource: Resource::Speech, root },
        Passage { resource: Resource::Transcriptions, root },
        Passage { resource: Resource::Translations, root },
        Passage { resource: Resource::Videos, root },
    ]
}

impl Resource {
    /// The collections that belong to it, as they stand in paths. Of OpenAI's, the first is meant where a client's path names none.
    fn collections(self) -> &'static [&'static str] {
        match self {
            Self::Assistants => &["/assistants", "/threads", "/vector_stores"],
            Self::Batches => &["/batches"],
            Self::Files => &["/files", "/uploads"],
            Self::ImageEdits => &["/images/edits"],
            Self::ImageGenerations => &["/images/generations"],
            Self::Native(native) => native.collections(),
            // Whatever the client asks for.
            Self::Preserve => &[],
            Self::Realtime => &["/realtime"],
            Self::Responses => &["/responses"],
            Self::Speech => &["/audio/speech"],
            Self::Transcriptions => &["/audio/transcriptions"],
            Self::Translations => &["/audio/translations"],
            Self::Videos => &["/videos"],
        }
    }

    /// Whether there is more than one operation: things that can be listed, looked at, deleted.
    fn is_collection(self) -> bool {
        matches!(
            self,
            Self::Assistants | Self::Batches | Self::Files | Self::Native(_) | Self::Responses | Self::Videos
        )
    }

    /// Whether the body of a request to this path of a provider names a model, which the configuration may set.
    pub fn names_model(self, path: &str) -> bool {
        match self {
            Self::Assistants
            | Self::Batches
            | Self::Files
            | Self::Native(_)
            | Self::Preserve
            | Self::Realtime => false,
            // Looks at what is kept name none.
            Self::Responses => ["/responses", "/responses/input_tokens", "/responses/compact"]
                .iter()
                .any(|end| path.ends_with(end)),
            _ => true,
        }
    }

    /// Where the answer to a request to this path tells what it cost, if it does.
    pub fn counts(self, path: &str) -> Option<Counts> {
        match self {
            Self::Native(native) => native.counts(path),
            Self::Responses => path.ends_with("/responses").then_some(Counts::Response),
            Self::ImageEdits | Self::ImageGenerations | Self::Transcriptions => Some(Counts::Made),
            _ => None,
        }
    }

    /// The dialect of the answer to a request to this path, where its end can be told.
    pub fn guarded(self, path: &str) -> Option<Guarded> {
        match self.counts(path)? {
            Counts::Response => Some(Guarded::Responses),
            Counts::Chat if self == Self::Native(Native::Anthropic) => Some(Guarded::Messages),
            _ => None,
        }
    }

    /// Whose own API it is.
    pub fn native(self) -> Option<Native> {
        if let Self::Native(native) = self { Some(native) } else { None }
    }

    /// What of a client's path belongs to the resource, from the name of the collection on: `/files/file-1/content`.
    pub fn below(self, path: &str) -> Result<String, Error> {
        route::below(self, path)
    }

    /// Whether a client's path names it.
    pub fn stands_at(self, path: &str) -> bool {
        route::names(self, path)
    }

    /// The methods that it knows.
    pub fn methods(self) -> &'static [&'static str] {
        match self {
            Self::Preserve => &["GET", "POST", "PUT", "PATCH", "DELETE"],
            Self::Realtime => &["GET"],
            _ if self.is_collection() => &["GET", "POST", "DELETE"],
            _ => &["POST"],
        }
    }
}

impl Passage {
    /// Where a request goes whose client asked for this path.
    pub fn target(&self, path: &str, options: &Options<'_>) -> Result<Target, Error> {
        if self.resource == Resource::Preserve {
            route::check_all(path)?;
            return Ok(Target::new(path, options.model.unwrap_or_default().to_owned(), false));
        }
        let below = route::below(self.resource, path)?;
        let mut target = match self.root {
            Root::Fixed(_) if let Some(native) = self.resource.native() => {
                let (base_url, path) = native.place(&below);
                let client_model = native.model(&below);
                Target { base_url, client_model, ..Target::new(path, String::new(), false) }
            }
            Root::Fixed(root) => Target::new(format!("{root}{below}"), String::new(), false),
            Root::Azure => route::azure(self.resource, &below, options)?,
        };
        // A configured path ends before this, or goes before all of it.
        let own = if self.resource.native().is_some() { &target.path } else { &below };
        target.anchor = self.resource.collections().iter().copied().find(|name| own.starts_with(name));
        target.model = options.model.unwrap_or_default().to_owned();
        if self.resource == Resource::Assistants {
            target.headers.push(("openai-beta", "assistants=v2".to_owned()));
        }
        if let (Resource::Native(Native::Anthropic), Some(version)) =
            (self.resource, options.anthropic_version)
        {
            target.headers.push(("anthropic-version", version.to_owned()));
        }
        Ok(target)
    }

    /// The parameter of the query that says which model a realtime session is with.
    pub fn model_parameter(&self) -> &'static str {
        if self.root == Root::Azure { "deployment" } else { "model" }
    }
}

impl Provider {
    /// Where it has a resource that passes through.
    pub fn passage(&self, resource: Resource) -> Option<&'static Passage> {
        if resource == Resource::Preserve {
            return Some(&PRESERVED);
        }
        self.passages.iter().find(|passage| passage.resource == resource)
    }

    /// Its own API, for its own clients.
    pub fn native(&self) -> Option<&'static Passage> {
        self.passages.iter().find(|passage| passage.resource.native().is_some())
    }
}

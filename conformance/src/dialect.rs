//! What the judge knows of each provider: how to read what it is asked, and what it has no words for. One entry each.

mod members;
mod table;

use serde_json::Value;

use crate::Surface;
use crate::case::Asked;
use crate::meaning::{Facet, Meaning};

pub use table::ALL;

/// One provider's dialect.
#[derive(Debug, Clone, Copy)]
pub struct Dialect {
    /// The name of its mock.
    pub provider: &'static str,
    /// How it is asked to chat.
    pub chat: Api,
    /// How it is asked for a response, where it has an API for that besides its chat.
    pub responses: Option<Api>,
    /// How it is asked for a completion, be it through its chat; absent where it is not.
    pub completions: Option<Api>,
    /// How it is asked for vectors; absent where it has none.
    pub embeddings: Option<Api>,
    /// Whether replies show what the model thinks.
    pub thinks: bool,
    /// Whether thoughts come with something that proves them.
    pub signs: bool,
    /// Whether refusals are told apart from text.
    pub refuses: bool,
    /// Whether a whole answer that a filter ended comes without what it says; a stream has said it before.
    pub withholds: bool,
    /// Whether pictures stand among the texts of a message, and not beside them.
    pub mixes: bool,
    /// Whether it takes ids of calls in any form; otherwise a gateway may give them others, the same to a call and its result.
    pub keeps_ids: bool,
    /// Whether cached tokens and those of reasoning are counted apart.
    pub details: bool,
    /// Whether every call has an id; otherwise the order tells which result is whose.
    pub names_calls: bool,
    /// Whether the schema of a tool, or of an answer, can forbid members that it does not name.
    pub closes: bool,
    /// Whether requests must say that they are JSON: some servers read nothing else, and do not look.
    pub looks: bool,
}

/// One API of a provider: how its requests are read.
#[derive(Debug, Clone, Copy)]
pub struct Api {
    /// Reads a request.
    pub read: fn(&Value) -> Meaning,
    /// Where a request names the model.
    pub model: Place,
    /// Whether a request asks for a stream.
    pub streams: fn(&Asked) -> bool,
    /// What a request cannot say: it is refused, or named as dropped.
    pub lacks: &'static [Facet],
    /// Members without a neutral form that it has a place for, by OpenAI's names; [`ANY`] where it has one for each.
    pub others: &'static [&'static str],
    /// Whether replies tell what they cost.
    pub counts: bool,
    /// Whether its streams tell what they cost where they are asked to; it may refuse to be asked.
    pub counts_streams: bool,
    /// Whether its streams tell so in the chunk with the finish reason, and in none of its own.
    pub counts_last: bool,
    /// An operation that loads all that its mock needs: path and body.
    pub warm: (&'static str, &'static str),
}

/// Where a request names the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The member `model`.
    Body,
    /// Between these two in the path; up to its end where the second is empty.
    Path(&'static str, &'static str),
    /// The server has one model.
    Nowhere,
    /// The segment behind this in the path; where the path has none, the member `model`.
    Segment(&'static str),
}

/// Every member of OpenAI's.
pub const ANY: &[&str] = &["*"];

/// The dialect of a provider; of one whose document is OpenAI's, OpenAI's.
pub fn of(provider: &str) -> Option<&'static Dialect> {
    let known = |name: &str| ALL.iter().find(|dialect| dialect.provider == name);
    known(provider).or_else(|| known(specs::api(provider)?.provider()))
}

/// How a provider was asked by this body: for a completion maybe by its chat, with a prompt as what the user says; for a chat maybe by
/// its responses, and the other way round.
pub fn asked(provider: &str, surface: Surface, body: &Value) -> Option<Api> {
    let dialect = of(provider)?;
    let api = *dialect.api(surface)?;
    if dialect.provider == "vertex" && !body["anthropic_version"].is_null() {
        // Claude has no other places there than at Anthropic's.
        let own = of("anthropic")?.api(surface)?;
        return Some(Api { lacks: own.lacks, others: own.others, ..api });
    }
    if surface.is_conversation() {
        let by_responses =
            dialect.responses.filter(|_| !body["input"].is_null() && body["messages"].is_null());
        let by_chat = !body["messages"].is_null();
        return Some(by_responses.unwrap_or(if by_chat { dialect.chat } else { api }));
    }
    if surface == Surface::Embeddings && dialect.provider == "ollama" && !body["prompt"].is_null() {
        // The older of its two operations tells no count: https://github.com/ollama/ollama/blob/main/docs/api.md#generate-embedding
        return Some(Api { counts: false, ..api });
    }
    let by_chat = surface == Surface::Completions && body["messages"].is_array();
    Some(if by_chat { Api { lacks: api.lacks, ..dialect.chat } } else { api })
}

impl Dialect {
    /// How it is asked for what the client asks on this surface.
    pub fn api(&self, surface: Surface) -> Option<&Api> {
        match surface {
            Surface::Chat | Surface::Messages => Some(&self.chat),
            Surface::Responses => Some(self.responses.as_ref().unwrap_or(&self.chat)),
            Surface::Completions => self.completions.as_ref(),
            Surface::Embeddings => self.embeddings.as_ref(),
        }
    }
}

impl Api {
    /// Whether it has no words for this.
    pub fn lacks(&self, facet: Facet) -> bool {
        self.lacks.contains(&facet)
    }

    /// Whether it has a place for a member; one without a neutral form goes by its name.
    pub fn has_place(&self, facet: Facet, member: &str) -> bool {
        match facet {
            Facet::Other => self.others == ANY || self.others.contains(&member),
            facet => !self.lacks(facet),
        }
    }
}

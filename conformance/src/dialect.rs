//! What the judge knows of each provider: how to read what it is asked, and what it has no words for. One entry each.

use serde_json::Value;

use crate::case::Asked;
use crate::meaning::{self, Facet, Meaning};

/// One provider's dialect.
#[derive(Debug, Clone, Copy)]
pub struct Dialect {
    /// The name of its mock.
    pub provider: &'static str,
    /// Reads a request.
    pub read: fn(&Value) -> Meaning,
    /// Where a request names the model.
    pub model: Place,
    /// Whether a request asks for a stream.
    pub streams: fn(&Asked) -> bool,
    /// What a request cannot say: it is refused, or named as dropped.
    pub lacks: &'static [Facet],
    /// Whether replies show what the model thinks.
    pub thinks: bool,
    /// Whether thoughts come with something that proves them.
    pub signs: bool,
    /// Whether refusals are told apart from text.
    pub refuses: bool,
    /// Whether pictures stand among the texts of a message, and not beside them.
    pub mixes: bool,
    /// Whether cached tokens and those of reasoning are counted apart.
    pub details: bool,
    /// An operation that loads all that its mock needs: path and body.
    pub warm: (&'static str, &'static str),
}

/// Where a request names the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The member `model`.
    Body,
    /// Between these two in the path.
    Path(&'static str, char),
}

const CHAT: &str = r#"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"[[ts:warm-up]]"}]}"#;

/// Every dialect.
pub const ALL: &[Dialect] = &[
    OPENAI,
    Dialect {
        provider: "anthropic",
        read: meaning::anthropic,
        thinks: true,
        signs: true,
        refuses: false,
        warm: ("/v1/messages", CHAT),
        ..OPENAI
    },
    Dialect {
        provider: "bedrock",
        read: meaning::bedrock,
        model: Place::Path("/model/", '/'),
        streams: |asked| asked.path.ends_with("/converse-stream"),
        thinks: true,
        signs: true,
        refuses: false,
        warm: ("/model/m/converse", CHAT),
        ..OPENAI
    },
    Dialect {
        provider: "gemini",
        read: meaning::gemini,
        model: Place::Path("/models/", ':'),
        streams: |asked| asked.path.ends_with(":streamGenerateContent"),
        lacks: &[Facet::Parallel, Facet::User],
        thinks: true,
        signs: true,
        refuses: false,
        warm: ("/v1beta/models/m:generateContent", r#"{"contents":[{"parts":[{"text":"[[ts:warm-up]]"}]}]}"#),
        ..OPENAI
    },
    Dialect {
        provider: "ollama",
        read: meaning::ollama,
        streams: |asked| asked.json["stream"] != false,
        lacks: &[Facet::Choice, Facet::Parallel, Facet::User],
        thinks: true,
        refuses: false,
        mixes: false,
        details: false,
        warm: ("/api/chat", CHAT),
        ..OPENAI
    },
];

/// OpenAI's own, and that of all who speak it.
const OPENAI: Dialect = Dialect {
    provider: "openai",
    read: meaning::openai,
    model: Place::Body,
    streams: |asked| asked.json["stream"] == true,
    lacks: &[],
    thinks: false,
    signs: false,
    refuses: true,
    mixes: true,
    details: true,
    warm: ("/v1/chat/completions", CHAT),
};

/// The dialect of a provider; of one whose document is OpenAI's, OpenAI's.
pub fn of(provider: &str) -> Option<&'static Dialect> {
    let known = |name: &str| ALL.iter().find(|dialect| dialect.provider == name);
    known(provider).or_else(|| known(specs::api(provider)?.provider()))
}

impl Dialect {
    /// Whether it has no words for this.
    pub fn lacks(&self, facet: Facet) -> bool {
        self.lacks.contains(&facet)
    }
}

//! How those who speak OpenAI's dialect differ from OpenAI, as data.

use crate::Error;
use crate::call::{Auth, Options};

/// How one API of a provider differs from OpenAI's.
#[derive(Clone, Copy, Debug)]
pub struct Quirks {
    /// Where it is.
    pub place: Place,
    /// How the key is shown.
    pub auth: Auth,
    /// Whether it knows `top_k`, which OpenAI itself refuses.
    pub top_k: bool,
    /// By which name the limit of tokens is known.
    pub limit: Limit,
    /// Whether its streams hold the results of content filters, in chunks that are not all OpenAI's.
    pub filters: bool,
    /// Whether it takes its own reasoning back in an assistant's message, as `reasoning_content`.
    pub reasoning: bool,
    /// Members of OpenAI's that it refuses: they are left out, and named.
    pub refused: &'static [&'static str],
    /// Headers that the configuration asks for.
    pub headers: fn(&Options<'_>) -> Vec<(&'static str, String)>,
    /// Whether a stream tells its usage only if asked to by `stream_options`, which are known here.
    pub asks_usage: fn(&Options<'_>) -> bool,
    /// Members of OpenAI's that its address says already: they are left out.
    pub addressed: &'static [&'static str],
}

/// Where an API is.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// Always at this path.
    Path(&'static str),
    /// Where configuration and model say.
    Of(fn(&Options<'_>, model: &str) -> Result<Address, Error>),
}

/// Where one call goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// As [`Target::path`](crate::call::Target::path).
    pub path: String,
    /// As [`Target::query`](crate::call::Target::query).
    pub query: Vec<(&'static str, String)>,
    /// As [`Target::anchor`](crate::call::Target::anchor).
    pub anchor: Option<&'static str>,
}

/// By which name the limit of tokens is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// `max_tokens`; or only `max_completion_tokens`, where OpenAI's model reasons.
    ByModel,
    /// `max_tokens` only.
    Old,
}

impl Quirks {
    /// OpenAI's own chat.
    pub const CHAT: Self = Self {
        place: Place::Path("/v1/chat/completions"),
        auth: Auth::Bearer,
        top_k: false,
        limit: Limit::ByModel,
        filters: false,
        reasoning: false,
        refused: &[],
        headers: |_| Vec::new(),
        asks_usage: |_| true,
        addressed: &[],
    };
    /// OpenAI's own completions.
    pub const COMPLETIONS: Self =
        Self { place: Place::Path("/v1/completions"), limit: Limit::Old, ..Self::CHAT };
    /// OpenAI's own embeddings.
    pub const EMBEDDINGS: Self = Self { place: Place::Path("/v1/embeddings"), ..Self::CHAT };
}

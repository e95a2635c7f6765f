//! Ollama's own API, which other servers of local models speak as well.
//!
//! <https://github.com/ollama/ollama/blob/main/docs/api.md>

mod chat;
mod complete;
mod embed;
mod messages;
mod options;
mod read;

use super::{Completions, Dialect, Provider};
use crate::openai;

/// Ollama. It runs wherever its user runs it.
pub const PROVIDER: Provider = Provider {
    name: "ollama",
    format: None,
    base_url: "",
    chat: Dialect::Native(&chat::Chat),
    completions: Completions::Native(&complete::Generate),
    embeddings: Dialect::Native(&embed::Embed),
    // `{"error": "text"}`, which OpenAI's kin send as well.
    passages: &[],
    problem: |status, _, body| openai::problem(status, body),
};

/// A server of Mistral's models that speaks so.
pub const MISTRAL: Provider = Provider { name: "mistral", format: Some("ollama"), ..PROVIDER };
/// A server of Llama 2 or 3 that speaks so; Kong calls both by the older one's name.
pub const LLAMA2: Provider = Provider { name: "llama2", format: Some("ollama"), ..PROVIDER };

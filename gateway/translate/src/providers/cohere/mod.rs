//! Cohere in both versions of its API: `v2` with named events, `v1` with JSON lines.
//!
//! <https://docs.cohere.com/reference/about>
//!
//! Completions go to `/v1/generate` and embeddings to `/v2/embed`, whichever version chats: there is no other.

mod chat;
mod embed;
mod failure;
mod generate;
mod messages;
mod native;
mod read;
mod sampling;
mod tools;
mod usage;
mod v1;

use super::{Completions, Dialect, Provider};

/// Cohere, asked in version 2.
pub const PROVIDER: Provider = Provider {
    name: "cohere",
    format: None,
    base_url: "https://api.cohere.com",
    chat: Dialect::Native(&chat::Chat),
    completions: Completions::Native(&generate::Generate),
    embeddings: Dialect::Native(&embed::Embed),
    passages: crate::passthrough::COHERE,
    problem: |status, _, body| failure::problem(status, body),
};

/// Cohere, asked in version 1.
pub const V1: Provider = Provider { format: Some("v1"), chat: Dialect::Native(&v1::Chat), ..PROVIDER };

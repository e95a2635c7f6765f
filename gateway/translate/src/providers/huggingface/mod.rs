//! Hugging Face: its router and its own inference, and the inference server that anybody may run.
//!
//! | | chat | completions | embeddings |
//! |---|---|---|---|
//! | router | OpenAI's dialect, by whoever serves the model | HF Inference, by prompt | feature extraction |
//! | `tgi` | the server's API after OpenAI's | `/generate`, `/generate_stream` | |
//!
//! <https://huggingface.co/docs/inference-providers/index>,
//! <https://huggingface.co/docs/text-generation-inference/reference/api_reference>

mod chat;
mod chunks;
mod embed;
mod failure;
mod generate;
mod images;
mod own;
mod read;
mod transcripts;
mod turns;

use super::{Completions, Dialect, Provider};
use crate::call::Options;
use crate::openai::{Limit, Quirks};
use crate::passthrough::Resource;
use crate::works::Work;
use crate::{Error, path};

/// Pictures and transcripts.
pub(crate) const WORKS: &[(Resource, Work)] = &[
    (Resource::ImageEdits, Work::Images(&images::Images)),
    (Resource::ImageGenerations, Work::Images(&images::Images)),
    (Resource::Transcriptions, Work::Transcripts(&transcripts::Transcripts)),
];

/// The router, and HF Inference behind it.
pub const PROVIDER: Provider = Provider {
    name: "huggingface",
    format: None,
    base_url: "https://router.huggingface.co",
    chat: Dialect::OpenAi(&Quirks { limit: Limit::Old, headers, ..Quirks::CHAT }),
    completions: Completions::Native(&generate::Prompt::OfModel),
    embeddings: Dialect::Native(&embed::FeatureExtraction),
    passages: crate::passthrough::HUGGINGFACE,
    problem: |status, _, body| failure::problem(status, body),
};

/// A server of one's own.
pub const TGI: Provider = Provider {
    format: Some("tgi"),
    base_url: "",
    chat: Dialect::Native(&chat::Chat),
    completions: Completions::Native(&generate::Prompt::OfServer),
    embeddings: Dialect::None,
    ..PROVIDER
};

/// What the configuration says about cache and loading. As `options` in the body, an older form, nobody behind the router
/// takes it. <https://huggingface.co/docs/api-inference/parameters>
fn headers(options: &Options<'_>) -> Vec<(&'static str, String)> {
    let headers = [("x-use-cache", options.use_cache), ("x-wait-for-model", options.wait_for_model)];
    headers.into_iter().filter_map(|(name, value)| Some((name, value?.to_string()))).collect()
}

/// Where HF Inference serves a model: its name, with the slash as it is. Who serves it is no part of the name here.
fn address(model: &str) -> Result<String, Error> {
    let name = model.strip_suffix(":hf-inference").unwrap_or(model);
    let segments: Result<Vec<String>, Error> = name.split('/').map(path::segment).collect();
    Ok(format!("/hf-inference/models/{}", segments?.join("/")))
}

/// What stands before a model's name in a path, also on the older host.
const ANCHOR: Option<&str> = Some("/models/");

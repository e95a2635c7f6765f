//! Azure OpenAI: OpenAI's dialect at paths of its own, with the results of content filters.
//!
//! <https://learn.microsoft.com/en-us/azure/ai-foundry/openai/reference>,
//! <https://learn.microsoft.com/en-us/azure/ai-foundry/openai/latest>

use super::{Completions, Dialect, OPENAI, Provider};
use crate::call::{Auth, Options};
use crate::openai::{Address, Place, Quirks};
use crate::{Error, passthrough, path};

/// The classic API: a deployment in the path, a version in the query.
pub const PROVIDER: Provider = Provider {
    name: "azure",
    base_url: "https://{instance}.openai.azure.com",
    chat: Dialect::OpenAi(&Quirks {
        place: Place::Of(|options, model| deployed(options, model, "chat/completions")),
        ..CHAT
    }),
    completions: Completions::OpenAi(&Quirks {
        place: Place::Of(|options, model| deployed(options, model, "completions")),
        ..COMPLETIONS
    }),
    embeddings: Dialect::OpenAi(&Quirks {
        place: Place::Of(|options, model| deployed(options, model, "embeddings")),
        ..EMBEDDINGS
    }),
    passages: passthrough::AZURE,
    ..OPENAI
};

/// The newer API: as OpenAI's own, with the deployment as the model.
pub const V1: Provider = Provider {
    format: Some("v1"),
    chat: Dialect::OpenAi(&Quirks {
        place: Place::Of(|options, _| newer(options, "chat/completions")),
        asks_usage: |_| true,
        ..CHAT
    }),
    completions: Completions::OpenAi(&Quirks {
        place: Place::Of(|options, _| newer(options, "completions")),
        asks_usage: |_| true,
        ..COMPLETIONS
    }),
    embeddings: Dialect::OpenAi(&Quirks {
        place: Place::Of(|options, _| newer(options, "embeddings")),
        ..EMBEDDINGS
    }),
    passages: passthrough::AZURE_V1,
    ..PROVIDER
};

const AUTH: Auth = Auth::Header("api-key");
const CHAT: Quirks = Quirks { auth: AUTH, filters: true, asks_usage, ..Quirks::CHAT };
const COMPLETIONS: Quirks = Quirks { auth: AUTH, filters: true, asks_usage, ..Quirks::COMPLETIONS };
const EMBEDDINGS: Quirks = Quirks { auth: AUTH, ..Quirks::EMBEDDINGS };

/// Versions before this one refuse `stream_options`. Names that are no dates are newer.
/// <https://learn.microsoft.com/en-us/azure/ai-foundry/openai/api-version-lifecycle>
const COUNTING: &str = "2024-09-01";

fn asks_usage(options: &Options<'_>) -> bool {
    options.azure.api_version.unwrap_or(VERSION) >= COUNTING
}

/// The version that is spoken where the configuration names none, as in Kong.
pub(crate) const VERSION: &str = "2023-05-15";
const ANCHOR: Option<&str> = Some("/openai/");

fn deployed(options: &Options<'_>, model: &str, api: &str) -> Result<Address, Error> {
    let deployment = path::segment(options.azure.deployment.unwrap_or(model))?;
    let version = options.azure.api_version.unwrap_or(VERSION);
    Ok(Address {
        path: format!("/openai/deployments/{deployment}/{api}"),
        query: vec![("api-version", version.to_owned())],
        anchor: ANCHOR,
    })
}

/// Versions are no longer dates, and may be left out; `v1` is the name for none.
fn newer(options: &Options<'_>, api: &str) -> Result<Address, Error> {
    let version = options.azure.api_version.filter(|version| matches!(*version, "preview" | "latest"));
    Ok(Address {
        path: format!("/openai/v1/{api}"),
        query: version.map(|version| ("api-version", version.to_owned())).into_iter().collect(),
        anchor: ANCHOR,
    })
}

//! The paths under `/v1`, which speak [OpenAI's dialect](https://github.com/ollama/ollama/blob/main/docs/api/openai-compatibility.mdx)
//! as far as the models here go: one choice, and no choice among tools.

use serde_json::{Value, json};

use super::models::KNOWN;
use crate::answer::{Ask, Choose};
use crate::openai::{OPENAI, OpenAi};
use crate::provider::{Call, Provider as _};
use crate::script::{Failure, Kind};

/// What speaks there. Keys, rules and errors are Ollama's own.
pub(super) static DIALECT: OpenAi = OpenAi { is_open: true, models: &KNOWN, ..OPENAI };

/// Whether a path is one of these.
pub(super) fn has(path: &str) -> bool {
    path.starts_with("/v1/")
}

/// What a request asks for; what Ollama passes over says nothing.
pub(super) fn ask<'a>(call: &Call<'a>) -> Ask<'a> {
    Ask { choose: Choose::Auto, choices: 1, ..DIALECT.ask(call) }
}

/// An error's sentence in OpenAI's shape, with the few types that
/// [Ollama knows](https://github.com/ollama/ollama/blob/main/openai/openai.go).
pub(super) fn error(status: u16, failure: &Failure, sentence: &str) -> Value {
    let kind = match status {
        400 => "invalid_request_error",
        404 => "not_found_error",
        _ => "api_error",
    };
    let message = failure.message.as_deref().unwrap_or(sentence);
    json!({ "error": { "message": message, "type": kind, "param": null, "code": null } })
}

/// Ollama's own rules for one of these requests.
///
/// # Errors
/// What it cannot do with it.
pub(super) fn check(call: &Call<'_>) -> Result<(), Failure> {
    let of = |name: &str| match &call.body[name] {
        Value::Array(items) => items.first().is_some_and(|item| !item.is_string()),
        _ => false,
    };
    let refused = |why: &str| Err(Failure::new(Kind::InvalidRequest, why));
    match call.operation {
        "createEmbedding" if of("input") => refused("invalid input type"),
        "createCompletion" if call.body["prompt"].is_array() => refused(
            "json: cannot unmarshal array into Go struct field CompletionRequest.prompt of type string",
        ),
        _ => Ok(()),
    }
}

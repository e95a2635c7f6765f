//! [Models](https://ai.google.dev/api/models), and [counting tokens](https://ai.google.dev/api/tokens).

use serde_json::{Value, json};

use super::{ask, check, model};
use crate::provider::Call;
use crate::script::Failure;

/// What is listed where the options name no models.
const KNOWN: [&str; 4] =
    ["gemini-2.5-flash", "gemini-2.5-pro", "gemini-3-pro-preview", "gemini-embedding-001"];

/// The answer to what is no question for a model.
pub(super) fn answer(call: &Call<'_>) -> Result<Value, Failure> {
    let known: Vec<&str> = match call.models {
        Some(models) => models.iter().map(String::as_str).collect(),
        None => KNOWN.to_vec(),
    };
    match call.operation {
        "countTokens" => {
            let asked = call.body.get("generateContentRequest").unwrap_or(call.body);
            let tokens = ask::read(&Call { body: asked, ..*call }).prompt_tokens();
            let details = json!([{ "modality": "TEXT", "tokenCount": tokens }]);
            Ok(json!({ "totalTokens": tokens, "promptTokensDetails": details }))
        }
        "listModels" => Ok(json!({ "models": known.iter().map(|name| shown(name)).collect::<Vec<_>>() })),
        _ => {
            let name = model(call);
            if known.contains(&name.as_str()) { Ok(shown(&name)) } else { Err(check::absent(call, &name)) }
        }
    }
}

fn shown(name: &str) -> Value {
    let methods = if name.contains("embedding") {
        json!(["embedContent", "batchEmbedContents", "countTokens"])
    } else {
        json!(["generateContent", "countTokens", "createCachedContent", "batchGenerateContent"])
    };
    json!({
        "name": format!("models/{name}"),
        "version": "001",
        "displayName": name,
        "description": "A model of the mock",
        "inputTokenLimit": 1_048_576,
        "outputTokenLimit": 65_536,
        "supportedGenerationMethods": methods,
        "temperature": 1,
        "topP": 0.95,
        "topK": 64,
        "maxTemperature": 2,
        "thinking": !name.contains("embedding"),
    })
}

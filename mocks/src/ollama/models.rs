//! What is there: models, and the server itself.

use serde_json::{Value, json};

use crate::provider::Call;
use crate::script::{Failure, Kind};

/// What is listed where the options name no models.
pub(super) const KNOWN: [&str; 4] = ["llama3.2:latest", "qwen3:8b", "gpt-oss:20b", "nomic-embed-text:latest"];
const VERSION: &str = "0.13.0";

/// The answer to what is no question for a model.
pub(super) fn answer(call: &Call<'_>) -> Result<Value, Failure> {
    let known: Vec<&str> = match call.models {
        Some(models) => models.iter().map(String::as_str).collect(),
        None => KNOWN.to_vec(),
    };
    let models = || known.iter().map(|name| model(name)).collect::<Vec<_>>();
    match call.operation {
        "version" => Ok(json!({ "version": VERSION })),
        "list" => Ok(json!({ "models": models() })),
        // Nothing is in memory before it is asked something, and the mock keeps no account of that.
        "ps" => Ok(json!({ "models": [] })),
        _ => match call.body["model"].as_str() {
            Some(name) if known.contains(&name) => Ok(shown(name)),
            name => {
                let message = format!("model '{}' not found", name.unwrap_or_default());
                Err(Failure::new(Kind::NotFound, message))
            }
        },
    }
}

fn model(name: &str) -> Value {
    json!({
        "name": name,
        "model": name,
        "modified_at": "2026-01-01T00:00:00Z",
        "size": 2_019_393_189_u64,
        "digest": "a80c4f17acd55265feec403c7aef86be0c25983ab279d83f3bcd3abbcb5b8b72",
        "details": details(),
    })
}

fn details() -> Value {
    json!({
        "format": "gguf",
        "family": "llama",
        "families": ["llama"],
        "parameter_size": "3.2B",
        "quantization_level": "Q4_K_M",
    })
}

fn shown(name: &str) -> Value {
    json!({
        "license": "",
        "parameters": "stop \"<|eot_id|>\"",
        "template": "{{ .Prompt }}",
        "details": details(),
        "capabilities": if name.contains("embed") { json!(["embedding"]) } else { json!(["completion", "tools", "thinking"]) },
        "model_info": { "general.architecture": "llama", "llama.context_length": 131_072 },
        "modified_at": "2026-01-01T00:00:00Z",
    })
}

//! [The list of models](https://huggingface.co/docs/inference-providers/hub-api) that somebody serves, and who does.

use serde_json::{Value, json};

use crate::provider::Call;

/// What is listed where the options name no models.
const KNOWN: [&str; 4] = [
    "meta-llama/Llama-3.3-70B-Instruct",
    "openai/gpt-oss-120b",
    "Qwen/Qwen3-32B",
    "sentence-transformers/all-MiniLM-L6-v2",
];

pub(super) fn list(call: &Call<'_>) -> Value {
    let known: Vec<&str> = match call.models {
        Some(models) => models.iter().map(String::as_str).collect(),
        None => KNOWN.to_vec(),
    };
    json!({ "object": "list", "data": known.into_iter().map(model).collect::<Vec<_>>() })
}

fn model(id: &str) -> Value {
    let owner = id.split_once('/').map_or("huggingface", |(owner, _)| owner);
    let served = |provider: &str| {
        json!({
            "provider": provider,
            "status": "live",
            "context_length": 131_072,
            "supports_tools": true,
            "supports_structured_output": true,
        })
    };
    json!({
        "id": id,
        "object": "model",
        "created": 1_733_500_000,
        "owned_by": owner,
        "providers": [served("groq"), served("together")],
    })
}

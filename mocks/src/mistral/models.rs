//! [Models](https://docs.mistral.ai/api/endpoint/models): what each can do follows from its name.

use serde_json::{Value, json};

use crate::provider::Call;
use crate::script::{Failure, Kind};

/// What is listed where the options name no models.
const KNOWN: [&str; 8] = [
    "mistral-large-latest",
    "mistral-medium-latest",
    "mistral-small-latest",
    "ministral-8b-latest",
    "magistral-medium-latest",
    "codestral-latest",
    "mistral-embed",
    "codestral-embed",
];

/// The list, or one of it.
pub(super) fn answer(call: &Call<'_>) -> Result<Value, Failure> {
    let known: Vec<&str> = match call.models {
        Some(models) => models.iter().map(String::as_str).collect(),
        None => KNOWN.to_vec(),
    };
    let wanted = call.found.and_then(|found| found.parameter("model_id"));
    match wanted.as_deref() {
        None => {
            let data: Vec<_> = known.iter().map(|id| card(call, id)).collect();
            Ok(json!({ "object": "list", "data": data }))
        }
        Some(id) if known.contains(&id) => Ok(card(call, id)),
        Some(_) => Err(Failure { kind: Some(Kind::NotFound), ..Failure::default() }),
    }
}

fn card(call: &Call<'_>, id: &str) -> Value {
    let [embeds, codes, thinks] = ["embed", "codestral", "magistral"].map(|word| id.contains(word));
    json!({
        "id": id,
        "object": "model",
        "created": call.draw.created(),
        "owned_by": "mistralai",
        "capabilities": {
            "completion_chat": !embeds,
            "completion_fim": codes && !embeds,
            "function_calling": !embeds,
            "reasoning": thinks,
            "fine_tuning": false,
            "vision": !embeds && !codes,
            "classification": false,
        },
        "name": id,
        "description": "A model of the mock",
        "max_context_length": if embeds { 8_192 } else { 131_072 },
        "aliases": [],
        "deprecation": null,
        "deprecation_replacement_model": null,
        "default_model_temperature": if embeds { Value::Null } else { json!(0.3) },
        "type": "base",
    })
}

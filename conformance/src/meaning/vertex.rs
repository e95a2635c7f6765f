//! Requests to Vertex AI, in the words of whoever made the model:
//! <https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference>.

use serde_json::Value;

use super::{Input, Meaning, anthropic, gemini, list, mistral, openai, text};

/// Each maker's requests have a member that no other's has; deployed models are not named.
pub(crate) fn read(body: &Value) -> Meaning {
    if body.get("anthropic_version").is_some() {
        anthropic::read(body)
    } else if body.get("messages").is_some() && body.get("model").is_some() {
        mistral::read(body)
    } else if body.get("messages").is_some() {
        openai::read(body)
    } else {
        gemini::read(body)
    }
}

/// Vectors, for one content, a batch, or instances:
/// <https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api>.
pub(crate) fn embedding(body: &Value) -> Meaning {
    if let Some(instances) = body["instances"].as_array() {
        let first = instances.first().unwrap_or(&Value::Null);
        let mut meaning = Meaning {
            inputs: instances.iter().map(|instance| Input::Text(text(&instance["content"]))).collect(),
            dimensions: body["parameters"]["outputDimensionality"].as_u64(),
            ..Meaning::default()
        };
        for name in ["task_type", "title"] {
            if !first[name].is_null() {
                meaning.others.insert(name.to_owned(), first[name].clone());
            }
        }
        return meaning;
    }
    let mut meaning = gemini::embedding(body);
    let config = list(&body["requests"]).first().unwrap_or(body);
    let config = &config["embedContentConfig"];
    meaning.dimensions = config["outputDimensionality"].as_u64().or(meaning.dimensions);
    for (theirs, ours) in [("taskType", "task_type"), ("title", "title")] {
        if !config[theirs].is_null() {
            meaning.others.insert(ours.to_owned(), config[theirs].clone());
        }
    }
    meaning
}

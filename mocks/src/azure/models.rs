//! What there is: [models](https://learn.microsoft.com/en-us/rest/api/azureopenai/models/list) as the classic API tells them,
//! deployments as its first versions did, and models as OpenAI does under v1. A deployment has the name of its model.

use serde_json::{Value, json};

/// What is listed where the options name no models.
pub(super) const OWN: &[&str] = &[
    "gpt-4o",
    "gpt-4o-mini",
    "gpt-4.1",
    "gpt-5",
    "o4-mini",
    "gpt-35-turbo-instruct",
    "text-embedding-3-small",
];

const CREATED: u64 = 1_715_367_049;

/// A list of the classic API.
pub(super) fn list(known: &[&str], entry: fn(&str) -> Value) -> Value {
    json!({ "object": "list", "data": known.iter().map(|id| entry(id)).collect::<Vec<_>>() })
}

pub(super) fn base(id: &str) -> Value {
    let embeds = id.contains("embedding");
    let completes = id.ends_with("instruct");
    json!({
        "object": "model",
        "id": id,
        "status": "succeeded",
        "created_at": CREATED,
        "updated_at": CREATED,
        "capabilities": {
            "fine_tune": false,
            "inference": true,
            "completion": completes,
            "chat_completion": !embeds && !completes,
            "embeddings": embeds,
        },
        "lifecycle_status": "generally-available",
        "deprecation": { "inference": CREATED + 63_072_000 },
    })
}

pub(super) fn deployment(id: &str) -> Value {
    json!({
        "object": "deployment",
        "id": id,
        "model": id,
        "owner": "organization-owner",
        "status": "succeeded",
        "created_at": CREATED,
        "updated_at": CREATED,
        "scale_settings": { "scale_type": "standard" },
    })
}

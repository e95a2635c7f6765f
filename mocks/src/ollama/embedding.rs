//! [Embeddings](https://github.com/ollama/ollama/blob/main/docs/api.md#generate-embeddings).

use std::borrow::Cow;

use serde_json::{Value, json};

use super::{EMBED_ONE, nanoseconds};
use crate::answer::{Embed, Input, Vectors};
use crate::provider::Call;

/// As long as the vectors of `nomic-embed-text`.
const LENGTH: usize = 768;

pub(super) fn ask<'a>(call: &Call<'a>) -> Embed<'a> {
    let text = |value: &'a Value| Input::Text(Cow::Borrowed(value.as_str().unwrap_or_default()));
    let asked = call.body["dimensions"].as_u64().and_then(|length| usize::try_from(length).ok());
    Embed {
        model: call.body["model"].as_str().unwrap_or_default(),
        inputs: match &call.body["input"] {
            _ if call.operation == EMBED_ONE => vec![text(&call.body["prompt"])],
            Value::Array(items) => items.iter().map(text).collect(),
            one => vec![text(one)],
        },
        dimensions: asked.filter(|length| *length > 0).or(Some(LENGTH)),
    }
}

pub(super) fn body(call: &Call<'_>, vectors: &Vectors<'_>) -> Value {
    if call.operation == EMBED_ONE {
        // Nothing to embed loads the model: https://github.com/ollama/ollama/blob/main/server/routes.go
        let is_empty = call.body["prompt"].as_str().unwrap_or_default().is_empty();
        let vector = vectors.vectors.first().filter(|_| !is_empty);
        return json!({ "embedding": vector.map_or(&[][..], Vec::as_slice) });
    }
    json!({
        "model": vectors.model,
        "embeddings": vectors.vectors,
        "total_duration": nanoseconds(call, "total_duration"),
        "load_duration": nanoseconds(call, "load_duration"),
        "prompt_eval_count": vectors.tokens,
    })
}

//! [Embeddings](https://ai.google.dev/api/embeddings): one text, or a batch of them.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::EMBED;
use super::ask::{list, parts};
use crate::answer::{Embed, Input, Vectors};
use crate::provider::Call;

/// As long as the vectors of `gemini-embedding-001`.
const LENGTH: usize = 3072;

pub(super) fn ask<'a>(call: &Call<'a>) -> Embed<'a> {
    let one = |request: &'a Value| {
        let texts: Vec<&str> =
            parts(&request["content"]).iter().filter_map(|part| part["text"].as_str()).collect();
        Input::Text(Cow::Owned(texts.join(" ")))
    };
    let requests =
        if call.operation == EMBED { std::slice::from_ref(call.body) } else { list(&call.body["requests"]) };
    let asked = requests.first().and_then(|request| request["outputDimensionality"].as_u64());
    Embed {
        model: "",
        inputs: requests.iter().map(one).collect(),
        dimensions: asked.and_then(|length| usize::try_from(length).ok()).or(Some(LENGTH)),
    }
}

pub(super) fn body(call: &Call<'_>, vectors: &Vectors<'_>) -> Value {
    let values = |vector: &Vec<f32>| json!({ "values": vector });
    if call.operation == EMBED {
        json!({ "embedding": vectors.vectors.first().map(values) })
    } else {
        json!({ "embeddings": vectors.vectors.iter().map(values).collect::<Vec<_>>() })
    }
}

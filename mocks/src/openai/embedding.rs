//! [Embeddings](https://platform.openai.com/docs/api-reference/embeddings): numbers, or base64 of 32-bit floats.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::headers;
use crate::answer::{Embed, Input, Usage, Vectors};
use crate::provider::{Call, Whole};

/// Lengths of the vectors of each model.
pub(crate) fn length(model: &str) -> Option<usize> {
    match model {
        "text-embedding-3-large" => Some(3072),
        "text-embedding-3-small" | "text-embedding-ada-002" => Some(1536),
        _ => None,
    }
}

pub(super) fn ask<'a>(call: &Call<'a>) -> Embed<'a> {
    let model = call.body["model"].as_str().unwrap_or_default();
    let asked = call.body["dimensions"].as_u64().and_then(|length| usize::try_from(length).ok());
    let inputs = match &call.body["input"] {
        Value::String(text) => vec![Input::Text(Cow::Borrowed(text))],
        Value::Array(items) if items.iter().all(Value::is_u64) => vec![tokens(items)],
        Value::Array(items) => items.iter().map(input).collect(),
        _ => Vec::new(),
    };
    Embed { model, inputs, dimensions: asked.or_else(|| length(model)) }
}

fn input(item: &Value) -> Input<'_> {
    match item {
        Value::Array(items) => tokens(items),
        text => Input::Text(Cow::Borrowed(text.as_str().unwrap_or_default())),
    }
}

fn tokens(items: &[Value]) -> Input<'_> {
    Input::Tokens(items.iter().filter_map(Value::as_u64).collect())
}

pub(super) fn reply(call: &Call<'_>, vectors: &Vectors<'_>) -> Whole {
    let in_base64 = call.body["encoding_format"] == "base64";
    let embedding = |vector: &Vec<f32>| {
        if in_base64 { Value::from(base64(vector)) } else { json!(vector) }
    };
    let data = vectors.vectors.iter().enumerate().map(
        |(index, vector)| json!({ "object": "embedding", "index": index, "embedding": embedding(vector) }),
    );
    let body = json!({
        "object": "list",
        "data": data.collect::<Vec<_>>(),
        "model": vectors.model,
        "usage": { "prompt_tokens": vectors.tokens, "total_tokens": vectors.tokens },
    });
    let usage = Usage { prompt: vectors.tokens, ..Usage::default() };
    let headers = headers::of_reply(&call.draw, usage, "application/json");
    Whole { status: 200, headers, body: body.to_string().into() }
}

/// 32-bit floats, little end first.
fn base64(vector: &[f32]) -> String {
    STANDARD.encode(vector.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>())
}

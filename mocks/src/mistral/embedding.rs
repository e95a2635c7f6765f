//! [Embeddings](https://docs.mistral.ai/api/endpoint/embeddings): numbers of the type that is asked for, or base64.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::answer::{Embed, Input, Vectors};
use crate::provider::Call;

/// Lengths of the vectors of each model.
fn length(model: &str) -> usize {
    if model.starts_with("codestral-embed") { 1_536 } else { 1_024 }
}

pub(super) fn ask<'a>(call: &Call<'a>) -> Embed<'a> {
    let body = call.body;
    let model = body["model"].as_str().unwrap_or_default();
    let input = |text: &'a Value| Input::Text(Cow::Borrowed(text.as_str().unwrap_or_default()));
    let inputs = match &body["input"] {
        Value::Array(texts) => texts.iter().map(input).collect(),
        text => vec![input(text)],
    };
    let asked = body["output_dimension"].as_u64().and_then(|length| usize::try_from(length).ok());
    Embed { model, inputs, dimensions: asked.or(Some(length(model))) }
}

pub(super) fn body(call: &Call<'_>, vectors: &Vectors<'_>) -> Value {
    let data = vectors.vectors.iter().enumerate().map(|(index, vector)| {
        json!({ "object": "embedding", "embedding": embedding(call, vector), "index": index })
    });
    json!({
        "id": vectors.id.map_or_else(|| call.draw.hex("id", 32), str::to_owned),
        "object": "list",
        "data": data.collect::<Vec<_>>(),
        "model": vectors.model,
        "usage": {
            "prompt_tokens": vectors.tokens,
            "completion_tokens": 0,
            "total_tokens": vectors.tokens,
        },
    })
}

/// A vector as it was asked for.
fn embedding(call: &Call<'_>, vector: &[f32]) -> Value {
    let in_base64 = call.body["encoding_format"] == "base64";
    match call.body["output_dtype"].as_str() {
        None | Some("float") if in_base64 => {
            STANDARD.encode(vector.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>()).into()
        }
        None | Some("float") => json!(vector),
        Some(kind) => {
            let bytes = bytes(vector, kind);
            if in_base64 {
                return STANDARD.encode(bytes).into();
            }
            let is_signed = matches!(kind, "int8" | "binary");
            let number = |byte: u8| if is_signed { json!(byte.cast_signed()) } else { json!(byte) };
            bytes.into_iter().map(number).collect()
        }
    }
}

/// A byte a number, or a bit.
fn bytes(vector: &[f32], kind: &str) -> Vec<u8> {
    #[expect(clippy::cast_possible_truncation, reason = "rounded, and within the range of a byte")]
    let signed = |number: &f32| (number.clamp(-1.0, 1.0) * 127.0).round() as i8;
    match kind {
        "int8" => vector.iter().map(|number| signed(number).cast_unsigned()).collect(),
        "uint8" => vector.iter().map(|number| signed(number).cast_unsigned().wrapping_add(128)).collect(),
        _ => {
            let packed = |eight: &[f32]| {
                eight
                    .iter()
                    .enumerate()
                    .fold(0, |byte, (at, number)| byte | (u8::from(*number > 0.0) << (7 - at)))
            };
            let bits: Vec<u8> = vector.chunks(8).map(packed).collect();
            // What is signed counts from the middle.
            if kind == "binary" { bits.iter().map(|byte| byte.wrapping_sub(128)).collect() } else { bits }
        }
    }
}

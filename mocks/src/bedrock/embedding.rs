//! Vectors by `InvokeModel`: the words of [Titan](https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html),
//! of its [multimodal](https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-mm.html) kin, and of
//! [Cohere](https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html).

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::family::Family;
use crate::answer::{Embed, Input, Vectors};
use crate::provider::Call;

pub(super) fn ask<'a>(call: &Call<'a>) -> Embed<'a> {
    let body = call.body;
    let family = Family::of(&super::model(call));
    let asked =
        [&body["dimensions"], &body["embeddingConfig"]["outputEmbeddingLength"], &body["output_dimension"]];
    let asked = asked.into_iter().find_map(Value::as_u64).and_then(|length| usize::try_from(length).ok());
    Embed {
        // Replies do not name the model, so it stays as the path has it.
        model: call.request.path.split('/').nth(2).unwrap_or_default(),
        inputs: inputs(body),
        dimensions: asked.or(family.map(Family::length)),
    }
}

/// Titan's one, or Cohere's many. A picture is embedded as its bytes are written.
fn inputs(body: &Value) -> Vec<Input<'_>> {
    let text = |value: &Value| Input::Text(Cow::Owned(written(value)));
    let lists = [&body["texts"], &body["images"], &body["inputs"]];
    match lists.into_iter().find_map(Value::as_array) {
        Some(many) => many.iter().map(text).collect(),
        None => vec![Input::Text(Cow::Owned(format!(
            "{} {}",
            written(&body["inputText"]),
            written(&body["inputImage"])
        )))],
    }
}

fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(_) => {
            let parts = value["content"].as_array().into_iter().flatten();
            parts
                .map(|part| format!("{} {} ", written(&part["text"]), written(&part["image_url"]["url"])))
                .collect()
        }
        _ => String::new(),
    }
}

/// The body of the reply.
pub(super) fn body(call: &Call<'_>, vectors: &Vectors<'_>) -> Value {
    if call.body.get("input_type").is_some() { cohere(call, vectors) } else { titan(call, vectors) }
}

fn titan(call: &Call<'_>, vectors: &Vectors<'_>) -> Value {
    let first = vectors.vectors.first().map_or(&[][..], Vec::as_slice);
    let mut reply = json!({ "embedding": first, "inputTextTokenCount": vectors.tokens });
    match Family::of(&super::model(call)) {
        Some(Family::TitanTextV2) => {
            let asked = types(&call.body["embeddingTypes"]);
            let kinds = if asked.is_empty() { vec!["float"] } else { asked };
            let by_type = kinds.into_iter().map(|kind| (kind.to_owned(), titan_kind(kind, first)));
            reply["embeddingsByType"] = Value::Object(by_type.collect());
        }
        Some(Family::TitanMultimodal) => reply["message"] = Value::Null,
        _ => (),
    }
    reply
}

fn titan_kind(kind: &str, vector: &[f32]) -> Value {
    match kind {
        "binary" => vector.iter().map(|number| u8::from(*number > 0.0)).collect(),
        _ => json!(vector),
    }
}

fn cohere(call: &Call<'_>, vectors: &Vectors<'_>) -> Value {
    let id = vectors.id.map_or_else(|| call.draw.uuid("id"), str::to_owned);
    let asked = types(&call.body["embedding_types"]);
    let (response_type, embeddings) = if asked.is_empty() {
        ("embeddings_floats", json!(vectors.vectors))
    } else {
        let list =
            |kind: &str| vectors.vectors.iter().map(|vector| cohere_kind(kind, vector)).collect::<Value>();
        let by_type: Map<_, _> = asked.into_iter().map(|kind| (kind.to_owned(), list(kind))).collect();
        ("embeddings_by_type", Value::Object(by_type))
    };
    let mut reply = json!({ "id": id, "response_type": response_type, "embeddings": embeddings });
    if let Some(texts) = call.body.get("texts") {
        reply["texts"] = texts.clone();
    }
    reply
}

/// Numbers of -1 to 1 as bytes, or eight signs in one.
fn cohere_kind(kind: &str, vector: &[f32]) -> Value {
    let bits = |bytes: &[f32]| bytes.iter().fold(0_u8, |bits, number| bits << 1 | u8::from(*number > 0.0));
    let scaled = |number: &f32| (f64::from(*number) * 127.0).round().clamp(-128.0, 127.0);
    match kind {
        "int8" => vector.iter().map(|number| json!(whole(scaled(number)))).collect(),
        "uint8" => vector.iter().map(|number| json!(whole(scaled(number)) + 128)).collect(),
        "binary" => vector.chunks(8).map(|chunk| json!(i16::from(bits(chunk)) - 128)).collect(),
        "ubinary" => vector.chunks(8).map(|chunk| json!(bits(chunk))).collect(),
        _ => json!(vector),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to a byte")]
fn whole(number: f64) -> i16 {
    number as i16
}

fn types(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

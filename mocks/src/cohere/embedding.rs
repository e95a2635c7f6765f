//! [Embeddings](https://docs.cohere.com/reference/embed), by type: floats, or the same in fewer bits.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{EMBED_V1, list};
use crate::answer::{Embed, Input, Vectors};
use crate::provider::Call;

/// Lengths of the vectors of each model.
fn length(model: &str) -> usize {
    match model {
        model if model.contains("v4") => 1536,
        model if model.contains("light") => 384,
        model if model.ends_with("v2.0") && !model.contains("multilingual") => 4096,
        model if model.ends_with("v2.0") => 768,
        _ => 1024,
    }
}

pub(super) fn ask<'a>(call: &Call<'a>) -> Embed<'a> {
    let body = call.body;
    let model = body["model"].as_str().unwrap_or_default();
    let asked = body["output_dimension"].as_u64().and_then(|length| usize::try_from(length).ok());
    let given = ["texts", "images"].into_iter().flat_map(|name| list(&body[name]));
    let texts = given.map(|text| Cow::Borrowed(text.as_str().unwrap_or_default()));
    let inputs = texts.chain(list(&body["inputs"]).iter().map(joined)).map(Input::Text);
    Embed { model, inputs: inputs.collect(), dimensions: asked.or_else(|| Some(length(model))) }
}

/// Texts and pictures of one input make one vector.
fn joined(input: &Value) -> Cow<'_, str> {
    let part = |part: &Value| {
        let url = &part["image_url"]["url"];
        part["text"].as_str().or(url.as_str()).unwrap_or_default().to_owned()
    };
    Cow::Owned(list(&input["content"]).iter().map(part).collect::<Vec<_>>().join(" "))
}

pub(super) fn body(call: &Call<'_>, vectors: &Vectors<'_>) -> Value {
    let body = call.body;
    let types: Vec<&str> = list(&body["embedding_types"]).iter().filter_map(Value::as_str).collect();
    let mut reply = json!({ "id": vectors.id.map_or_else(|| call.draw.uuid("id"), str::to_owned) });
    reply["texts"] = body.get("texts").cloned().unwrap_or_else(|| json!([]));
    if types.is_empty() && call.operation == EMBED_V1 {
        reply["response_type"] = "embeddings_floats".into();
        reply["embeddings"] = json!(vectors.vectors);
    } else {
        reply["response_type"] = "embeddings_by_type".into();
        let types = if types.is_empty() { vec!["float"] } else { types };
        for name in types {
            reply["embeddings"][name] = vectors.vectors.iter().map(|vector| shown(name, vector)).collect();
        }
    }
    let pictures = list(&body["images"]);
    if !pictures.is_empty() {
        let picture = json!({ "width": 64, "height": 64, "format": "png", "bit_depth": 24 });
        reply["images"] = pictures.iter().map(|_| picture.clone()).collect();
    }
    let version = if call.operation == EMBED_V1 { "1" } else { "2" };
    let billed = if pictures.is_empty() {
        json!({ "input_tokens": vectors.tokens })
    } else {
        json!({ "images": pictures.len() })
    };
    reply["meta"] = json!({ "api_version": { "version": version }, "billed_units": billed });
    reply
}

/// A vector in one of the types. Those of one bit keep the signs, eight to a number, the first one highest.
fn shown(name: &str, vector: &[f32]) -> Value {
    match name {
        "int8" => vector.iter().map(|number| Value::from(byte(*number))).collect(),
        "uint8" => vector.iter().map(|number| Value::from(i16::from(byte(*number)) + 128)).collect(),
        "ubinary" => packed(vector).map(Value::from).collect(),
        "binary" => packed(vector).map(|bits| Value::from(i16::from(bits) - 128)).collect(),
        "base64" => {
            STANDARD.encode(vector.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>()).into()
        }
        _ => json!(vector),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a cast of floats saturates, which is what is wanted")]
fn byte(number: f32) -> i8 {
    (number * 127.0).round() as i8
}

fn packed(vector: &[f32]) -> impl Iterator<Item = u8> + '_ {
    vector.chunks(8).map(|chunk| {
        let bit = |bits: u8, (at, number): (usize, &f32)| bits | u8::from(*number > 0.0) << (7 - at);
        chunk.iter().enumerate().fold(0, bit)
    })
}

//! [Texts as vectors](https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api), by the older
//! models: instances in, predictions out.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::answer::{Embed, Input, Vectors};
use crate::gemini::list;
use crate::provider::Call;
use crate::script::{Failure, Kind};
use crate::tokens;

/// As long as the vectors of `text-embedding-005`.
const LENGTH: usize = 768;
/// Texts in one call.
const MOST: usize = 250;

/// Gemini's model takes one text a call here, the others as many as [`MOST`].
pub(super) fn check(call: &Call<'_>, model: &str) -> Result<(), Failure> {
    let most = if model.starts_with("gemini") { 1 } else { MOST };
    let count = list(&call.body["instances"]).len();
    let refused = |message: String| Err(Failure::new(Kind::InvalidRequest, message));
    if count > most {
        return refused(format!("{count} instance(s) is out of the allowed range (1 to {most})."));
    }
    // https://github.com/vibrantlabsai/ragas/issues/996
    if contents(call.body).any(str::is_empty) {
        return refused("The text content is empty.".to_owned());
    }
    Ok(())
}

pub(super) fn ask<'a>(call: &Call<'a>) -> Embed<'a> {
    let asked = call.body["parameters"]["outputDimensionality"].as_u64();
    Embed {
        model: "",
        inputs: contents(call.body).map(|text| Input::Text(Cow::Borrowed(text))).collect(),
        dimensions: asked.and_then(|length| usize::try_from(length).ok()).or(Some(LENGTH)),
    }
}

pub(super) fn body(call: &Call<'_>, vectors: &Vectors<'_>) -> Value {
    let texts: Vec<&str> = contents(call.body).collect();
    let mut counts: Vec<u64> = texts.iter().map(|text| tokens::count(text)).collect();
    let counted: u64 = counts.iter().sum();
    if let Some(first) = counts.first_mut() {
        // What a script counts besides is told with the first.
        *first = (*first + vectors.tokens).saturating_sub(counted);
    }
    let prediction = |(vector, tokens): (&Vec<f32>, u64)| {
        let statistics = json!({ "token_count": tokens, "truncated": false });
        json!({ "embeddings": { "values": vector, "statistics": statistics } })
    };
    let predictions: Vec<Value> = vectors.vectors.iter().zip(counts).map(prediction).collect();
    let characters: usize =
        texts.iter().map(|text| text.chars().filter(|c| !c.is_whitespace()).count()).sum();
    json!({ "predictions": predictions, "metadata": { "billableCharacterCount": characters } })
}

fn contents(body: &Value) -> impl Iterator<Item = &str> {
    list(&body["instances"]).iter().map(|instance| instance["content"].as_str().unwrap_or_default())
}

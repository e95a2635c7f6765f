//! [Pictures](https://ai.google.dev/gemini-api/docs/image-generation): of Gemini's models that draw beside their words, of
//! [Imagen](https://ai.google.dev/gemini-api/docs/imagen) alone.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::{good, model};
use crate::media::Picture;
use crate::media::picture::Format;
use crate::provider::{Call, Made};
use crate::script::{Block, Finish, Reply};
use crate::tokens;

pub(super) const PREDICT: &str = "predict";

/// Points of each ratio: <https://ai.google.dev/gemini-api/docs/image-generation#aspect_ratios>.
const SIZES: &[(&str, (u32, u32))] = &[
    ("1:1", (1024, 1024)),
    ("2:3", (832, 1248)),
    ("3:2", (1248, 832)),
    ("3:4", (864, 1184)),
    ("4:3", (1184, 864)),
    ("4:5", (896, 1152)),
    ("5:4", (1152, 896)),
    ("9:16", (768, 1344)),
    ("16:9", (1344, 768)),
    ("21:9", (1536, 672)),
];
/// Tokens of a picture, whatever its ratio, and of one that comes along.
const MADE: u64 = 1_290;
const SEEN: u64 = 258;

/// Whether a model of this name draws.
pub(crate) fn draws(model: &str) -> bool {
    model.contains("-image") || model.starts_with("imagen")
}

/// What was asked for.
pub(super) fn make(call: &Call<'_>, reply: &Reply) -> Made {
    let body = if call.operation == PREDICT { predictions(call, reply) } else { candidates(call, reply) };
    Made::Whole(good(call, &body))
}

fn candidates(call: &Call<'_>, reply: &Reply) -> Value {
    let config = &call.body["generationConfig"];
    let wants = |name: &str| {
        let modalities = config["responseModalities"].as_array();
        modalities.is_none_or(|all| all.iter().any(|modality| modality == name))
    };
    let inputs =
        super::list(&call.body["contents"]).iter().flat_map(|content| super::list(&content["parts"]));
    let (mut words, mut pictures) = (0, 0);
    for part in inputs {
        words += part["text"].as_str().map_or(0, tokens::count);
        pictures += u64::from(part.get("inlineData").is_some());
    }
    let is_refused = reply.finish == Some(Finish::ContentFilter);
    let mut parts = Vec::new();
    let said = said(reply).unwrap_or_else(|| "Here is a picture of squares in two colours.".to_owned());
    if wants("TEXT") && !is_refused {
        parts.push(json!({ "text": said }));
    }
    if wants("IMAGE") && !is_refused {
        let data = drawn(call, 0, size(&config["imageConfig"]["aspectRatio"]), Format::Png);
        parts.push(json!({ "inlineData": { "mimeType": "image/png", "data": data } }));
    }
    let prompt = words + pictures * SEEN;
    let made = if is_refused { 0 } else { MADE };
    json!({
        "candidates": [{
            "content": { "role": "model", "parts": parts },
            "finishReason": if is_refused { "IMAGE_SAFETY" } else { "STOP" },
            "index": 0,
        }],
        "usageMetadata": {
            "promptTokenCount": prompt,
            "candidatesTokenCount": made,
            "totalTokenCount": prompt + made,
            "promptTokensDetails": [
                { "modality": "TEXT", "tokenCount": words },
                { "modality": "IMAGE", "tokenCount": pictures * SEEN },
            ],
        },
        "modelVersion": model(call),
        "responseId": call.draw.text("id", 22),
    })
}

fn predictions(call: &Call<'_>, reply: &Reply) -> Value {
    let parameters = &call.body["parameters"];
    if reply.finish == Some(Finish::ContentFilter) {
        let why = "Unable to show generated images. Support codes: 58061214";
        return json!({ "predictions": [{ "raiFilteredReason": why }] });
    }
    let mime = parameters["outputOptions"]["mimeType"].as_str().unwrap_or("image/png");
    let format = if mime == "image/jpeg" { Format::Jpeg } else { Format::Png };
    let size = size(&parameters["aspectRatio"]);
    let count = parameters["sampleCount"].as_u64().unwrap_or(4);
    let picture =
        |number| json!({ "mimeType": mime, "bytesBase64Encoded": drawn(call, number, size, format) });
    json!({ "predictions": (0..count).map(picture).collect::<Vec<_>>() })
}

fn size(ratio: &Value) -> (u32, u32) {
    SIZES.iter().find(|(known, _)| ratio == known).map_or((1024, 1024), |(_, size)| *size)
}

fn drawn(call: &Call<'_>, number: u64, size: (u32, u32), format: Format) -> String {
    let seed = call.draw.number(&format!("picture {number}"), u64::MAX);
    BASE64_STANDARD.encode(Picture::new(seed, size).write(format))
}

/// A script's words.
fn said(reply: &Reply) -> Option<String> {
    let texts = reply.content.iter().flatten().filter_map(|block| match block {
        Block::Text(pieces) => Some(pieces.join()),
        _ => None,
    });
    Some(texts.collect::<String>()).filter(|text| !text.is_empty())
}

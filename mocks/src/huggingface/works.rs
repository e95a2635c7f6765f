//! HF Inference's pictures, [of texts](https://huggingface.co/docs/inference-providers/tasks/text-to-image) and
//! [of pictures](https://huggingface.co/docs/inference-providers/tasks/image-to-image), as their own bytes; and
//! [texts of sounds](https://huggingface.co/docs/inference-providers/tasks/automatic-speech-recognition).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use super::headers;
use crate::media::look::Kind;
use crate::media::picture::Format;
use crate::media::{Picture, length, sound};
use crate::provider::{Call, Made, Whole};
use crate::request::Request;
use crate::script::{Block, Failure, Kind as Why, Reply};

/// What the names of models that draw, and of those that hear, hold.
const DRAW: &[&str] = &["flux", "stable-diffusion", "sdxl", "qwen-image", "pix2pix"];
const HEAR: &[&str] = &["whisper", "wav2vec"];
const SPEECH: &str = "automatic-speech-recognition";
const TO_IMAGE: &str = "text-to-image";
const OF_IMAGE: &str = "image-to-image";
/// Points an edge, at most.
const EDGE: u64 = 4_096;

/// The task of a model, by its name, where that is no text.
pub(super) fn variant(model: &str, request: &Request) -> Option<&'static str> {
    let model = model.to_ascii_lowercase();
    let is = |known: &[&str]| known.iter().any(|part| model.contains(part));
    match () {
        () if is(HEAR) => Some(SPEECH),
        () if is(DRAW) => {
            let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            let input = body["inputs"].as_str().and_then(|input| BASE64_STANDARD.decode(input).ok());
            let is_image = input.is_some_and(|bytes| Kind::of(&bytes).is_some());
            Some(if is_image { OF_IMAGE } else { TO_IMAGE })
        }
        () => None,
    }
}

/// What was asked for.
pub(super) fn make(call: &Call<'_>, reply: &Reply) -> Result<Made, Failure> {
    if call.variant == Some(SPEECH) {
        let body = heard(call, reply)?.to_string().into();
        return Ok(Made::Whole(Whole {
            status: 200,
            headers: headers(&call.draw, call.request, "application/json"),
            body,
        }));
    }
    let parameters = &call.body["parameters"];
    let edges = if call.variant == Some(OF_IMAGE) { &parameters["target_size"] } else { parameters };
    let edge = |name: &str| match edges[name].as_u64() {
        None => Ok(1024),
        Some(edge @ 1..=EDGE) => Ok(u32::try_from(edge).unwrap_or(1024)),
        Some(edge) => {
            let message = format!("`{name}` has to be from 1 to {EDGE} but is {edge}.");
            Err(Failure::new(Why::InvalidRequest, message))
        }
    };
    let size = (edge("width")?, edge("height")?);
    let wanted = call.request.header("accept").unwrap_or_default();
    let format = if wanted.starts_with("image/png") { Format::Png } else { Format::Jpeg };
    let seed = call.draw.number("picture", u64::MAX);
    let body = Picture::new(seed, size).write(format).into();
    Ok(Made::Whole(Whole { status: 200, headers: headers(&call.draw, call.request, format.media()), body }))
}

/// A script's words, those of a sound of our own, or how long it is.
fn heard(call: &Call<'_>, reply: &Reply) -> Result<Value, Failure> {
    let sound = match call.body["inputs"].as_str() {
        Some(base64) => Bytes::from(BASE64_STANDARD.decode(base64).unwrap_or_default()),
        None => call.request.body.clone(),
    };
    let Some(seconds) = length::seconds(&sound) else {
        let message = "Malformed soundfile";
        return Err(Failure::new(Why::InvalidRequest, message));
    };
    let texts = reply.content.iter().flatten().filter_map(|block| match block {
        Block::Text(pieces) => Some(pieces.join()),
        _ => None,
    });
    let scripted: String = texts.collect();
    let own = || sound::said(&sound).unwrap_or_else(|| format!("A sound of {seconds:.1} seconds."));
    let text = if scripted.is_empty() { own() } else { scripted };
    let mut body = json!({ "text": text });
    if call.body["parameters"]["return_timestamps"] == true {
        body["chunks"] = json!([{ "text": text, "timestamp": [0.0, seconds] }]);
    }
    Ok(body)
}

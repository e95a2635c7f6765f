//! OpenAI's image requests as ones to Gemini's models that draw, and to Imagen.
//!
//! | member | `generateContent` | `predict` (Imagen) |
//! |---|---|---|
//! | `prompt` | a part of text | `instances[].prompt` |
//! | `image` | parts of data | refused: Imagen makes, and does not edit |
//! | `mask` | refused | refused |
//! | `n` | 1, more are refused | `parameters.sampleCount` |
//! | `size` | the nearest ratio; a size between two is named as dropped | the same |
//! | `output_format` | dropped, but for `png` | `parameters.outputOptions` |
//! | `seed`, `negativePrompt`, … | dropped | as they are |
//!
//! <https://ai.google.dev/gemini-api/docs/image-generation>, <https://ai.google.dev/gemini-api/docs/imagen>

use serde::Deserialize;

use super::target;
use crate::call::{self, Losses, Options, Target};
use crate::images::{Order, Paint, Pictures, Tokens, ratio};
use crate::json::Object;
use crate::openai::Problem;
use crate::works::Given;
use crate::{Error, Text};

/// Models that draw, of the Gemini API.
pub(super) struct Images;

/// What Gemini's pictures may be like.
const RATIOS: &[&str] = &["1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"];
/// And Imagen's.
const IMAGEN_RATIOS: &[&str] = &["1:1", "3:4", "4:3", "9:16", "16:9"];
/// What Imagen takes as it comes.
const IMAGEN_OWN: &[&str] = &[
    "addWatermark",
    "enhancePrompt",
    "guidanceScale",
    "includeRaiReason",
    "language",
    "negativePrompt",
    "personGeneration",
    "safetySetting",
    "seed",
];

impl Paint for Images {
    fn request(
        &self,
        order: &Order<'_>,
        options: &Options<'_>,
        losses: &mut Losses,
        out: &mut Vec<u8>,
    ) -> Result<Target, Error> {
        let model = options.model(order.model.as_deref().map(Text::Plain))?;
        target(model.clone(), write(order, &model, losses, out)?, false)
    }

    fn reply(&self, given: Given<'_>, _: &str, pictures: &mut Pictures) -> Result<(), Error> {
        read(given, pictures)
    }
}

/// Writes the body, and says which operation takes it.
pub(in crate::providers) fn write(
    order: &Order<'_>,
    model: &str,
    losses: &mut Losses,
    out: &mut Vec<u8>,
) -> Result<&'static str, Error> {
    order.no_mask()?;
    if order.quality.is_some() {
        losses.drop("quality");
    }
    if model.contains("imagen") {
        imagen(order, losses, out)?;
        return Ok("predict");
    }
    order.only_one()?;
    order.others.drop_but(&[], losses);
    if order.output_format.as_deref().is_some_and(|format| format != "png") {
        losses.drop("output_format");
    }
    if order.output_compression.is_some() {
        losses.drop("output_compression");
    }
    let mut body = Object::new(out);
    {
        let mut contents = body.array("contents");
        let mut content = contents.object();
        content.word("role", "user");
        let mut parts = content.array("parts");
        parts.object().string("text", &order.prompt);
        for image in &order.images {
            let mut part = parts.object();
            let mut data = part.object("inlineData");
            data.string("mimeType", &image.media_type);
            data.string("data", &image.data);
        }
    }
    let mut config = body.object("generationConfig");
    config.raw("responseModalities", r#"["TEXT","IMAGE"]"#);
    if let Some(size) = order.size {
        config.object("imageConfig").word("aspectRatio", nearest(size, RATIOS, losses));
    }
    Ok("generateContent")
}

fn imagen(order: &Order<'_>, losses: &mut Losses, out: &mut Vec<u8>) -> Result<(), Error> {
    if !order.images.is_empty() {
        return Err(Error::request("image", "Imagen makes pictures, and does not edit them"));
    }
    order.others.drop_but(IMAGEN_OWN, losses);
    let mut body = Object::new(out);
    body.array("instances").object().string("prompt", &order.prompt);
    let mut parameters = body.object("parameters");
    parameters.number("sampleCount", order.n);
    if let Some(size) = order.size {
        parameters.word("aspectRatio", nearest(size, IMAGEN_RATIOS, losses));
    }
    match order.output_format.as_deref() {
        Some(format @ ("png" | "jpeg")) => {
            let mut output = parameters.object("outputOptions");
            output.word("mimeType", if format == "png" { "image/png" } else { "image/jpeg" });
            if let Some(compression) = order.output_compression {
                output.number("compressionQuality", compression.into());
            }
        }
        Some(_) => losses.drop("output_format"),
        None => (),
    }
    order.others.put(IMAGEN_OWN, &mut parameters);
    Ok(())
}

/// The ratio of a size. What the size says beyond it has no place.
fn nearest(size: (u32, u32), known: &[&'static str], losses: &mut Losses) -> &'static str {
    let (ratio, is_exact) = ratio(size, known);
    if !is_exact {
        losses.drop("size");
    }
    ratio
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply<'a> {
    #[serde(borrow, default)]
    candidates: Vec<Candidate<'a>>,
    #[serde(borrow, default)]
    predictions: Option<Vec<Prediction<'a>>>,
    prompt_feedback: Option<Feedback>,
    usage_metadata: Option<Counts>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate<'a> {
    #[serde(borrow)]
    content: Option<Content<'a>>,
    finish_reason: Option<String>,
    finish_message: Option<String>,
}

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(borrow, default)]
    parts: Vec<Part<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(default)]
    thought: bool,
    #[serde(borrow)]
    inline_data: Option<Blob<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Blob<'a> {
    mime_type: Option<String>,
    #[serde(borrow)]
    data: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Prediction<'a> {
    mime_type: Option<String>,
    #[serde(borrow)]
    bytes_base64_encoded: Option<Text<'a>>,
    rai_filtered_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feedback {
    block_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Counts {
    prompt_token_count: u64,
    candidates_token_count: u64,
    prompt_tokens_details: Vec<Modality>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Modality {
    #[serde(default)]
    modality: String,
    #[serde(default)]
    token_count: u64,
}

/// Reads a reply of either operation.
pub(in crate::providers) fn read(given: Given<'_>, pictures: &mut Pictures) -> Result<(), Error> {
    let reply: Reply<'_> = call::read("reply", given.body)?;
    let mut made = 0;
    let mut why = reply.prompt_feedback.and_then(|feedback| feedback.block_reason);
    for prediction in reply.predictions.into_iter().flatten() {
        match prediction.bytes_base64_encoded {
            Some(data) => {
                pictures.base64(prediction.mime_type.as_deref(), &data.plain())?;
                made += 1;
            }
            None => why = prediction.rai_filtered_reason.or(why),
        }
    }
    let mut said = String::new();
    for candidate in reply.candidates {
        for part in
            candidate.content.into_iter().flat_map(|content| content.parts).filter(|part| !part.thought)
        {
            if let Some(text) = part.text {
                said.push_str(&text.plain());
            }
            if let Some(blob) = part.inline_data {
                pictures.base64(blob.mime_type.as_deref(), &blob.data.plain())?;
                made += 1;
            }
        }
        let reason = candidate.finish_reason.filter(|reason| reason != "STOP");
        why = candidate.finish_message.or(reason).or(why);
    }
    if made == 0 {
        return Err(Error::Provider(refused(why, &said)));
    }
    pictures.revised(said);
    if let Some(counts) = reply.usage_metadata {
        let of_images = counts.prompt_tokens_details.iter().filter(|detail| detail.modality == "IMAGE");
        let image = of_images.map(|detail| detail.token_count).sum();
        let text = counts.prompt_token_count.saturating_sub(image);
        pictures.tokens(Tokens { text, image, output: counts.candidates_token_count });
    }
    Ok(())
}

/// Why there is no picture: what the service says, or what the model says instead of drawing.
fn refused(why: Option<String>, said: &str) -> Problem {
    let message = match (why, said.trim()) {
        (Some(why), _) => format!("the model made no picture: {why}"),
        (None, "") => "the model made no picture".to_owned(),
        (None, said) => format!("the model made no picture, and said: {said}"),
    };
    Problem { code: Some("content_policy_violation".into()), ..Problem::of(400).saying(message) }
}

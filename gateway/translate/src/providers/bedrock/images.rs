//! OpenAI's image requests as bodies of `InvokeModel`, which each maker words differently.
//!
//! | member | Titan Image Generator, Nova Canvas | Stability |
//! |---|---|---|
//! | `prompt` | `textToImageParams.text`, or `imageVariationParams.text` | `prompt` |
//! | `image` | `imageVariationParams.images` | `image`, of one picture |
//! | `mask` | refused: a mask of theirs is black where a client's is transparent | refused |
//! | `n` | `imageGenerationConfig.numberOfImages` | 1, more are refused |
//! | `size` | `width`, `height` | the nearest ratio; a size between two is named as dropped |
//! | `quality` | `premium` for `high` and `hd`, else `standard` | dropped |
//! | `output_format` | dropped, but for `png` | as it is |
//! | a maker's own members | `cfgScale`, `seed`, `negativeText`, `similarityStrength` | `seed`, `negative_prompt`, `strength` |
//!
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-image.html>,
//! <https://docs.aws.amazon.com/nova/latest/userguide/image-gen-access.html>,
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-stability-diffusion.html>

use serde::Deserialize;

use super::request;
use crate::call::{self, Losses, Options, Target};
use crate::images::{Order, Paint, Pictures, ratio};
use crate::json::Object;
use crate::openai::Problem;
use crate::works::Given;
use crate::{Error, Text};

/// `InvokeModel`, of models that draw.
pub(super) struct Images;

/// What a model is asked in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Words {
    Amazon,
    Stability,
}

/// Parts of model ids; the first that is found decides.
const MODELS: &[(&str, Words)] = &[
    ("amazon.titan-image", Words::Amazon),
    ("amazon.nova-canvas", Words::Amazon),
    ("stability.", Words::Stability),
];

/// What Stability's pictures may be like.
const RATIOS: &[&str] = &["1:1", "2:3", "3:2", "4:5", "5:4", "9:16", "16:9", "9:21", "21:9"];
/// Members of Amazon's own, and where they stand.
const OF_CONFIG: &[&str] = &["cfgScale", "seed"];
const OF_TEXT: &[&str] = &["negativeText"];
const OF_VARIATION: &[&str] = &["negativeText", "similarityStrength"];
/// Of Stability's own.
const OWN: &[&str] = &["seed", "negative_prompt"];
const OWN_OF_IMAGES: &[&str] = &["seed", "negative_prompt", "strength"];

impl Paint for Images {
    fn request(
        &self,
        order: &Order<'_>,
        options: &Options<'_>,
        losses: &mut Losses,
        out: &mut Vec<u8>,
    ) -> Result<Target, Error> {
        let model = options.model(order.model.as_deref().map(Text::Plain))?;
        let Some(&(_, words)) = MODELS.iter().find(|(part, _)| model.contains(part)) else {
            let why = "this model of Bedrock is not known to make pictures: Titan's, Nova Canvas and Stability's are";
            return Err(Error::request("model", why));
        };
        order.no_mask()?;
        match words {
            Words::Amazon => amazon(order, losses, out),
            Words::Stability => stability(order, losses, out)?,
        }
        request::target(model, "invoke", false)
    }

    fn reply(&self, given: Given<'_>, _: &str, pictures: &mut Pictures) -> Result<(), Error> {
        let reply: Reply<'_> = call::read("reply", given.body)?;
        let reasons = reply.finish_reasons.into_iter().flatten().flatten();
        let why: Vec<String> = reasons.chain(reply.error).collect();
        let media_type = |data: &str| {
            // The first bytes of each format, as base64.
            match data.get(..5) {
                Some("iVBOR") => Some("image/png"),
                Some("UklGR") => Some("image/webp"),
                Some(start) if start.starts_with("/9j/") => Some("image/jpeg"),
                _ => None,
            }
        };
        let mut made = 0;
        for image in reply.images.into_iter().flatten() {
            let data = image.plain();
            pictures.base64(media_type(&data), &data)?;
            made += 1;
        }
        if made > 0 {
            return Ok(());
        }
        let message = format!("the model made no picture: {}", why.join("; "));
        let code = Some("content_policy_violation".into());
        Err(Error::Provider(Problem { code, ..Problem::of(400).saying(message) }))
    }
}

fn amazon(order: &Order<'_>, losses: &mut Losses, out: &mut Vec<u8>) {
    let is_png = order.output_format.as_deref().is_none_or(|format| format == "png");
    if !is_png {
        losses.drop("output_format");
    }
    if order.output_compression.is_some() {
        losses.drop("output_compression");
    }
    let varies = !order.images.is_empty();
    let of_params = if varies { OF_VARIATION } else { OF_TEXT };
    order.others.drop_but(&[OF_CONFIG, of_params].concat(), losses);
    let mut body = Object::new(out);
    body.word("taskType", if varies { "IMAGE_VARIATION" } else { "TEXT_IMAGE" });
    {
        let mut params = body.object(if varies { "imageVariationParams" } else { "textToImageParams" });
        params.string("text", &order.prompt);
        order.others.put(of_params, &mut params);
        if varies {
            let mut images = params.array("images");
            order.images.iter().for_each(|image| images.text(Text::Plain(&image.data)));
        }
    }
    let mut config = body.object("imageGenerationConfig");
    config.number("numberOfImages", order.n);
    if let Some((width, height)) = order.size {
        config.number("width", width.into());
        config.number("height", height.into());
    }
    if let Some(quality) = order.quality.as_deref() {
        config.word("quality", if matches!(quality, "high" | "hd") { "premium" } else { "standard" });
    }
    order.others.put(OF_CONFIG, &mut config);
}

fn stability(order: &Order<'_>, losses: &mut Losses, out: &mut Vec<u8>) -> Result<(), Error> {
    order.only_one()?;
    if order.images.len() > 1 {
        return Err(Error::request("image", "Stability's models take one picture"));
    }
    if order.quality.is_some() {
        losses.drop("quality");
    }
    if order.output_compression.is_some() {
        losses.drop("output_compression");
    }
    let known = if order.images.is_empty() { OWN } else { OWN_OF_IMAGES };
    order.others.drop_but(known, losses);
    let mut body = Object::new(out);
    body.string("prompt", &order.prompt);
    if let Some(image) = order.images.first() {
        body.word("mode", "image-to-image");
        body.string("image", &image.data);
        // What is made is as large as what came.
        if order.size.is_some() {
            losses.drop("size");
        }
        if order.others.get("strength").is_none() {
            body.raw("strength", "0.7");
        }
    } else if let Some(size) = order.size {
        let (ratio, is_exact) = ratio(size, RATIOS);
        if !is_exact {
            losses.drop("size");
        }
        body.word("aspect_ratio", ratio);
    }
    if let Some(format) = order.output_format.as_deref() {
        body.string("output_format", format);
    }
    order.others.put(known, &mut body);
    Ok(())
}

#[derive(Deserialize)]
struct Reply<'a> {
    #[serde(borrow)]
    images: Option<Vec<Text<'a>>>,
    finish_reasons: Option<Vec<Option<String>>>,
    error: Option<String>,
}

//! Models that draw, by `InvokeModel`: Amazon's [Titan](https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-image.html)
//! and [Nova Canvas](https://docs.aws.amazon.com/nova/latest/userguide/image-gen-req-resp-structure.html), and
//! [Stability's](https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-stability-diffusion.html).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::media::Picture;
use crate::media::look::Kind;
use crate::media::picture::Format;
use crate::provider::Call;
use crate::script::{Failure, Finish, Kind as Why, Reply};

/// Parts of ids, and the body's name in the document.
const MODELS: &[(&str, &str)] =
    &[("amazon.titan-image", AMAZON), ("amazon.nova-canvas", AMAZON), ("stability.", "stability-image")];
const AMAZON: &str = "amazon-image";

/// In whose words a body for a model of this id is.
pub(super) fn variant(id: &str) -> Option<&'static str> {
    MODELS.iter().find(|(part, _)| id.contains(part)).map(|(_, variant)| *variant)
}

/// Pictures that come along must be such.
pub(super) fn check(call: &Call<'_>) -> Result<(), Failure> {
    let of_amazon = call.body["imageVariationParams"]["images"].as_array().into_iter().flatten();
    let all = of_amazon.chain(call.body.get("image")).filter_map(Value::as_str);
    for image in all {
        let bytes = BASE64_STANDARD.decode(image).unwrap_or_default();
        if Kind::of(&bytes).is_none() {
            let message =
                "The provided image is not a valid base64 encoded image. Please provide a PNG or JPEG.";
            return Err(Failure::new(Why::InvalidRequest, message));
        }
    }
    Ok(())
}

/// The body of an answer.
pub(super) fn body(call: &Call<'_>, reply: &Reply) -> Value {
    let is_refused = reply.finish == Some(Finish::ContentFilter);
    if call.variant == Some(AMAZON) { amazon(call, is_refused) } else { stability(call, is_refused) }
}

fn amazon(call: &Call<'_>, is_refused: bool) -> Value {
    if is_refused {
        let why = "All of the generated images have been blocked by our content filters.";
        return json!({ "images": [], "error": why });
    }
    let config = &call.body["imageGenerationConfig"];
    let edge = |name: &str| config[name].as_u64().and_then(|edge| u32::try_from(edge).ok()).unwrap_or(1024);
    let size = (edge("width"), edge("height"));
    let count = config["numberOfImages"].as_u64().unwrap_or(1);
    let images: Vec<_> = (0..count).map(|number| drawn(call, number, size, Format::Png)).collect();
    json!({ "images": images, "error": null })
}

fn stability(call: &Call<'_>, is_refused: bool) -> Value {
    let seed = call.body["seed"].as_u64().unwrap_or_else(|| call.draw.number("seed", 1 << 32));
    if is_refused {
        return json!({ "seeds": [seed], "finish_reasons": ["Filter reason: prompt"], "images": [] });
    }
    let ratio = call.body["aspect_ratio"].as_str().unwrap_or("1:1");
    let (wide, high) = ratio.split_once(':').unwrap_or(("1", "1"));
    let part = |text: &str| text.parse::<u32>().unwrap_or(1);
    let (wide, high) = (part(wide), part(high));
    // The longer edge has 1536 points but in a square.
    let size = if wide == high {
        (1024, 1024)
    } else {
        (1536 * wide / wide.max(high), 1536 * high / wide.max(high))
    };
    let format = call.body["output_format"].as_str().and_then(Format::named).unwrap_or(Format::Png);
    json!({ "seeds": [seed], "finish_reasons": [null], "images": [drawn(call, 0, size, format)] })
}

fn drawn(call: &Call<'_>, number: u64, size: (u32, u32), format: Format) -> String {
    let seed = call.draw.number(&format!("picture {number}"), u64::MAX);
    BASE64_STANDARD.encode(Picture::new(seed, size).write(format))
}

//! OpenAI's image requests as ones for text-to-image and image-to-image, whose replies are the pictures' own bytes.
//!
//! | member | what becomes of it |
//! |---|---|
//! | `prompt` | `inputs`; beside a picture `parameters.prompt` |
//! | `image` | `inputs`, of one picture |
//! | `size` | `parameters.width`, `height`; beside a picture `parameters.target_size` |
//! | `n` | 1, more are refused |
//! | `guidance_scale`, `negative_prompt`, `num_inference_steps`, `scheduler`, `seed` | `parameters`, as they are |
//! | `quality`, `output_format` | dropped: the model has one |
//!
//! <https://huggingface.co/docs/inference-providers/tasks/text-to-image>,
//! <https://huggingface.co/docs/inference-providers/tasks/image-to-image>

use serde::Deserialize;
use serde_json::value::RawValue;

use super::failure;
use crate::call::{self, Losses, Options, Target};
use crate::images::{Order, Paint, Pictures};
use crate::json::Object;
use crate::works::Given;
use crate::{Error, Text};

/// `/hf-inference/models/{model}`, of models that draw.
pub(super) struct Images;

const OWN: &[&str] = &["guidance_scale", "negative_prompt", "num_inference_steps", "scheduler", "seed"];
const OWN_OF_IMAGES: &[&str] = &["guidance_scale", "negative_prompt", "num_inference_steps"];

impl Paint for Images {
    fn request(
        &self,
        order: &Order<'_>,
        options: &Options<'_>,
        losses: &mut Losses,
        out: &mut Vec<u8>,
    ) -> Result<Target, Error> {
        let model = options.model(order.model.as_deref().map(Text::Plain))?;
        order.only_one()?;
        order.no_mask()?;
        let edits = !order.images.is_empty();
        if order.images.len() > 1 {
            return Err(Error::request("image", "this provider takes one picture"));
        }
        for (name, is_there) in [
            ("quality", order.quality.is_some()),
            ("output_format", order.output_format.is_some()),
            ("output_compression", order.output_compression.is_some()),
        ] {
            if is_there {
                losses.drop(name);
            }
        }
        let known = if edits { OWN_OF_IMAGES } else { OWN };
        order.others.drop_but(known, losses);
        let mut body = Object::new(out);
        match order.images.first() {
            Some(image) => body.string("inputs", &image.data),
            None => body.string("inputs", &order.prompt),
        }
        let mut parameters = body.object("parameters");
        if edits {
            parameters.string("prompt", &order.prompt);
        }
        if let Some((width, height)) = order.size {
            let edges = |object: &mut Object<'_>| {
                object.number("width", width.into());
                object.number("height", height.into());
            };
            if edits { edges(&mut parameters.object("target_size")) } else { edges(&mut parameters) }
        }
        order.others.put(known, &mut parameters);
        let path = super::address(&model)?;
        let headers = super::headers(options);
        Ok(Target { anchor: super::ANCHOR, headers, ..Target::new(path, model, false) })
    }

    fn accept(&self) -> &'static str {
        "image/png, image/*"
    }

    fn reply(&self, given: Given<'_>, _: &str, pictures: &mut Pictures) -> Result<(), Error> {
        #[derive(Deserialize)]
        struct Failed<'a> {
            #[serde(borrow)]
            error: Option<&'a RawValue>,
        }

        if given.media_type.starts_with("image/") {
            pictures.bytes(given.media_type, given.body);
            return Ok(());
        }
        let Failed { error } = call::read("reply", given.body)?;
        let why = || Error::Malformed { what: "reply", why: "it is no picture".to_owned() };
        Err(error.map_or_else(why, |error| Error::Provider(failure::in_stream(error, None))))
    }
}

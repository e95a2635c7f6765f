//! The same as [Gemini's pictures](super::gemini), below a project and a location.
//!
//! <https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/imagen-api>

use super::maker::Maker;
use super::{gemini, target};
use crate::call::{Losses, Options, Target};
use crate::images::{Order, Paint, Pictures};
use crate::works::Given;
use crate::{Error, Text};

/// Models that draw, of Vertex AI.
pub(super) struct Images;

impl Paint for Images {
    fn request(
        &self,
        order: &Order<'_>,
        options: &Options<'_>,
        losses: &mut Losses,
        out: &mut Vec<u8>,
    ) -> Result<Target, Error> {
        let model = options.model(order.model.as_deref().map(Text::Plain))?;
        if Maker::of(&model) != Maker::Google {
            return Err(Error::request("model", "of Vertex AI only Google's models make pictures"));
        }
        let operation = gemini::write_image(order, &model, losses, out)?;
        target(options, "v1", model, operation, false)
    }

    fn reply(&self, given: Given<'_>, _: &str, pictures: &mut Pictures) -> Result<(), Error> {
        gemini::read_image(given, pictures)
    }
}

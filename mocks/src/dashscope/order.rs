//! What to make: a request of any operation with nothing left open.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::models::{self, Rules, Sizes};
use crate::media::{Picture, look, picture::Format};
use crate::openai;
use crate::provider::Call;
use crate::request::Request;

/// The pictures that are wanted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) size: (u32, u32),
    /// Each is drawn by its seed.
    pub(super) seeds: Vec<u64>,
    pub(super) prompt: String,
    /// Whether the prompt is written anew.
    pub(super) extends: bool,
}

impl Order {
    /// Of a request that was checked.
    pub(super) fn of(call: &Call<'_>, rules: &Rules) -> Self {
        let parameters = &call.body["parameters"];
        let count = parameters["n"].as_u64().unwrap_or(rules.count);
        let own = parameters["seed"].as_u64();
        let seed = |number: u64| match own {
            Some(own) => own.wrapping_add(number),
            None => call.draw.number(&format!("picture {number}"), u64::MAX),
        };
        let asked = size(&parameters["size"]).filter(|_| !matches!(rules.sizes, Sizes::Followed));
        Self {
            size: asked.or_else(|| followed(call.body, rules)).unwrap_or(rules.usual),
            seeds: (0..count).map(seed).collect(),
            prompt: prompt(call.body).to_owned(),
            extends: parameters["prompt_extend"] != false,
        }
    }

    /// Where a picture is to be seen.
    pub(super) fn address(&self, request: &Request, seed: u64) -> String {
        openai::address_of(request, seed, &Picture::new(seed, self.size), Format::Png)
    }

    /// The prompt as it was drawn by.
    pub(super) fn extended(&self) -> String {
        format!("{} In squares of two colours, the same to the left and to the right.", self.prompt)
    }
}

/// The rules of the model that is asked for.
pub(super) fn rules(body: &Value) -> Option<&'static Rules> {
    models::find(body["model"].as_str().unwrap_or_default())
}

/// `1024*1536`
pub(super) fn size(size: &Value) -> Option<(u32, u32)> {
    let (width, height) = size.as_str()?.split_once('*')?;
    Some((width.parse().ok()?, height.parse().ok()?))
}

/// What is to be seen: of a message its text.
pub(super) fn prompt(body: &Value) -> &str {
    let of_message = parts(body).find_map(|part| part["text"].as_str());
    of_message.or_else(|| body["input"]["prompt"].as_str()).unwrap_or_default()
}

/// The parts of the message.
pub(super) fn parts(body: &Value) -> impl Iterator<Item = &Value> {
    body["input"]["messages"][0]["content"].as_array().into_iter().flatten()
}

/// The pictures that came along, however.
pub(super) fn images(body: &Value) -> Vec<&str> {
    let input = &body["input"];
    let of_list = input["images"].as_array().into_iter().flatten();
    let of_message = parts(body).filter_map(|part| part.get("image"));
    of_list.chain(of_message).chain(input.get("base_image_url")).filter_map(Value::as_str).collect()
}

/// The bytes of a picture that came as a data URL.
pub(super) fn bytes(image: &str) -> Option<Vec<u8>> {
    let (_, data) = image.strip_prefix("data:")?.split_once(";base64,")?;
    Some(BASE64_STANDARD.decode(data).unwrap_or_default())
}

/// A size as that of the last picture that came, where the model takes such.
fn followed(body: &Value, rules: &Rules) -> Option<(u32, u32)> {
    let (width, height, _) = look::png(&bytes(images(body).last()?)?)?;
    let size = (width, height);
    let fits = match rules.sizes {
        Sizes::Followed => (512..=2048).contains(&width) && (512..=2048).contains(&height),
        sizes => sizes.take(size),
    };
    fits.then_some(size)
}

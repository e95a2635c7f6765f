//! The rules of models that no schema can say, and what the service says to a body that breaks one.

use serde_json::Value;
use specs::Violation;

use super::models::{Rules, Sizes};
use super::order::{bytes, images, parts, rules, size};
use super::{GENERATE, error};
use crate::media::look::Kind as Media;
use crate::provider::Call;
use crate::script::{Failure, Kind};

/// Whether a body is one of the API in OpenAI's words: in its own, all have an `input` that is an object.
pub(super) fn is_of_openai(body: &Value) -> bool {
    body.get("messages").is_some() || body.get("input").is_some_and(|input| !input.is_object())
}

/// What the service says to a body that is broken in this place.
pub(super) fn failure(violation: &Violation) -> Failure {
    let missing = violation.expected.strip_prefix("member `").and_then(|rest| rest.strip_suffix('`'));
    if violation.keyword == "required"
        && let Some(name) = missing
    {
        return absent(name);
    }
    let place = violation.pointer.trim_start_matches('/').replace('/', ".");
    error::coded(error::INVALID, format!("<{}> {place}: {}", violation.keyword, violation.expected))
}

fn absent(name: &str) -> Failure {
    match name {
        "model" => {
            error::coded("BadRequest.EmptyModel", "Required parameter \"model\" missing from request.")
        }
        "input" => error::coded("BadRequest.EmptyInput", "Required input parameter missing from request."),
        _ => error::coded(
            error::INVALID,
            format!("Required parameter({name}) missing or invalid, please check the request parameters."),
        ),
    }
}

/// The first rule that is broken.
pub(super) fn check(call: &Call<'_>) -> Result<(), Failure> {
    let model = call.body["model"].as_str().unwrap_or_default();
    if call.models.is_some_and(|models| models.iter().all(|known| known != model)) {
        return Err(Failure { kind: Some(Kind::NotFound), ..Failure::default() });
    }
    let is_async = call.request.header("x-dashscope-async") == Some("enable");
    let wanted = call.operation != GENERATE;
    if is_async != wanted {
        let message = if wanted {
            "current user api does not support synchronous calls."
        } else {
            "Current user api does not support asynchronous calls."
        };
        return Err(Failure::new(Kind::Permission, message));
    }
    // Another model's path is one that the service does not know.
    let rules = rules(call.body).filter(|rules| rules.operations.contains(&call.operation));
    let rules = rules.ok_or_else(|| error::coded(error::INVALID, error::BAD_URL))?;
    texts(call.body)?;
    pictures(call.body, rules)?;
    number(call.body, rules)?;
    sizes(call.body, rules)
}

/// A message has one text.
fn texts(body: &Value) -> Result<(), Failure> {
    if body["input"].get("messages").is_none()
        || parts(body).filter(|part| part.get("text").is_some()).count() == 1
    {
        return Ok(());
    }
    Err(error::coded(error::INVALID, "The content must contain exactly one text."))
}

fn pictures(body: &Value, rules: &Rules) -> Result<(), Failure> {
    let images = images(body);
    if rules.is_by_function() {
        for name in ["function", "base_image_url"] {
            if body["input"].get(name).is_none() {
                return Err(absent(name));
            }
        }
    }
    let (least, most) = rules.images;
    if !(least..=most).contains(&images.len()) {
        let message =
            format!("The number of images must be between {least} and {most}, but got {}.", images.len());
        return Err(error::coded(error::INVALID, message));
    }
    let masks = body["input"]["mask_image_url"].as_str();
    let is_other = |bytes: Vec<u8>| Media::of(&bytes).is_none() && !bytes.starts_with(b"BM");
    if images.into_iter().chain(masks).filter_map(bytes).any(is_other) {
        let message = "The media format is not supported or incorrect for the data inspection.";
        return Err(error::coded("InvalidParameter.DataInspection", message));
    }
    Ok(())
}

fn number(body: &Value, rules: &Rules) -> Result<(), Failure> {
    match (body["parameters"]["n"].as_u64(), rules.most) {
        (Some(n), most) if n > most => Err(error::coded(
            error::INVALID,
            if most == 1 {
                "num_images_per_prompt must be 1".to_owned()
            } else {
                format!("Range of n should be [1, {most}]")
            },
        )),
        _ => Ok(()),
    }
}

fn sizes(body: &Value, rules: &Rules) -> Result<(), Failure> {
    let Some(asked) = size(&body["parameters"]["size"]).filter(|asked| !rules.sizes.take(*asked)) else {
        return Ok(());
    };
    let known = match rules.sizes {
        Sizes::Listed(sizes) => {
            let names: Vec<_> = sizes.iter().map(|(width, height)| format!("{width}*{height}")).collect();
            format!("must be one of {}", names.join(","))
        }
        Sizes::Edges(least, most) => format!("must have edges between {least} and {most}"),
        Sizes::Points(least, most) => {
            format!(
                "must have between {least}*{least} and {most}*{most} pixels and a ratio between 1:4 and 4:1"
            )
        }
        Sizes::Followed => return Ok(()),
    };
    let (width, height) = asked;
    Err(error::coded(error::INVALID, format!("size {width}*{height} is invalid: it {known}")))
}

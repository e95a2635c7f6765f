//! The pictures that come with a request: what they must be.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::{EDIT, VARY};
use crate::form::Part;
use crate::media::look::{self, Kind};
use crate::openai::refuse::error;
use crate::provider::Call;
use crate::script::Failure;

/// A file of dall-e-2's may have so many bytes, one of the GPT models so many.
const SMALL: usize = 4 << 20;
const LARGE: usize = 50 << 20;

/// The first of them that the model does not take.
pub(super) fn check(call: &Call<'_>, is_gpt: bool) -> Result<(), Failure> {
    let Some(form) = call.form else { return references(call.body) };
    let images: Vec<&Part> = form.parts.iter().filter(|part| is_image(part)).collect();
    for (number, part) in images.iter().enumerate() {
        if part.file.is_none() {
            let message = "Invalid type for 'image': expected a file, but got a string instead.";
            return Err(error(message.to_owned(), Some("image"), "invalid_type"));
        }
        if is_gpt { any(part, number + 1)? } else { small(part)? }
    }
    if !is_gpt && images.len() > 1 {
        let message = "Invalid type for 'image': expected a file, but got an array instead.";
        return Err(error(message.to_owned(), Some("image"), "invalid_type"));
    }
    match (form.part("mask"), images.first()) {
        (Some(mask), Some(image)) => masks(mask, image),
        (None, Some(image)) if !is_gpt && call.operation == EDIT => opaque(image),
        _ => Ok(()),
    }
}

fn is_image(part: &Part) -> bool {
    matches!(part.name.as_str(), "image" | "image[]")
}

/// What the GPT models take.
fn any(part: &Part, number: usize) -> Result<(), Failure> {
    media(part, &["image/jpeg", "image/png", "image/webp"])?;
    let is_known = Kind::of(&part.content).is_some_and(|kind| kind != Kind::Gif);
    if is_known && part.content.len() < LARGE {
        return Ok(());
    }
    let message = format!("Invalid image file or mode for image {number}, please check your image file.");
    Err(error(message, Some("image"), "invalid_image_file"))
}

/// What dall-e-2 takes.
fn small(part: &Part) -> Result<(), Failure> {
    media(part, &["image/png"])?;
    let Some((width, height, _)) = look::png(&part.content).filter(|_| part.content.len() < SMALL) else {
        return Err(error("Uploaded image must be a PNG and less than 4 MB.".to_owned(), None, ""));
    };
    if width == height {
        return Ok(());
    }
    Err(error(format!("Uploaded image must be square, but got {width}x{height}."), Some("image"), ""))
}

/// Whether a file is of a media type that is known.
pub(in crate::openai) fn media(part: &Part, known: &[&str]) -> Result<(), Failure> {
    let name = part.name.trim_end_matches("[]");
    let media = part.media.as_str();
    if media.is_empty() {
        let message = format!(
            "Invalid file '{name}': failed to determine mimetype. Ensure you are providing the file's mimetype as part of the 'Content-Type' header."
        );
        return Err(error(message, Some(name), "missing_file_mimetype"));
    }
    if known.contains(&media) {
        return Ok(());
    }
    let formats = match known {
        [one] => format!("'{one}'"),
        [head @ .., last] => format!("'{}', and '{last}'", head.join("', '")),
        [] => String::new(),
    };
    let message = format!(
        "Invalid file '{name}': unsupported mimetype ('{media}'). Supported file formats are {formats}."
    );
    Err(error(message, Some(name), "unsupported_file_mimetype"))
}

/// Without a mask it is the picture that says what to edit.
fn opaque(image: &Part) -> Result<(), Failure> {
    if look::png(&image.content).is_some_and(|(_, _, has_alpha)| has_alpha) {
        return Ok(());
    }
    let message = "Invalid input image - format must be in ['RGBA', 'LA', 'L'], got RGB.";
    Err(error(message.to_owned(), None, ""))
}

/// A mask is a PNG as large as the picture.
fn masks(mask: &Part, image: &Part) -> Result<(), Failure> {
    let Some((width, height, _)) = look::png(&mask.content) else {
        return Err(error(
            "Invalid mask image format - mask image must be a PNG.".to_owned(),
            Some("mask"),
            "",
        ));
    };
    let same = look::png(&image.content).is_none_or(|(wide, high, _)| (wide, high) == (width, height));
    let message = "Invalid mask image format - mask size does not match image size";
    if same { Ok(()) } else { Err(error(message.to_owned(), Some("mask"), "")) }
}

/// Data URLs hold pictures. What stands elsewhere is not fetched.
fn references(body: &Value) -> Result<(), Failure> {
    for (number, reference) in body["images"].as_array().into_iter().flatten().enumerate() {
        let Some(data) = reference["image_url"].as_str().and_then(|url| url.strip_prefix("data:")) else {
            continue;
        };
        let bytes = data.split_once(";base64,").and_then(|(_, data)| BASE64_STANDARD.decode(data).ok());
        if bytes.is_none_or(|bytes| Kind::of(&bytes).is_none_or(|kind| kind == Kind::Gif)) {
            let number = number + 1;
            let message =
                format!("Invalid image file or mode for image {number}, please check your image file.");
            return Err(error(message, Some("images"), "invalid_image_file"));
        }
    }
    Ok(())
}

/// What the pictures that came count in [tokens](https://platform.openai.com/docs/guides/images-vision#gpt-image-1): the shorter
/// edge is brought to 512 points, and each tile of that size counts.
pub(super) fn tokens(call: &Call<'_>) -> u64 {
    let tiles = |bytes: &[u8]| {
        let (width, height) =
            look::png(bytes).map_or((1, 1), |(width, height, _)| (width.max(1), height.max(1)));
        u64::from(width.max(height).div_ceil(width.min(height)))
    };
    let count = |bytes: &[u8]| 65 + 129 * tiles(bytes);
    match call.form {
        Some(form) => form.parts.iter().filter(|part| is_image(part)).map(|part| count(&part.content)).sum(),
        None => call.body["images"].as_array().map_or(0, |images| count(&[]) * images.len() as u64),
    }
}

/// Is there anything to edit or to vary?
pub(super) fn is_wanted(operation: &str) -> bool {
    matches!(operation, EDIT | VARY)
}

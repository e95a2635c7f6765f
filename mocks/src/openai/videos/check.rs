//! Rules of the models, and of the pictures and videos that come with a request.

use super::{CREATE, begin::asked, edges};
use crate::form::Part;
use crate::media::look::{self, Kind as Look};
use crate::openai::images;
use crate::openai::refuse::error;
use crate::provider::Call;
use crate::script::Failure;

/// The sizes of `sora-2`; others are of `sora-2-pro` alone.
const SMALL: [&str; 2] = ["720x1280", "1280x720"];

/// The first rule that is broken.
pub(in crate::openai) fn check(call: &Call<'_>) -> Result<(), Failure> {
    let model = asked(call.body, "model", "sora-2");
    if call.models.is_some_and(|models| call.operation == CREATE && models.iter().all(|known| known != model))
    {
        return Err(images::absent(model));
    }
    let size = asked(call.body, "size", SMALL[0]);
    let is_pro = model.contains("-pro") || !model.starts_with("sora-");
    if !is_pro && !SMALL.contains(&size) {
        let message =
            format!("Invalid value: '{size}'. Supported values are: '{}' and '{}'.", SMALL[0], SMALL[1]);
        return Err(error(message, Some("size"), "invalid_value"));
    }
    let part = |name: &str| call.form.and_then(|form| form.part(name)).filter(|part| part.file.is_some());
    if let Some(part) = part("input_reference") {
        picture(part, edges(size))?;
    }
    match part("video") {
        Some(part) if part.content.get(4..8) != Some(b"ftyp") => {
            let message =
                "Invalid file 'video': unsupported mimetype. Supported file formats are 'video/mp4'.";
            Err(error(message.to_owned(), Some("video"), "unsupported_file_mimetype"))
        }
        _ => Ok(()),
    }
}

/// A picture to begin with is as large as the video.
fn picture(part: &Part, size: (u32, u32)) -> Result<(), Failure> {
    images::media(part, &["image/jpeg", "image/png", "image/webp"])?;
    if Look::of(&part.content).is_none_or(|kind| kind == Look::Gif) {
        let message = "Invalid image file or mode for image 1, please check your image file.";
        return Err(error(message.to_owned(), Some("input_reference"), "invalid_image_file"));
    }
    match look::png(&part.content) {
        Some((width, height, _)) if (width, height) != size => {
            let message = "Inpaint image must match the requested width and height";
            Err(error(message.to_owned(), None, ""))
        }
        _ => Ok(()),
    }
}

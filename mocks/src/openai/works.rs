//! Works: pictures, sound, videos. What they have in common for the rest of this folder.

use super::{audio, error, images, videos};
use crate::provider::{Call, Event, Made};
use crate::script::{Failure, Reply};
use crate::wire::sse;

/// Is this operation one that makes such?
pub(crate) fn has(operation: &str) -> bool {
    images::has(operation) || audio::has(operation) || videos::begins(operation)
}

/// The first rule that is broken.
pub(crate) fn check(call: &Call<'_>) -> Result<(), Failure> {
    match call.operation {
        operation if audio::has(operation) => audio::check(call),
        operation if videos::begins(operation) => videos::check(call),
        _ => images::check(call),
    }
}

/// What was asked for.
pub(crate) fn make(call: &Call<'_>, reply: &Reply) -> Result<Made, Failure> {
    match call.operation {
        operation if audio::has(operation) => audio::make(call, reply),
        operation if videos::begins(operation) => videos::make(call, reply),
        _ => Ok(images::make(call, reply)),
    }
}

/// How the stream of a work breaks off.
pub(super) fn interruption(failure: &Failure) -> Event {
    let data = serde_json::json!({ "type": "error", "error": error::enclosed(failure) });
    Event { name: "error".into(), bytes: sse::frame("error", data.to_string().as_bytes()) }
}

//! OpenAI's [videos](https://platform.openai.com/docs/api-reference/videos): begun from words, from a picture or from another video, looked
//! at until they are there, fetched.
//!
//! ```text
//! POST ─▶ check ─▶ begin: a Film on the shelf ─▶ queued
//! GET  ─▶ kept: a look ─▶ in_progress ─▶ completed, and its files │ failed
//! ```
//!
//! The service itself was [closed on 2026-09-24](https://developers.openai.com/api/docs/deprecations); others go on to speak its API.

mod begin;
mod check;
mod kept;

use super::resource::{Given, json};
use crate::provider::Call;
use crate::script::Failure;

pub(super) use begin::make;
pub(super) use check::check;

pub(super) const CREATE: &str = "createVideo";
pub(super) const REMIX: &str = "CreateVideoRemix";
pub(super) const EDIT: &str = "CreateVideoEdit";
pub(super) const EXTEND: &str = "CreateVideoExtend";

/// Does this operation begin one?
pub(super) fn begins(operation: &str) -> bool {
    [CREATE, REMIX, EDIT, EXTEND].contains(&operation)
}

/// Does this operation ask for those that there are?
pub(super) fn has(operation: &str) -> bool {
    ["ListVideos", "GetVideo", "DeleteVideo", "RetrieveVideoContent"].contains(&operation)
}

/// The answer.
pub(super) fn direct(call: &Call<'_>) -> Result<Given, Failure> {
    match call.operation {
        "RetrieveVideoContent" => kept::content(call),
        "ListVideos" => kept::list(call).map(|object| json(&object)),
        "DeleteVideo" => kept::delete(call).map(|object| json(&object)),
        _ => kept::retrieve(call).map(|object| json(&object)),
    }
}

/// The edges that a size names.
fn edges(size: &str) -> (u32, u32) {
    let edges = size.split_once('x').and_then(|(wide, high)| Some((wide.parse().ok()?, high.parse().ok()?)));
    edges.unwrap_or((720, 1280))
}

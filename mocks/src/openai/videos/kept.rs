//! Videos on the shelf: how far they are, and their files once they are there.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::film::{Film, State};
use crate::media::picture::Format;
use crate::openai::refuse::error;
use crate::openai::resource::{Given, Paging, asked, page, tick};
use crate::provider::Call;
use crate::script::{Failure, Kind};

/// The kind of objects on the shelf.
const KIND: &str = "video";
/// Its files are there for a day.
const LASTS: u64 = 86_400;

/// What is kept of a video.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    /// As it was shown last.
    pub(super) video: Value,
    pub(super) film: Film,
}

impl Kept {
    pub(super) fn find(call: &Call<'_>, id: &str) -> Result<Self, Failure> {
        call.shelf.get(KIND, id).ok_or_else(|| absent(id))
    }

    pub(super) fn keep(&self, call: &Call<'_>) {
        call.shelf.put(KIND, self.video["id"].as_str().unwrap_or_default(), self);
    }

    /// Only then there are files of it.
    pub(super) fn is_ready(&self) -> Result<(), Failure> {
        if self.video["status"] == "completed" {
            return Ok(());
        }
        let message = "Video is not ready yet, use GET /v1/videos/{video_id} to check status.";
        Err(Failure::new(Kind::NotFound, message))
    }

    /// A look, which finds it further; says whether it did.
    fn look(&mut self, call: &Call<'_>) -> bool {
        if self.video["status"] == "completed" || self.video["status"] == "failed" {
            return false;
        }
        let (status, progress, wrong) = match self.film.look() {
            State::Waiting => ("queued", 0, None),
            State::Working(done) => ("in_progress", done, None),
            State::Done => ("completed", 100, None),
            State::Failed => ("failed", 0, Some(("internal_error", "Video generation failed."))),
            State::Blocked => {
                let sentence = "Your request was blocked by our moderation system.";
                ("failed", 0, Some(("moderation_blocked", sentence)))
            }
        };
        self.video["status"] = status.into();
        self.video["progress"] = progress.into();
        if let Some((code, message)) = wrong {
            self.video["error"] = json!({ "code": code, "message": message });
        }
        if status == "completed" {
            let now = tick(call);
            self.video["completed_at"] = now.into();
            self.video["expires_at"] = (now + LASTS).into();
        }
        true
    }
}

fn absent(id: &str) -> Failure {
    Failure::new(Kind::NotFound, format!("Video with id '{id}' not found."))
}

pub(super) fn retrieve(call: &Call<'_>) -> Result<Value, Failure> {
    let mut kept = Kept::find(call, &asked(call, "video_id"))?;
    if kept.look(call) {
        kept.keep(call);
    }
    Ok(kept.video)
}

/// A list shows videos as they were shown last: only a look at one finds it further.
pub(super) fn list(call: &Call<'_>) -> Result<Value, Failure> {
    let videos = call.shelf.all::<Kept>(KIND).into_iter().map(|(_, kept)| kept.video);
    page(call, videos.collect(), &Paging { absent: &absent, usual: 20, most: 100 })
}

pub(super) fn delete(call: &Call<'_>) -> Result<Value, Failure> {
    let id = asked(call, "video_id");
    let status = Kept::find(call, &id)?.video["status"].as_str().unwrap_or_default().to_owned();
    if !matches!(status.as_str(), "completed" | "failed") {
        return Err(error(format!("Cannot delete a video with status '{status}'."), None, ""));
    }
    // It was found a moment ago; another request may have been faster.
    let _ = call.shelf.remove(KIND, &id);
    Ok(json!({ "id": id, "object": "video.deleted", "deleted": true }))
}

pub(super) fn content(call: &Call<'_>) -> Result<Given, Failure> {
    let kept = Kept::find(call, &asked(call, "video_id"))?;
    kept.is_ready()?;
    let video = kept.film.video();
    let (media, bytes) = match call.request.parameter("variant").unwrap_or("video") {
        "video" => ("video/mp4", video.write()),
        "thumbnail" => (Format::Webp.media(), video.picture.write(Format::Webp)),
        "spritesheet" => (Format::Jpeg.media(), video.sheet().write(Format::Jpeg)),
        other => {
            let message = format!(
                "Invalid value: '{other}'. Supported values are: 'video', 'thumbnail', and 'spritesheet'."
            );
            return Err(error(message, Some("variant"), "invalid_value"));
        }
    };
    Ok(Given::Media { media, bytes })
}

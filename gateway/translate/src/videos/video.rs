//! A video as OpenAI shows it.

use super::Name;
use crate::json::{Array, Object};

/// A video, whosever it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Video {
    /// What it is called, and what is known by that.
    pub name: Name,
    /// How far it is.
    pub status: Status,
    /// What it shall show, where the provider repeats that.
    pub prompt: Option<String>,
    /// When it was over: seconds since 1970.
    pub completed: Option<u64>,
    /// From when on it is gone: seconds since 1970.
    pub expires: Option<u64>,
}

/// How far a video is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are OpenAI's words")]
pub enum Status {
    Queued,
    InProgress,
    Completed,
    Failed {
        /// For programs.
        code: &'static str,
        /// For people.
        message: String,
    },
}

/// What is in the code of a video that must not be shown.
pub(super) const BLOCKED: &str = "moderation_blocked";
/// And of one that failed otherwise.
pub(super) const FAILED: &str = "video_generation_failed";

/// Where a video's bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// They came with the answer.
    Here(Vec<u8>),
    /// A file of the provider's, by the last part of its name.
    File(String),
    /// A file of a generation of Azure's.
    Generation {
        /// The job's name.
        job: String,
        /// The generation's.
        id: String,
        /// Whether it is a picture of it.
        is_thumbnail: bool,
    },
    /// An object of S3's, in the region of the provider.
    Bucket {
        /// The bucket.
        bucket: String,
        /// The object's key.
        key: String,
    },
}

/// A page of videos.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// In the provider's order.
    pub videos: Vec<Video>,
    /// Whether more come behind them.
    pub has_more: bool,
}

impl Video {
    /// OpenAI's object.
    pub fn body(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024);
        self.write(Object::new(&mut out));
        out
    }

    fn write(&self, mut object: Object<'_>) {
        let Name { model, size: (width, height), seconds, created, .. } = &self.name;
        let (status, progress) = match &self.status {
            Status::Queued => ("queued", 0),
            // Nobody says how far it is.
            Status::InProgress => ("in_progress", 0),
            Status::Completed => ("completed", 100),
            Status::Failed { .. } => ("failed", 0),
        };
        object.string("id", &self.name.id());
        object.word("object", "video");
        object.string("model", model);
        object.word("status", status);
        object.number("progress", progress);
        object.number("created_at", *created);
        for (name, at) in [("completed_at", self.completed), ("expires_at", self.expires)] {
            match at {
                Some(at) => object.number(name, at),
                None => object.raw(name, "null"),
            }
        }
        match &self.prompt {
            Some(prompt) => object.string("prompt", prompt),
            None => object.raw("prompt", "null"),
        }
        object.string("size", &format!("{width}x{height}"));
        object.string("seconds", &seconds.to_string());
        object.raw("remixed_from_video_id", "null");
        match &self.status {
            Status::Failed { code, message } => {
                let mut error = object.object("error");
                error.word("code", code);
                error.string("message", message);
            }
            _ => object.raw("error", "null"),
        }
    }

    /// Whether no more happens.
    pub fn is_over(&self) -> bool {
        matches!(self.status, Status::Completed | Status::Failed { .. })
    }
}

/// [A page](https://platform.openai.com/docs/api-reference/videos/list) of videos.
pub fn page(page: &Page) -> Vec<u8> {
    let mut out = Vec::with_capacity(256 + 1024 * page.videos.len());
    let mut object = Object::new(&mut out);
    object.word("object", "list");
    {
        let mut data: Array<'_> = object.array("data");
        for video in &page.videos {
            video.write(data.object());
        }
    }
    for (name, video) in [("first_id", page.videos.first()), ("last_id", page.videos.last())] {
        match video {
            Some(video) => object.string(name, &video.name.id()),
            None => object.raw(name, "null"),
        }
    }
    object.boolean("has_more", page.has_more);
    drop(object);
    out
}

/// What is said of a video that was forgotten.
pub fn gone(id: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    let mut object = Object::new(&mut out);
    object.string("id", id);
    object.word("object", "video.deleted");
    object.boolean("deleted", true);
    drop(object);
    out
}

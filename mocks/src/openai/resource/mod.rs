//! What the service keeps for its clients beside responses: files, uploads, batches, assistants and what they work on.
//!
//! ```text
//! call ─▶ files, batches, assistants, vector stores ─▶ objects on the shelf, each with the second in which it was made ─▶ pages of them
//! ```
//!
//! Time is a counter on the shelf: each object is made a second after the one before, so that lists have an order and ids and
//! times follow the seed.

mod clock;
mod noun;
mod page;

use serde_json::Value;

use super::{assistants, batches, files, vector_stores, videos};
use crate::provider::{Call, Headers, Whole};
use crate::script::{Failure, Kind};

pub(super) use clock::tick;
pub(super) use noun::{Noun, empty, id, items, or};
pub(super) use page::{Paging, limit, page};

/// What is answered.
pub(crate) enum Given {
    /// JSON.
    Json(Vec<u8>),
    /// What is looked at or heard.
    Media {
        /// What it is.
        media: &'static str,
        /// As it was made.
        bytes: Vec<u8>,
    },
    /// A file's bytes.
    File {
        /// What it is called.
        name: String,
        /// As they were sent or written.
        bytes: Vec<u8>,
    },
}

impl Given {
    /// As it is sent, with the headers that go with this content type.
    pub(crate) fn whole(self, headers: impl FnOnce(&'static str) -> Headers) -> Whole {
        match self {
            Self::Json(body) => {
                Whole { status: 200, headers: headers("application/json"), body: body.into() }
            }
            Self::Media { media, bytes } => {
                Whole { status: 200, headers: headers(media), body: bytes.into() }
            }
            Self::File { name, bytes } => {
                let mut headers = headers("application/octet-stream");
                headers.push(("content-disposition".into(), disposition(&name).into()));
                Whole { status: 200, headers, body: bytes.into() }
            }
        }
    }
}

/// <https://www.rfc-editor.org/rfc/rfc6266>: a name that is more than printable ASCII stands there percent-encoded.
fn disposition(name: &str) -> String {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    if name.bytes().all(is_plain) {
        return format!("attachment; filename=\"{name}\"");
    }
    let encoded: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("attachment; filename*=UTF-8''{encoded}")
}

/// How a service keeps them that speaks the same API.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    /// What stands before the paths of lines, as this mock has them.
    pub(crate) base: &'static str,
    /// The status of a file that was just sent; the next look finds it processed.
    pub(crate) sent: &'static str,
    /// Whether a batch takes lines of several models.
    pub(crate) mixes: bool,
    /// What it calls a line that is for another path than the batch.
    pub(crate) wrong_path: &'static str,
    /// What it calls a line that is for another model than the first.
    pub(crate) wrong_model: &'static str,
    /// Whether assistants are asked for by a header.
    pub(crate) asks_for_beta: bool,
}

/// OpenAI's own.
pub(crate) const OWN: Manner = Manner {
    base: "",
    sent: "processed",
    mixes: false,
    wrong_path: "invalid_url",
    wrong_model: "mismatched_model",
    asks_for_beta: true,
};

/// Is this operation one of these?
pub(super) fn has(operation: &str) -> bool {
    [files::has, batches::has, assistants::has, vector_stores::has, videos::has]
        .iter()
        .any(|has| has(operation))
}

/// The answer.
pub(super) fn direct(call: &Call<'_>, manner: &Manner) -> Result<Given, Failure> {
    let answer = match () {
        () if files::has(call.operation) => return files::direct(call, manner),
        () if videos::has(call.operation) => return videos::direct(call),
        () if batches::has(call.operation) => batches::direct(call, manner),
        () if vector_stores::has(call.operation) => vector_stores::direct(call),
        () => assistants::direct(call, manner),
    };
    answer.map(|object| json(&object))
}

pub(super) fn json(object: &Value) -> Given {
    Given::Json(object.to_string().into())
}

/// A parameter of the path.
pub(super) fn asked(call: &Call<'_>, name: &str) -> String {
    call.found.and_then(|found| found.parameter(name)).unwrap_or_default()
}

/// What is said of an object that there is none of.
pub(super) fn absent(noun: &str, id: &str) -> Failure {
    Failure {
        param: Some("id".to_owned()),
        ..Failure::new(Kind::NotFound, format!("No such {noun} object: {id}"))
    }
}

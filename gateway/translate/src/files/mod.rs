//! OpenAI's [files](https://platform.openai.com/docs/api-reference/files) in front of a provider that has them in a form of its own:
//! [Gemini](https://ai.google.dev/api/files), so far.
//!
//! ```text
//! form ─▶ Form (as it comes) ─▶ Start ─▶ Piece … ─▶ Piece, the last ─▶ the provider's file ─▶ File ─▶ OpenAI's object
//! ```
//!
//! A file's name at the provider is OpenAI's behind `file-`, and begins with its purpose, so that nothing must be kept to find either
//! again. What the provider drops after two days is shown to expire then.

mod file;
mod form;
mod name;
mod purpose;

pub use file::{File, Page, Status, deleted, page};
pub use form::Form;
pub use name::{file_id, native_name, new_name};
pub use purpose::Purpose;

use serde::Deserialize;

use crate::call::{Auth, Target};
use crate::json::Object;
use crate::providers::Provider;

/// What is asked of a provider about files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// A new one, of which the content follows in pieces. Answered with an address, of which the query names the upload.
    Start {
        /// The media type of the content.
        media_type: &'a str,
        /// Its length, where that is known.
        length: Option<u64>,
    },
    /// A piece of the content.
    Piece {
        /// Bytes that went before.
        offset: u64,
        /// Whether it is the last one: then the answer is the file.
        is_last: bool,
    },
    /// What was sent so far is not wanted.
    Cancel,
    /// What is known of the one with this name.
    Retrieve(&'a str),
    /// An end to it.
    Delete(&'a str),
    /// What is in it.
    Content(&'a str),
    /// A page of all.
    List {
        /// As the provider said where the last page ended.
        token: Option<&'a str>,
    },
}

/// Bytes that all pieces but the last are a multiple of: <https://ai.google.dev/gemini-api/docs/files>
pub const GRANULARITY: usize = 256 << 10;
/// Files of a page, at most.
const MOST: u64 = 100;
const BASE: &str = "https://generativelanguage.googleapis.com";
const UPLOADS: &str = "/upload/v1beta/files";
const FILES: &str = "/v1beta/files";

impl Provider {
    /// Whether it has files, in a form of its own.
    pub fn has_files(&self) -> bool {
        (self.name, self.format) == ("gemini", None)
    }
}

/// Where a step leads, by which method.
pub fn target(step: Step<'_>) -> (&'static str, Target) {
    let (method, path) = match step {
        Step::Start { .. } | Step::Piece { .. } | Step::Cancel => ("POST", UPLOADS.to_owned()),
        Step::Retrieve(name) => ("GET", format!("{FILES}/{name}")),
        Step::Delete(name) => ("DELETE", format!("{FILES}/{name}")),
        Step::Content(name) => ("GET", format!("{FILES}/{name}:download")),
        Step::List { .. } => ("GET", FILES.to_owned()),
    };
    let mut target = Target {
        auth: Auth::Header("x-goog-api-key"),
        anchor: Some(if path == UPLOADS { UPLOADS } else { "/files" }),
        headers: headers(step),
        ..Target::new(path, String::new(), false)
    };
    match step {
        Step::Content(_) => target.query.push(("alt", "media".to_owned())),
        Step::List { token } => {
            target.query.push(("pageSize", MOST.to_string()));
            target.query.extend(token.map(|token| ("pageToken", token.to_owned())));
        }
        _ => {}
    }
    (method, target)
}

fn headers(step: Step<'_>) -> Vec<(&'static str, String)> {
    const COMMAND: &str = "x-goog-upload-command";
    match step {
        Step::Start { media_type, length } => {
            let mut headers = vec![
                ("x-goog-upload-protocol", "resumable".to_owned()),
                (COMMAND, "start".to_owned()),
                ("x-goog-upload-header-content-type", media_type.to_owned()),
            ];
            headers.extend(length.map(|length| ("x-goog-upload-header-content-length", length.to_string())));
            headers
        }
        Step::Piece { offset, is_last } => {
            let command = if is_last { "upload, finalize" } else { "upload" };
            vec![(COMMAND, command.to_owned()), ("x-goog-upload-offset", offset.to_string())]
        }
        Step::Cancel => vec![(COMMAND, "cancel".to_owned())],
        _ => Vec::new(),
    }
}

/// The header of the answer to [`Step::Start`] that has the upload's address.
pub const ADDRESS: &str = "x-goog-upload-url";

/// The query by which an upload's address names it, encoded. Whose host the address names does not matter: the upload goes on where it
/// began.
pub fn upload_query(address: &str) -> Option<&str> {
    let (_, query) = address.split_once('?')?;
    let query = query.split('#').next()?;
    (!query.is_empty() && query.bytes().all(|byte| byte.is_ascii_graphic())).then_some(query)
}

/// The body of [`Step::Start`].
pub fn start(name: &str, filename: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    let mut body = Object::new(&mut out);
    let mut file = body.object("file");
    file.string("name", &format!("files/{name}"));
    file.string("displayName", filename);
    drop(file);
    drop(body);
    out
}

/// What the service calls a file in requests.
pub(crate) fn uri(name: &str) -> String {
    format!("{BASE}{FILES}/{name}")
}

/// Whether an error says that there is no such file: the service tells nobody whether a file of others exists.
pub fn is_absence(status: u16, body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Refusal {
        error: Message,
    }
    #[derive(Deserialize)]
    struct Message {
        message: String,
    }

    let says = |refusal: Refusal| refusal.error.message.contains("it may not exist");
    status == 404 || status == 403 && serde_json::from_slice(body).is_ok_and(says)
}

//! [Files](https://platform.openai.com/docs/api-reference/files) and [uploads](https://platform.openai.com/docs/api-reference/uploads), which
//! become files.
//!
//! ```text
//! form ─▶ purpose (what it demands) ─▶ file, and its bytes ─▶ list, look, content, delete
//! upload ─▶ parts ─▶ complete (order, size, md5) ─▶ the same
//! ```

mod file;
mod md5;
mod purpose;
mod upload;

use serde_json::Value;

use super::resource::{Given, Manner, json};
use crate::provider::Call;
use crate::script::Failure;

pub(super) use file::{File, bytes, described};
pub(crate) use md5::md5;

/// Is this operation one of these?
pub(super) fn has(operation: &str) -> bool {
    operation == CONTENT || find(operation).is_some()
}

type Answer = fn(&Call<'_>, &Manner) -> Result<Value, Failure>;

const OPERATIONS: &[(&str, Answer)] = &[
    ("createFile", file::create),
    ("deleteFile", file::delete),
    ("listFiles", file::list),
    ("retrieveFile", file::retrieve),
    ("addUploadPart", upload::part),
    ("cancelUpload", upload::cancel),
    ("completeUpload", upload::complete),
    ("createUpload", upload::create),
];
const CONTENT: &str = "downloadFile";

fn find(operation: &str) -> Option<Answer> {
    OPERATIONS.iter().find(|(name, _)| *name == operation).map(|(_, answer)| *answer)
}

/// The answer.
pub(super) fn direct(call: &Call<'_>, manner: &Manner) -> Result<Given, Failure> {
    if call.operation == CONTENT {
        return file::content(call);
    }
    let answer = find(call.operation).expect("asked for those that it has");
    answer(call, manner).map(|object| json(&object))
}

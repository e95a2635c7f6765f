//! What a [purpose](https://platform.openai.com/docs/api-reference/files/create) demands of a file.

use crate::openai::refuse::error;
use crate::script::Failure;

/// A purpose.
struct Purpose {
    name: &'static str,
    /// How the names of its files end; any, where there are none.
    endings: &'static [&'static str],
    /// How the service calls what reads them, where its files are lines of JSON.
    reader: &'static str,
    /// Whether its bytes are given back.
    is_open: bool,
}

/// What assistants read: <https://platform.openai.com/docs/assistants/tools/file-search#supported-files>, and what they compute with:
/// <https://platform.openai.com/docs/assistants/tools/code-interpreter#supported-files>.
const READ: &[&str] = &[
    "c", "cpp", "cs", "css", "csv", "doc", "docx", "gif", "go", "html", "java", "jpeg", "jpg", "js", "json",
    "md", "pdf", "php", "pkl", "png", "pptx", "py", "rb", "sh", "tar", "tex", "ts", "txt", "webp", "xlsx",
    "xml", "zip",
];
/// <https://platform.openai.com/docs/guides/images-vision#image-input-requirements>
const SEEN: &[&str] = &["gif", "jpeg", "jpg", "png", "webp"];

const ALL: &[Purpose] = &[
    Purpose { name: "assistants", endings: READ, reader: "", is_open: false },
    Purpose { name: "batch", endings: &[], reader: "Batch API", is_open: true },
    Purpose { name: "evals", endings: &[], reader: "", is_open: true },
    Purpose { name: "fine-tune", endings: &[], reader: "Fine-Tuning API", is_open: true },
    Purpose { name: "user_data", endings: &[], reader: "", is_open: false },
    Purpose { name: "vision", endings: SEEN, reader: "", is_open: false },
];

/// Is a file of this name and content good for a purpose?
pub(super) fn check(purpose: &str, name: &str, content: &[u8]) -> Result<(), Failure> {
    let Some(purpose) = find(purpose) else { return Ok(()) };
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let refused = |message: String| Err(error(message, None, ""));
    let reader = purpose.reader;
    if !reader.is_empty() && ending != "jsonl" {
        return refused(format!("Invalid file format for {reader}. Must be .jsonl"));
    }
    if !reader.is_empty() && std::str::from_utf8(content).is_err() {
        return refused(format!("Invalid file for {reader}. Must be utf-8 encoded"));
    }
    if !purpose.endings.is_empty() && !purpose.endings.contains(&ending.as_str()) {
        let known: Vec<_> = purpose.endings.iter().map(|ending| format!("\"{ending}\"")).collect();
        return refused(format!("Invalid extension {ending}. Supported formats: {}", known.join(", ")));
    }
    Ok(())
}

/// Are the bytes of files of this purpose given back?
pub(super) fn is_open(purpose: &str) -> bool {
    find(purpose).is_none_or(|purpose| purpose.is_open)
}

fn find(name: &str) -> Option<&'static Purpose> {
    ALL.iter().find(|purpose| purpose.name == name)
}

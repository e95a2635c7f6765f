//! Kong's `file-log`: a line of JSON for each call, in a file.
//!
//! <https://developer.konghq.com/plugins/file-log/reference/>

use std::path::PathBuf;

use super::super::error::Problem;
use super::super::extensions::Extensions;
use super::super::record::Record;

/// One configured `file-log`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileLog {
    /// Where the lines go.
    pub path: PathBuf,
    /// Whether the file is opened anew for each batch of lines, so that somebody else may take it away.
    pub reopen: bool,
    /// Tags `touchstone-rotate-size` and `touchstone-rotate-keep`: when a file is full, and how many of those are kept.
    pub rotation: Option<Rotation>,
}

/// What becomes of a file that is full: it gets `.1` behind its name, the one that had that gets `.2`, and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rotation {
    /// Bytes that a file has at most; a line that is longer has one for itself.
    pub size: u64,
    /// Full files that are kept; the oldest goes first.
    pub keep: u32,
}

/// Full files that are kept where nothing else is said.
const KEEP: u32 = 5;

impl FileLog {
    /// Reads the plugin's `config`.
    pub(in crate::config) fn read(record: &mut Record<'_>, extensions: Extensions) -> Option<Self> {
        record.says(&[
            ("path", "The file."),
            ("reopen", "Whether it is opened anew for each batch, so that others may move it away."),
        ]);
        let path = record.required("path").and_then(|field| field.parse(path));
        let reopen = record.boolean_or("reopen", false);
        super::refuse_lua(record);
        let keep = extensions.rotate_keep;
        record.rule(
            keep.is_some() && extensions.rotate_size.is_none(),
            "touchstone-rotate-keep needs touchstone-rotate-size",
        );
        let rotation = extensions.rotate_size.map(|size| Rotation { size, keep: keep.unwrap_or(KEEP) });
        Some(Self { path: path?, reopen, rotation })
    }
}

/// Kong's rule: two characters at least, none of those that a shell would take for its own.
fn path(text: &str) -> Result<PathBuf, Problem> {
    let special = |c: char| "*&%`".contains(c);
    let is_edge = |c: Option<char>| c.is_some_and(char::is_whitespace);
    let legal = text.chars().count() > 1
        && !text.contains(special)
        && !is_edge(text.chars().next())
        && !is_edge(text.chars().next_back());
    if legal { Ok(text.into()) } else { Err(Problem::Rule("not a valid filename".to_owned())) }
}

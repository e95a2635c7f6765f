//! An `expected.yaml` as text: entries that stay as they are keep every character, and comments stay above what they are about.

use std::fmt;

use crate::Error;
use crate::gateway::known::{self, Known};

/// The file.
pub(super) struct File {
    /// Comments before the first entry, up to the last empty line.
    head: String,
    pub(super) entries: Vec<Entry>,
    /// What comes after the last entry.
    tail: String,
}

/// One entry.
pub(super) struct Entry {
    /// The comments above it, and its own lines.
    comments: String,
    text: String,
    pub(super) known: Known,
    /// Whether its text is to be written anew.
    pub(super) is_changed: bool,
}

impl File {
    /// Reads a file of entries whose first lines begin with `- `.
    pub(super) fn parse(name: &str, text: &str) -> Result<Self, Error> {
        let known = known::parse(name, text)?;
        let mut file = Self { head: String::new(), entries: Vec::new(), tail: String::new() };
        let (mut comments, mut all) = (String::new(), known.into_iter());
        for line in text.split_inclusive('\n') {
            if line.starts_with("- ") {
                let Some(known) = all.next() else { return Err(strange(name)) };
                let comments = std::mem::take(&mut comments);
                file.entries.push(Entry { comments, text: line.to_owned(), known, is_changed: false });
            } else if line.starts_with('#') || line.trim().is_empty() {
                comments.push_str(line);
                if line.trim().is_empty() && file.entries.is_empty() {
                    file.head.push_str(&std::mem::take(&mut comments));
                }
            } else if let Some(entry) = file.entries.last_mut() {
                // A comment or an empty line inside of an entry is part of it.
                entry.text.push_str(&std::mem::take(&mut comments));
                entry.text.push_str(line);
            }
        }
        file.tail = comments;
        if all.next().is_some() { Err(strange(name)) } else { Ok(file) }
    }
}

fn strange(name: &str) -> Error {
    let reason = "cannot be brought up to date: each entry must begin with `- ` at the beginning of a line";
    Error::Parse { file: name.to_owned(), reason: reason.to_owned() }
}

impl Entry {
    pub(super) fn new(known: Known) -> Self {
        Self { comments: String::new(), text: String::new(), known, is_changed: true }
    }
}

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.head)?;
        for entry in &self.entries {
            write!(f, "{entry}")?;
        }
        f.write_str(&self.tail)
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.comments)?;
        if !self.is_changed {
            return f.write_str(&self.text);
        }
        let Known { reason, link, sometimes, id } = &self.known;
        writeln!(f, "- reason: {}", quoted(reason))?;
        if let Some(link) = link {
            writeln!(f, "  link: {}", quoted(link))?;
        }
        if *sometimes {
            writeln!(f, "  sometimes: true")?;
        }
        if let [one] = &id[..] {
            return writeln!(f, "  id: {}", quoted(one));
        }
        writeln!(f, "  id:")?;
        id.iter().try_for_each(|id| writeln!(f, "    - {}", quoted(id)))
    }
}

/// A text as YAML has it: JSON's strings are YAML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

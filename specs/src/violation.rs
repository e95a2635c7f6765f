//! What is wrong with a body, an event or an order of events: one finding, in five fields.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One place where a document is broken.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Violation {
    /// [JSON pointer](https://www.rfc-editor.org/rfc/rfc6901) into the judged value; empty for the whole of it.
    pub pointer: String,
    /// The JSON Schema keyword that is broken; `status`, `x-events`, `x-sequence` and `x-calls` for what no
    /// schema can say.
    pub keyword: String,
    /// What the document asks for, in words.
    pub expected: String,
    /// What was there instead, shortened.
    pub got: String,
    /// Pointer into the OpenAPI document to the rule that is broken.
    pub document: String,
}

impl Violation {
    /// How many are told of one value: whoever gets a hundred has seen enough, and senders do not choose how much is remembered
    /// of them.
    pub const MOST: usize = 100;
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pointer = if self.pointer.is_empty() { "(whole)" } else { &one_line(&self.pointer) };
        let Self { keyword, expected, got, document, .. } = self;
        write!(f, "{pointer}: expected {expected}, got {got} ({keyword}, #{document})")
    }
}

/// How many characters of a value a message quotes.
const QUOTED: usize = 60;

/// A value as messages show it: scalars as JSON, cut to [`QUOTED`] characters; objects and arrays by their size.
pub(crate) fn show(value: &Value) -> String {
    match value {
        Value::Object(members) if members.is_empty() => "an empty object".to_owned(),
        Value::Object(members) => {
            format!("an object with {}", names(members.keys().map(String::as_str)))
        }
        Value::Array(items) if items.is_empty() => "an empty array".to_owned(),
        Value::Array(items) if items.len() == 1 => "an array of 1 item".to_owned(),
        Value::Array(items) => format!("an array of {} items", items.len()),
        scalar => shorten(&scalar.to_string()),
    }
}

/// Names as a list, at most eight of them.
pub(crate) fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<_> = names.map(|name| format!("`{}`", shorten(&one_line(name)))).collect();
    match all.len() {
        0..=8 => all.join(", "),
        more => format!("{} and {} more", all[..8].join(", "), more - 8),
    }
}

/// Control characters, which JSON allows in names, as escapes.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(QUOTED) {
        None => text.to_owned(),
        Some((cut, _)) => format!("{}… ({} bytes)", &text[..cut], text.len()),
    }
}

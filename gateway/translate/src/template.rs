//! The shape that the text events of one stream share, learned from the first of them.
//!
//! ```text
//! {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" Hello"}}
//! └──────────────────────────── before ────────────────────────────────────┘        └┘ after
//! ```
//!
//! The first event is read by `serde_json`. A later one that equals it outside one JSON string is the same document
//! with another string in it, so it need not be read again: its string is copied as it stands. A second string, of
//! padding, may vary as well. Whatever does not fit is read as the first one was; that it makes no difference is a
//! law in `tests/laws.rs`.

use crate::Text;
use crate::text::is_whole;

/// What stands around the text. Nothing, before the first was learned.
#[derive(Debug, Default)]
pub(crate) struct Template {
    before: Vec<u8>,
    /// Between the first string and the second, where there are two.
    between: Option<Vec<u8>>,
    after: Vec<u8>,
    /// Whether the text is the second string.
    second: bool,
}

impl Template {
    /// Learns from an event: both strings must be parts of `data`, read from it as JSON.
    pub(crate) fn learn(&mut self, data: &[u8], text: Text<'_>, padding: Option<Text<'_>>) {
        let Some((start, end)) = place(data, text) else { return };
        let padding = padding.and_then(|padding| place(data, padding));
        let (first, last) = match padding {
            Some(padding) if padding.0 < start => (padding, (start, end)),
            Some(padding) => ((start, end), padding),
            None => ((start, end), (start, end)),
        };
        self.second = padding.is_some() && first.0 != start;
        self.before.clear();
        self.before.extend_from_slice(&data[..first.0]);
        self.between = padding.map(|_| data[first.1..last.0].to_vec());
        self.after.clear();
        self.after.extend_from_slice(&data[last.1..]);
    }

    /// The text of an event that fits.
    pub(crate) fn text<'a>(&self, data: &'a [u8]) -> Option<Text<'a>> {
        if self.before.is_empty() {
            return None;
        }
        let rest = data.strip_prefix(&self.before[..])?;
        let (first, rest) = string(rest)?;
        let (text, rest) = match &self.between {
            None => (first, rest),
            Some(between) => {
                let (second, rest) = string(rest.strip_prefix(&between[..])?)?;
                (if self.second { second } else { first }, rest)
            }
        };
        if rest != self.after {
            return None;
        }
        str::from_utf8(text).ok().map(Text::Json)
    }
}

/// Where `text` stands in `data`.
fn place(data: &[u8], text: Text<'_>) -> Option<(usize, usize)> {
    let Text::Json(token) = text else { return None };
    let start = (token.as_ptr() as usize).checked_sub(data.as_ptr() as usize)?;
    let end = start.checked_add(token.len())?;
    (data.get(start..end)? == token.as_bytes()).then_some((start, end))
}

/// Splits a JSON string off `bytes`, quotes included. UTF-8 is not checked.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (mut at, mut numbers) = (1, false);
    if bytes.first() != Some(&b'"') {
        return None;
    }
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            break;
        }
        at += match bytes.get(at + 1)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
            b'u' if bytes.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit) => {
                numbers = true;
                6
            }
            _ => return None,
        };
    }
    let (string, rest) = bytes.split_at(at + 1);
    // Control characters must be escaped in JSON. Without a branch in the loop, it is done many bytes at once.
    let controls = string.iter().fold(false, |found, &byte| found | (byte < 0x20));
    (!controls && (!numbers || is_whole(string))).then_some((string, rest))
}

//! A body in which text is looked for: however its JSON is escaped, and also where it is said in tokens.

use memchr::memmem;
use serde_json::Value;

use crate::tokens;

/// A body in which text is looked for.
pub(crate) struct Searched<'a> {
    raw: &'a [u8],
    /// What the raw bytes do not tell: the same JSON with the fewest escapes, and the text of its tokens.
    plain: Option<String>,
}

impl<'a> Searched<'a> {
    /// The JSON is asked for only where the bytes alone do not tell all.
    pub(crate) fn new<'v>(raw: &'a [u8], body: impl FnOnce() -> Option<std::borrow::Cow<'v, Value>>) -> Self {
        let body = if hides(raw) { body() } else { None };
        Self { raw, plain: body.map(|body| format!("{body}{}", spoken(&body))) }
    }

    /// The bytes, where they are known to tell all, or only they are to be searched.
    pub(crate) fn bytes(raw: &'a [u8]) -> Self {
        Self { raw, plain: None }
    }

    pub(crate) fn contains(&self, text: &str) -> bool {
        if memmem::find(self.raw, text.as_bytes()).is_some() {
            return true;
        }
        let quoted = Value::from(text).to_string();
        let escaped = &quoted[1..quoted.len() - 1];
        let again = escaped != text && memmem::find(self.raw, escaped.as_bytes()).is_some();
        again || self.plain.as_ref().is_some_and(|plain| plain.contains(escaped))
    }
}

/// Whether the bytes do not tell all: the sender escaped more than it had to, or speaks in tokens.
pub(crate) fn hides(raw: &[u8]) -> bool {
    let has = |bytes: &[u8]| memmem::find(raw, bytes).is_some();
    has(b"\\/") || has(b"\\u") || MEMBERS.iter().any(|name| says_tokens(raw, name))
}

/// Members that may be a list of tokens, or several lists.
const MEMBERS: [&str; 2] = ["input", "prompt"];

/// Whether a list that begins with a number follows the name.
fn says_tokens(raw: &[u8], name: &str) -> bool {
    let quoted = format!("\"{name}\"");
    memmem::find_iter(raw, &quoted).any(|at| {
        let mut rest = raw[at + quoted.len()..].iter().filter(|byte| !byte.is_ascii_whitespace());
        rest.next() == Some(&b':')
            && rest.next() == Some(&b'[')
            && rest.find(|byte| **byte != b'[').is_some_and(u8::is_ascii_digit)
    })
}

/// The text of all tokens, list after list.
fn spoken(body: &Value) -> String {
    let lists = MEMBERS.iter().filter_map(|name| body.get(name)?.as_array());
    let text = |list: &Vec<Value>| tokens::decode(list.iter().filter_map(Value::as_u64));
    lists
        .flat_map(|list| std::iter::once(list).chain(list.iter().filter_map(Value::as_array)))
        .map(text)
        .collect()
}

//! A string on its way from one JSON document into another.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::value::RawValue;

use crate::json;

/// A string that is copied as it stands where both sides want a JSON string: no unescape and escape again.
#[derive(Clone, Copy, Debug)]
pub enum Text<'a> {
    /// A JSON string as it came, quotes and escapes included. Made by this crate only from JSON that was checked.
    Json(&'a str),
    /// Characters that are not escaped yet.
    Plain(&'a str),
}

impl<'a> Text<'a> {
    /// A JSON string out of a document that was read; `None` where it is another value, or holds half a character.
    pub(crate) fn token(json: &'a str) -> Option<Self> {
        (json.starts_with('"') && is_whole(json.as_bytes())).then_some(Self::Json(json))
    }

    /// Whether there is no character in it.
    pub fn is_empty(self) -> bool {
        match self {
            Self::Json(token) => token.len() <= 2,
            Self::Plain(text) => text.is_empty(),
        }
    }

    /// Whether there is nothing to see in it.
    pub fn is_blank(self) -> bool {
        let inner = match self {
            Self::Json(token) => inner(token),
            Self::Plain(text) => return text.trim().is_empty(),
        };
        // Most texts begin with a letter.
        if inner.bytes().next().is_some_and(|first| first.is_ascii_graphic() && first != b'\\') {
            return false;
        }
        // Spaces, and line ends by their escapes; what comes then decides, so that little is read of most texts.
        let mut rest = inner.trim_start();
        while let Some(more) = ["\\n", "\\r", "\\t"].iter().find_map(|escape| rest.strip_prefix(escape)) {
            rest = more.trim_start();
        }
        rest.is_empty() || rest.starts_with("\\u") && self.plain().trim().is_empty()
    }

    /// Its characters.
    pub fn plain(self) -> Cow<'a, str> {
        match self {
            Self::Plain(text) => Cow::Borrowed(text),
            Self::Json(token) => unescape(token),
        }
    }

    /// Whether its characters are those of `other`.
    pub fn is(self, other: &str) -> bool {
        self.plain() == other
    }

    /// Adds a JSON string to `out`, quotes included.
    pub fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::Json(token) => out.extend_from_slice(token.as_bytes()),
            Self::Plain(text) => json::string(out, text),
        }
    }

    /// The inside of the JSON string that it came as.
    pub(crate) fn inner(self) -> Option<&'a [u8]> {
        let Self::Json(token) = self else { return None };
        token.as_bytes().get(1..token.len().checked_sub(1)?)
    }

    /// Adds the inside of a JSON string to `out`: escaped, without quotes. So pieces can be joined.
    pub fn write_inner(self, out: &mut Vec<u8>) {
        match self {
            Self::Json(token) => out.extend_from_slice(inner(token).as_bytes()),
            Self::Plain(text) => json::escaped(out, text),
        }
    }
}

impl Default for Text<'_> {
    fn default() -> Self {
        Self::Plain("")
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.plain() == other.plain()
    }
}

/// Borrows the token; a value that is no string is an error. Works with `serde_json` only, as `RawValue` does.
impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let token = <&RawValue>::deserialize(deserializer)?.get();
        Self::token(token).ok_or_else(|| D::Error::custom("expected a string of whole characters"))
    }
}

fn inner(token: &str) -> &str {
    token.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default()
}

fn unescape(token: &str) -> Cow<'_, str> {
    let inner = inner(token);
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Cow::Borrowed(inner);
    }
    Cow::Owned(serde_json::from_str(token).unwrap_or_default())
}

/// Whether every escaped surrogate in a JSON string has its other half. JSON's grammar does not ask for it, but half a
/// character is none, and many readers stumble over it.
pub(crate) fn is_whole(token: &[u8]) -> bool {
    let unit = |at: usize| {
        let digits = token.get(at..at + 6).filter(|escape| escape.starts_with(b"\\u"))?;
        u16::from_str_radix(str::from_utf8(&digits[2..]).ok()?, 16).ok()
    };
    static NUMBER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\\u"));
    // Many have no escape at all, and most of the others none by number.
    let Some(mut at) = memchr::memchr(b'\\', token) else { return true };
    if NUMBER.find(&token[at..]).is_none() {
        return true;
    }
    while let Some(found) = token.get(at..).and_then(|rest| memchr::memchr(b'\\', rest)) {
        at += found;
        at += match unit(at) {
            None => 2,
            Some(0xd800..=0xdbff) if matches!(unit(at + 6), Some(0xdc00..=0xdfff)) => 12,
            Some(0xd800..=0xdfff) => return false,
            Some(_) => 6,
        };
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_is_what_shows_nothing() {
        for blank in [r#""""#, r#"" ""#, r#""\n \t\r""#, r#""\u000a ""#, "\"\u{3000}\"", r#""\n\u00a0""#] {
            let text = Text::token(blank).unwrap();
            assert!(text.is_blank() && Text::Plain(&text.plain()).is_blank(), "{blank}");
        }
        for seen in [r#""a""#, r#""\n\nHuman:""#, r#"" \u0041""#, r#""\\n""#, r#""\"""#, "\"日\""] {
            let text = Text::token(seen).unwrap();
            assert!(!text.is_blank() && !Text::Plain(&text.plain()).is_blank(), "{seen}");
        }
    }

    #[test]
    fn half_a_character_is_none() {
        for whole in [r#""a""#, r#""\\ud83d""#, r#""\ud83d\ude00""#, r#""\u00e9\n""#, r#""\\\ud83d\ude00""#] {
            assert_eq!(Text::token(whole).map(Text::plain), serde_json::from_str(whole).ok(), "{whole}");
        }
        for half in
            [r#""\ud83d""#, r#""\ude00""#, r#""\ude00\ud83d""#, r#""\ud83d\\ude00""#, r#""\ud83d\ud83d""#]
        {
            assert!(Text::token(half).is_none(), "{half}");
        }
        assert!(Text::token("5").is_none());
    }
}

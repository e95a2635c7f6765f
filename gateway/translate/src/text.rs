//! A string on its way from one JSON document into another.

use std::borrow::Cow;

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
    /// Whether there is no character in it.
    pub fn is_empty(self) -> bool {
        match self {
            Self::Json(token) => token.len() <= 2,
            Self::Plain(text) => text.is_empty(),
        }
    }

    /// Its characters. A surrogate without its other half becomes U+FFFD.
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
        if token.starts_with('"') {
            Ok(Self::Json(token))
        } else {
            Err(D::Error::custom("expected a string"))
        }
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
    if let Ok(text) = serde_json::from_str::<String>(token) {
        return Cow::Owned(text);
    }
    // Half a surrogate pair is legal JSON grammar but no character: as bytes it can be read all the same.
    let Bytes(bytes) = serde_json::from_str(token).unwrap_or_default();
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

#[derive(Default)]
struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl serde::de::Visitor<'_> for Visitor {
            type Value = Bytes;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
        }

        deserializer.deserialize_bytes(Visitor)
    }
}

//! Reads and writes JSON where it is only passed on: borrowed in, straight into one buffer out.

mod reader;
mod scan;
mod skip;
mod tree;

use serde::Deserialize;
use serde::de::Error as _;

pub(crate) use scan::has_member;
pub(crate) use tree::Tree;

use crate::Text;

/// Reads one document. `bytes` is checked to be UTF-8 once, which is faster than string by string.
pub(crate) fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, serde_json::Error> {
    let text = simdutf8::basic::from_utf8(bytes).map_err(|_| serde_json::Error::custom("not UTF-8"))?;
    text_of(text)
}

/// The same, of text.
pub(crate) fn text_of<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, serde_json::Error> {
    reader::read(text).map_or_else(|| serde_json::from_str(text), Ok)
}

/// Adds `text` to `out` as a JSON string.
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    escaped(out, text);
    out.push(b'"');
}

/// Adds `text` to `out` as the inside of a JSON string.
pub(crate) fn escaped(out: &mut Vec<u8>, text: &str) {
    // Most text needs no escape, which a block of bytes tells at once.
    const BLOCK: usize = 64;
    for block in text.as_bytes().chunks(BLOCK) {
        let plain =
            block.iter().fold(true, |plain, &byte| plain & (byte >= 0x20 && byte != b'"' && byte != b'\\'));
        if plain {
            out.extend_from_slice(block);
        } else {
            block.iter().for_each(|&byte| escape(out, byte));
        }
    }
}

fn escape(out: &mut Vec<u8>, byte: u8) {
    match byte {
        b'"' => out.extend_from_slice(b"\\\""),
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        0x20.. => out.push(byte),
        _ => {
            out.extend_from_slice(b"\\u00");
            out.push(HEX[usize::from(byte >> 4)]);
            out.push(HEX[usize::from(byte & 15)]);
        }
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Adds a number to `out`.
pub(crate) fn number(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(number % 10).expect("a digit");
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// An object that is being written; it closes when it goes out of scope.
#[derive(Debug)]
pub(crate) struct Object<'o> {
    out: &'o mut Vec<u8>,
    empty: bool,
}

impl<'o> Object<'o> {
    pub(crate) fn new(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, empty: true }
    }

    /// Starts a member, whose name needs no escape; the caller writes its value to what it gets.
    #[expect(
        clippy::inline_always,
        reason = "a name that is known there is stored by one or two instructions"
    )]
    #[inline(always)]
    pub(crate) fn member(&mut self, name: &'static str) -> &mut Vec<u8> {
        self.out.reserve(name.len() + 4);
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// Starts a member whose name came from elsewhere.
    pub(crate) fn foreign(&mut self, name: &str) -> &mut Vec<u8> {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        string(self.out, name);
        self.out.push(b':');
        self.out
    }

    pub(crate) fn text(&mut self, name: &'static str, text: Text<'_>) {
        text.write(self.member(name));
    }

    pub(crate) fn string(&mut self, name: &'static str, text: &str) {
        string(self.member(name), text);
    }

    /// A word of the protocol, which needs no escape.
    #[expect(clippy::inline_always, reason = "as with the name")]
    #[inline(always)]
    pub(crate) fn word(&mut self, name: &'static str, word: &'static str) {
        let out = self.member(name);
        out.push(b'"');
        out.extend_from_slice(word.as_bytes());
        out.push(b'"');
    }

    /// A value that is JSON already.
    pub(crate) fn raw(&mut self, name: &'static str, json: &str) {
        self.member(name).extend_from_slice(json.as_bytes());
    }

    /// Members that are written already, each with a comma before it; one at least is there.
    pub(crate) fn rest(&mut self, members: &[u8]) {
        self.out.extend_from_slice(members);
    }

    pub(crate) fn number(&mut self, name: &'static str, value: u64) {
        number(self.member(name), value);
    }

    pub(crate) fn boolean(&mut self, name: &'static str, value: bool) {
        self.raw(name, if value { "true" } else { "false" });
    }

    pub(crate) fn object(&mut self, name: &'static str) -> Object<'_> {
        Object::new(self.member(name))
    }

    pub(crate) fn array(&mut self, name: &'static str) -> Array<'_> {
        Array::new(self.member(name))
    }
}

impl Drop for Object<'_> {
    fn drop(&mut self) {
        self.out.push(b'}');
    }
}

/// An array that is being written; it closes when it goes out of scope.
#[derive(Debug)]
pub(crate) struct Array<'o> {
    out: &'o mut Vec<u8>,
    empty: bool,
}

impl<'o> Array<'o> {
    pub(crate) fn new(out: &'o mut Vec<u8>) -> Self {
        out.push(b'[');
        Self { out, empty: true }
    }

    /// Starts an item; the caller writes its value to what it gets.
    pub(crate) fn item(&mut self) -> &mut Vec<u8> {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        self.out
    }

    pub(crate) fn text(&mut self, text: Text<'_>) {
        text.write(self.item());
    }

    pub(crate) fn object(&mut self) -> Object<'_> {
        Object::new(self.item())
    }
}

impl Drop for Array<'_> {
    fn drop(&mut self) {
        self.out.push(b']');
    }
}

//! The elements of one JSON array, as Google streams them when it is not asked for server-sent events.
//!
//! ```text
//! [{"candidates": …}
//! ,
//! {"candidates": …}
//! ]
//! ```
//!
//! Only objects are elements. An object in place of the array is a message as well: errors come so.

use std::borrow::Cow;

use super::{Frame, Kind};
use crate::Error;

/// Splits the first element off `bytes`, with the number of bytes it took: what stands before it, and itself. The
/// bracket that ends the array is a message with empty data.
pub fn split(bytes: &[u8]) -> Result<Option<(usize, Frame<'_>)>, Error> {
    let start = between(bytes);
    let end = match bytes.get(start) {
        None => return Ok(None),
        Some(b'{') => match object(&bytes[start..]) {
            Some(size) => start + size,
            None => return Ok(None),
        },
        Some(b']') => return Ok(Some((start + 1, frame(b"", &bytes[..=start])))),
        Some(_) => {
            let why = "something else than an object stands in the array".to_owned();
            return Err(Error::Malformed { what: "stream", why });
        }
    };
    Ok(Some((end, frame(&bytes[start..end], &bytes[..end]))))
}

/// How much of `bytes` stands before an element.
pub(super) fn between(bytes: &[u8]) -> usize {
    let is_between = |byte: &u8| matches!(byte, b'[' | b',') || byte.is_ascii_whitespace();
    bytes.iter().take_while(|byte| is_between(byte)).count()
}

fn frame<'a>(data: &'a [u8], raw: &'a [u8]) -> Frame<'a> {
    Frame { kind: Kind::Event, event: "", data: Cow::Borrowed(data), raw }
}

/// The size of the object that `bytes` begin with, once it is whole. Whether it is JSON is for its reader to say.
fn object(bytes: &[u8]) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        match bytes.get(at)? {
            b'"' => at = string(bytes, at)?,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => (),
        }
        at += 1;
    }
}

/// Where the string ends that begins at `at`.
fn string(bytes: &[u8], mut at: usize) -> Option<usize> {
    at += 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

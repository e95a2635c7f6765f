//! JSON values, one a line.
//!
//! <https://github.com/ndjson/ndjson-spec>
//!
//! Lines end with LF or CRLF; blank ones mean nothing.

use std::borrow::Cow;

use super::{Frame, Kind};
use crate::Error;

/// Splits the first line off `bytes`, with the number of bytes it took. A blank line is a message with empty data.
pub fn split(bytes: &[u8]) -> Result<Option<(usize, Frame<'_>)>, Error> {
    let Some(end) = memchr::memchr(b'\n', bytes) else { return Ok(None) };
    let data = Cow::Borrowed(bytes[..end].trim_ascii());
    let raw = &bytes[..=end];
    Ok(Some((raw.len(), Frame { kind: Kind::Event, event: "", data, raw })))
}

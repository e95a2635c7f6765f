//! What a model's name may do to a path: nothing.

use crate::Error;

/// Undoes `%41`; a `%` that escapes nothing stands for itself.
pub(crate) fn decoded(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let digits = tail.first_chunk::<2>().filter(|_| byte == b'%');
        let escaped =
            digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(escaped.unwrap_or(byte));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `name` as one segment of a path, percent-encoded but for letters, digits, `-`, `.`, `_` and `~`, as AWS's own
/// clients do. A name that would mean another directory, encoded or not, is refused.
pub(crate) fn segment(name: &str) -> Result<String, Error> {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    if matches!(name, "" | "." | "..") {
        return Err(Error::request("model", "this is no name of a model"));
    }
    let mut segment = String::with_capacity(name.len() + 8);
    for &byte in name.as_bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            segment.push(byte.into());
        } else {
            segment.push('%');
            segment.push(HEX[usize::from(byte >> 4)].into());
            segment.push(HEX[usize::from(byte & 15)].into());
        }
    }
    Ok(segment)
}

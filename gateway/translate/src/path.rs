//! What a model's name may do to a path: nothing.

use crate::Error;

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

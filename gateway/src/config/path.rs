//! A request path in the one form in which routes are compared with it.
//!
//! As Kong does: escapes of all but reserved characters are decoded, others are in capitals, dot segments are resolved
//! and empty segments merged. <https://www.rfc-editor.org/rfc/rfc3986#section-6.2>

use std::borrow::Cow;

/// The normal form of `path`, which is borrowed if it already has it. What does not start with a slash (`*`) stays.
pub(super) fn normalize(path: &str) -> Cow<'_, str> {
    if is_normal(path) {
        return Cow::Borrowed(path);
    }
    let decoded = decode(path);
    let mut segments: Vec<&str> = Vec::new();
    let mut open = false; // whether the path ends in a slash
    for segment in decoded.split('/') {
        open = matches!(segment, "" | "." | "..");
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            name => segments.push(name),
        }
    }
    let mut normal = String::with_capacity(decoded.len());
    for segment in &segments {
        normal.push('/');
        normal.push_str(segment);
    }
    if open || normal.is_empty() {
        normal.push('/');
    }
    Cow::Owned(normal)
}

/// The first `%` of `path` that two hexadecimal digits do not follow, with up to two characters after it.
pub(super) fn bad_escape(path: &str) -> Option<String> {
    let at = path
        .bytes()
        .enumerate()
        .position(|(at, byte)| byte == b'%' && escaped(path.as_bytes(), at).is_none())?;
    Some(path[at..].chars().take(3).collect())
}

/// Decides without allocating: most paths are normal.
fn is_normal(path: &str) -> bool {
    !path.starts_with('/') || (!path.contains('%') && !path.contains("//") && !path.contains("/."))
}

/// Decodes the escapes of all but reserved and control characters; those that stay are in capitals.
fn decode(path: &str) -> String {
    // Bytes above ASCII are decoded too, as long as the whole is then still text.
    String::from_utf8(decode_bytes(path, |byte| byte >= 0x80))
        .unwrap_or_else(|_| String::from_utf8_lossy(&decode_bytes(path, |_| false)).into_owned())
}

fn decode_bytes(path: &str, also: fn(u8) -> bool) -> Vec<u8> {
    let bytes = path.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at] == b'%').then(|| escaped(bytes, at)).flatten() {
            None => out.push(bytes[at]),
            Some(byte) => {
                let plain = matches!(byte, b' '..=b'~') && !RESERVED.contains(&byte);
                if plain || also(byte) {
                    out.push(byte);
                } else {
                    out.extend_from_slice(format!("%{byte:02X}").as_bytes());
                }
                at += 2;
            }
        }
        at += 1;
    }
    out
}

/// Kong's list, in which an escape means something else than the character.
const RESERVED: &[u8] = b"!*'();:@&=+$,/?%#[]";

/// The byte that the escape at `at` stands for.
fn escaped(bytes: &[u8], at: usize) -> Option<u8> {
    let digits = bytes.get(at + 1..at + 3)?;
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(digits[0])? * 16 + digit(digits[1])?).ok()
}

//! What the name of a model, a file or a batch may do to a path: nothing.
//!
//! Servers differ in what they undo before they look for a path: escapes once or twice, backslashes, parameters behind `;`, other
//! letters that look like dots. So a name that any of them could take for a way out is none, however it is written.

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

/// Whether a name leads out of the directory that it is put into, for any server: by a segment that is no name, by a character that
/// is none, or by something of that kind within escapes. Slashes are names' own, as in those of Hugging Face and of AWS.
pub fn leads_out(name: &str) -> bool {
    /// Escapes within escapes that are undone; nobody undoes as many.
    const DEPTH: usize = 4;
    let mut name = name.to_owned();
    for _ in 0..DEPTH {
        let is_step = |part: &str| matches!(part.split(';').next().unwrap_or_default(), "" | "." | "..");
        if !name.bytes().all(|byte| matches!(byte, b' '..=b'~')) || name.split(['/', '\\']).any(is_step) {
            return true;
        }
        let undone = decoded(&name);
        if undone == name {
            return name.contains('\\');
        }
        name = undone;
    }
    true
}

/// `name` as one segment of a path, percent-encoded but for letters, digits, `-`, `.`, `_` and `~`, as AWS's own
/// clients do. A name that would mean another directory, encoded or not, is refused.
pub(crate) fn segment(name: &str) -> Result<String, Error> {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    if leads_out(name) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_however_it_is_written() {
        for name in [
            "",
            ".",
            "..",
            "../x",
            "x/..",
            "a/../b",
            "a//b",
            "/x",
            "x/",
            "./x",
            "..\\x",
            "x\\y",
            "%2e%2e",
            "%2E.",
            ".%2e/x",
            "a%2f..%2fb",
            "%252e%252e",
            "a%252f%252e%252e",
            "..;/x",
            "..;a=b",
            "a/..;b/c",
            "%2e%2e%3b/x",
            "a%5c..",
            "a%5cb",
            "x%00",
            "x\0y",
            "x\r\ny",
            "x%0d%0ay",
            "x\ty",
            "\u{ff0e}\u{ff0e}",
            "\u{2025}",
            "a\u{2215}b",
            "a\u{ff0f}b",
            "%c0%ae%c0%ae",
            "%ef%bc%8e",
            "x\u{202e}y",
            "%25252525252e",
        ] {
            assert!(leads_out(name), "{name:?}");
            assert!(segment(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn names_of_models_are_names() {
        for (name, expected) in [
            ("gpt-4o", "gpt-4o"),
            ("anthropic.claude-3-5-sonnet-20241022-v2:0", "anthropic.claude-3-5-sonnet-20241022-v2%3A0"),
            ("meta-llama/Llama-3.1-8B-Instruct", "meta-llama%2FLlama-3.1-8B-Instruct"),
            (
                "arn:aws:bedrock:us-east-1:1:inference-profile/x",
                "arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fx",
            ),
            ("a..b", "a..b"),
            ("...", "..."),
            ("models that someone named", "models%20that%20someone%20named"),
            ("100%", "100%25"),
        ] {
            assert_eq!(segment(name).as_deref(), Ok(expected));
        }
    }
}

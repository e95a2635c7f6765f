//! Looks through JSON that was checked before, without reading it again.

use crate::Text;

/// Whether an object has the member `name`. `object` is whole and right: it came out of a document that was read.
pub(crate) fn has_member(object: &str, name: &str) -> bool {
    let bytes = object.as_bytes();
    // A string in the object itself is a name where none has come since its brace or the last comma.
    let (mut at, mut depth, mut named) = (0, 0_usize, false);
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' if depth == 1 => named = false,
            b'"' => {
                let end = at + rest_of_string(&bytes[at..]);
                if depth == 1 && !named && is(&object[at - 1..end], name) {
                    return true;
                }
                named |= depth == 1;
                at = end;
            }
            _ => (),
        }
    }
    false
}

/// Whether a JSON string says `name`, which needs no escape, though it may be written with some.
fn is(token: &str, name: &str) -> bool {
    token.get(1..token.len() - 1) == Some(name) || token.contains('\\') && Text::Json(token).is(name)
}

/// How many bytes a string takes from behind its first quote, the last one included.
fn rest_of_string(bytes: &[u8]) -> usize {
    let mut escaped = false;
    // Names are short: a byte at a time is faster than many at once.
    let end = bytes.iter().position(|&byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(bytes.len(), |end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_members_count() {
        for object in [
            r#"{"type":"object"}"#,
            r#"{ "a" : {"b":[1,{"c":"}"}]}, "type" : null }"#,
            r#"{"a\"":"\\","type":1}"#,
            r#"{"ty\u0070e":1}"#,
        ] {
            assert!(has_member(object, "type"), "{object}");
        }
        for object in [
            "{}",
            r#"{"a":"type"}"#,
            r#"{"properties":{"type":{"type":"string"}},"required":["type"]}"#,
            r#"{"a":"\",\"type\":1"}"#,
            r#"{"a":["x",{"type":1},"type"],"b":"type"}"#,
        ] {
            assert!(!has_member(object, "type"), "{object}");
        }
    }

    #[test]
    fn what_is_not_whole_does_no_harm() {
        let whole = r#"{"a":"\\\"","type":[{}]}"#;
        for end in 0..whole.len() {
            has_member(&whole[..end], "type");
        }
    }
}

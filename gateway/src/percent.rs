//! Query strings: <https://url.spec.whatwg.org/#urlencoded-parsing>.

use std::borrow::Cow;

/// The value of a parameter of a query string, decoded.
pub(crate) fn parameter<'q>(query: &'q str, name: &str) -> Option<Cow<'q, str>> {
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.into_iter().find(|(key, _)| decode(key) == name).map(|(_, value)| decode(value))
}

/// Undoes `%41` and `+`; a `%` that escapes nothing stands for itself.
pub(crate) fn decode(part: &str) -> Cow<'_, str> {
    if !part.contains(['%', '+']) {
        return part.into();
    }
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let escaped = tail.first_chunk().filter(|_| byte == b'%').and_then(byte_of);
        bytes.push(escaped.unwrap_or(if byte == b'+' { b' ' } else { byte }));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned().into()
}

/// Escapes all but letters, digits and `-._~`.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let digit = |nibble: u8| char::from(b"0123456789ABCDEF"[usize::from(nibble)]);
            out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    out
}

fn byte_of(digits: &[u8; 2]) -> Option<u8> {
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    u8::try_from(high? << 4 | low?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_itself(text in ".{0,40}") {
            prop_assert_eq!(decode(&encode(&text)).into_owned(), text);
        }
    }

    #[test]
    fn a_parameter_is_found_by_its_decoded_name() {
        let query = "a=1&b%20c=x+y%21&d";
        assert_eq!(parameter(query, "b c").as_deref(), Some("x y!"));
        assert_eq!(parameter(query, "d").as_deref(), Some(""));
        assert_eq!(parameter(query, "e"), None);
        assert_eq!(decode("100%+%zz"), "100% %zz");
    }
}

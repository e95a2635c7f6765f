//! A client's name of a line where the provider takes letters and digits alone: any other goes along as the digits of its bytes.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Begins a name that goes along in digits.
const CODED: &str = "x0x";

/// The name as the provider takes it.
pub(super) fn encode(name: &str) -> Cow<'_, str> {
    let is_plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_plain && !name.starts_with(CODED) {
        return Cow::Borrowed(name);
    }
    let mut coded = CODED.to_owned();
    for byte in name.bytes() {
        let _ = write!(coded, "{byte:02x}");
    }
    Cow::Owned(coded)
}

/// The client's name.
pub(super) fn decode(name: &str) -> Cow<'_, str> {
    let bytes = name.strip_prefix(CODED).and_then(|digits| {
        let pairs = digits.as_bytes().chunks(2).map(std::str::from_utf8);
        pairs.map(|pair| u8::from_str_radix(pair.ok()?, 16).ok()).collect::<Option<Vec<u8>>>()
    });
    match bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(plain) => Cow::Owned(plain),
        None => Cow::Borrowed(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_name_comes_back_as_it_was(name in "\\PC{0,30}|(x0x)?[a-zA-Z0-9_-]{0,30}") {
            let coded = encode(&name);
            prop_assert!(!coded.is_empty() && coded.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            prop_assert_eq!(&*decode(&coded), &*name);
        }

        #[test]
        fn whatever_is_no_code_is_a_name(name in "(x0x)?\\PC{0,9}") {
            let _ = decode(&name);
        }
    }
}

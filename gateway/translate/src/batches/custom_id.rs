//! A client's name of a line where the provider takes fewer characters: it goes along in other ones, and comes back as it was.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::Error;

/// Begins a name that goes along in Base64.
const CODED: &str = "b64-";
/// Characters that a name may have at the provider.
const MOST: usize = 64;

/// The name as the provider takes it: 1 to 64 letters, digits, `_` and `-`.
pub(super) fn encode(name: &str) -> Result<Cow<'_, str>, Error> {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if is_plain && (1..=MOST).contains(&name.len()) && !name.starts_with(CODED) {
        return Ok(Cow::Borrowed(name));
    }
    let coded = format!("{CODED}{}", URL_SAFE_NO_PAD.encode(name));
    if coded.len() > MOST {
        let message = "this provider knows lines by at most 64 letters, digits, `_` and `-`, or by 45 bytes of other text";
        return Err(Error::request("custom_id", message));
    }
    Ok(Cow::Owned(coded))
}

/// The client's name.
pub(super) fn decode(name: &str) -> Cow<'_, str> {
    let coded = name.strip_prefix(CODED).and_then(|coded| URL_SAFE_NO_PAD.decode(coded).ok());
    match coded.and_then(|bytes| String::from_utf8(bytes).ok()) {
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
        fn a_name_comes_back_as_it_was(name in "\\PC{0,70}|(b64-)?[a-zA-Z0-9_-]{0,70}") {
            if let Ok(coded) = encode(&name) {
                let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
                prop_assert!((1..=64).contains(&coded.len()) && coded.bytes().all(is_plain));
                prop_assert_eq!(&*decode(&coded), &*name);
            } else {
                prop_assert!(name.len() > 45);
            }
        }
    }
}

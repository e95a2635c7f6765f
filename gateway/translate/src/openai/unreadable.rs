//! What a client is told whose request cannot be read: which member, and what was expected there.

use serde::Deserialize;

use crate::Error;

/// Why `body` is no `T`; `why` is what the first reading said. Quotes nothing of the request.
///
/// The request is read once more, this time with the path kept: a mistake may cost what a good request must not.
pub(super) fn unreadable<'a, T: Deserialize<'a>>(body: &'a [u8], why: &serde_json::Error) -> Error {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let path = match serde_path_to_error::deserialize::<_, T>(&mut reader) {
        Err(found) if why.is_data() => found.path().to_string(),
        _ => String::new(),
    };
    let told = why.to_string();
    let what = sentence(&told);
    match path.as_str() {
        "" | "." | "?" => {
            Error::Request { message: format!("the request cannot be read: {what}"), param: None }
        }
        _ => Error::request(path.as_str(), format!("{path} cannot be read: {what}")),
    }
}

/// serde quotes what it found; what it expected is enough.
fn sentence(why: &str) -> &str {
    let quotes =
        ["invalid type: ", "invalid value: ", "unknown variant "].iter().any(|start| why.starts_with(start));
    if quotes { why.rsplit_once(", ").map_or(why, |(_, expected)| expected) } else { why }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openai::Chat;

    fn told(body: &str) -> (String, Option<String>) {
        match Chat::read(body.as_bytes()) {
            Err(Error::Request { message, param }) => (message, param),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_member_is_named_and_its_value_is_not_quoted() {
        let (message, param) = told(r#"{"model": "m", "messages": "a secret, really"}"#);
        assert_eq!(param.as_deref(), Some("messages"));
        assert!(message.starts_with("messages cannot be read: expected a sequence"), "{message}");
        assert!(!message.contains("secret"), "{message}");
    }

    #[test]
    fn a_member_deep_inside_is_named_with_its_place() {
        let (message, param) =
            told(r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "user", "content": 5}]}"#);
        assert_eq!(param.as_deref(), Some("messages[1].content"), "{message}");
    }

    #[test]
    fn what_is_no_json_says_where_it_ends() {
        let (message, param) = told(r#"{"messages": [{"role"#);
        assert_eq!(param, None);
        assert!(message.starts_with("the request cannot be read: EOF"), "{message}");
    }
}

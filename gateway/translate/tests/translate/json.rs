//! JSON compared as it is written: a number is its digits, so that none is rounded on the way.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

#[derive(Debug, PartialEq)]
pub(crate) enum Json {
    Array(Vec<Self>),
    Object(BTreeMap<String, Self>),
    String(String),
    /// A number, `true`, `false` or `null`, as it stands.
    Word(String),
}

/// Reads one document.
pub(crate) fn read(text: &str) -> Json {
    let text = text.trim();
    match text.as_bytes().first() {
        Some(b'{') => {
            let members: BTreeMap<String, &RawValue> = parse(text);
            Json::Object(members.into_iter().map(|(name, value)| (name, read(value.get()))).collect())
        }
        Some(b'[') => {
            Json::Array(parse::<Vec<&RawValue>>(text).into_iter().map(|item| read(item.get())).collect())
        }
        Some(b'"') => Json::String(parse(text)),
        _ => {
            parse::<&RawValue>(text);
            Json::Word(text.to_owned())
        }
    }
}

fn parse<'a, T: serde::Deserialize<'a>>(text: &'a str) -> T {
    serde_json::from_str(text).unwrap_or_else(|why| panic!("{why}: {text}"))
}

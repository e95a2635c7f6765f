//! Other spellings of members and words. A service that reads [protobuf's JSON](https://protobuf.dev/programming-guides/json/) takes
//! `max_output_tokens` for `maxOutputTokens`, and Google's services take the values of an enumeration in any case: their
//! own examples write `"type": "object"`. One value where a list belongs is a list of one, as in their own sample of
//! `systemInstruction`. A document whose service does so has `x-names: protobuf` at its top.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::api;

/// `value` with its members by the names that the schema at `pointer` has. What no schema describes stays as it is.
pub(crate) fn settled<'v>(root: &Value, pointer: &str, value: &'v Value) -> Cow<'v, Value> {
    let Some(schema) = root.pointer(pointer).filter(|_| root["x-names"] == "protobuf") else {
        return Cow::Borrowed(value);
    };
    let schemas = Schemas { root };
    if schemas.knows(schema, value) {
        return Cow::Borrowed(value);
    }
    let mut value = value.clone();
    schemas.rename(schema, &mut value);
    Cow::Owned(value)
}

struct Schemas<'a> {
    root: &'a Value,
}

impl<'a> Schemas<'a> {
    /// Whether nothing has to be renamed: the common case.
    fn knows(&self, schema: &'a Value, value: &Value) -> bool {
        if is_foreign(schema) {
            return true;
        }
        let schema = self.target(schema);
        match value {
            one if is_single(schema, one) => false,
            Value::Object(members) => members.iter().all(|(name, value)| {
                other(schema, name).is_none()
                    && self.inner(schema, name).is_none_or(|inner| self.knows(inner, value))
            }),
            Value::Array(items) => items.iter().all(|item| self.knows(&schema["items"], item)),
            Value::String(word) => other_case(schema, word).is_none(),
            _ => true,
        }
    }

    fn rename(&self, schema: &'a Value, value: &mut Value) {
        if is_foreign(schema) {
            return;
        }
        let schema = self.target(schema);
        if is_single(schema, value) {
            *value = Value::Array(vec![value.take()]);
        }
        match value {
            Value::Object(members) => {
                let sent = std::mem::take(members);
                let taken = |name: &str| sent.contains_key(name);
                let named: Vec<String> = sent
                    .keys()
                    .map(|name| other(schema, name).filter(|other| !taken(other)).unwrap_or(name.clone()))
                    .collect();
                let renamed = named.into_iter().zip(sent.into_iter().map(|(_, value)| value));
                *members = renamed.collect::<Map<_, _>>();
                for (name, value) in members {
                    if let Some(inner) = self.inner(schema, name) {
                        self.rename(inner, value);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.rename(&schema["items"], item)),
            Value::String(word) => {
                if let Some(known) = other_case(schema, word) {
                    known.clone_into(word);
                }
            }
            _ => {}
        }
    }

    /// The schema of a member.
    fn inner(&self, schema: &'a Value, name: &str) -> Option<&'a Value> {
        schema["properties"].get(name).or_else(|| schema.get("additionalProperties"))
    }

    fn target(&self, schema: &'a Value) -> &'a Value {
        let pointer = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        pointer.and_then(|pointer| self.root.pointer(pointer)).unwrap_or(schema)
    }
}

/// Whether it is another service's schema, and that service has one spelling: other makers' models are asked in their words.
fn is_foreign(schema: &Value) -> bool {
    let name = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
    let owner = name.and_then(|name| name.split_once('.')).and_then(|(owner, _)| api(owner));
    owner.is_some_and(|owner| owner.document()["x-names"] != "protobuf")
}

/// Whether this stands alone where the schema has a list; null is no value.
fn is_single(schema: &Value, value: &Value) -> bool {
    schema["type"] == "array" && !value.is_array() && !value.is_null()
}

/// The value that the schema has for a word which it knows in another case only.
fn other_case<'a>(schema: &'a Value, word: &str) -> Option<&'a str> {
    let known = schema["enum"].as_array()?;
    if known.iter().any(|known| known == word) {
        return None;
    }
    known.iter().filter_map(Value::as_str).find(|known| known.eq_ignore_ascii_case(word))
}

/// The name that the schema has for a member which it does not know as it is spelt.
fn other(schema: &Value, name: &str) -> Option<String> {
    let known = schema["properties"].as_object()?;
    let is_snake = name.contains('_') && !name.bytes().any(|byte| byte.is_ascii_uppercase());
    if !is_snake || known.contains_key(name) || name.split('_').any(str::is_empty) {
        return None;
    }
    let mut camel = String::with_capacity(name.len());
    let mut parts = name.split('_');
    camel.push_str(parts.next()?);
    for part in parts {
        let mut letters = part.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    known.contains_key(&camel).then_some(camel)
}

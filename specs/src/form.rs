//! The fields of a form as JSON: <https://spec.openapis.org/oas/v3.1.0#encoding-object> leaves open how, so as official clients write
//! them: `a[b]` is a member of an object, `a[]` or `a` again an item of a list.

use serde_json::{Map, Value};

/// Fields as the schema at this place types them.
pub(crate) fn fields<'f>(
    root: &Value,
    schema: &str,
    fields: impl Iterator<Item = (&'f str, String)>,
) -> Value {
    let schema = root.pointer(schema).unwrap_or(&Value::Null);
    let mut object = Map::new();
    for (name, text) in fields {
        let (name, inner) = match name.split_once('[') {
            Some((name, rest)) => (name, rest.strip_suffix(']')),
            None => (name, None),
        };
        let of = member(root, schema, name);
        let slot = object.entry(name).or_insert(Value::Null);
        match inner {
            Some(inner) if !inner.is_empty() => put(slot, inner, typed(root, member(root, of, inner), text)),
            _ if inner.is_some() || kinds(root, of).any(|kind| kind == "array") => {
                let item = typed(root, &settled(root, of)["items"], text);
                match slot {
                    Value::Array(items) => items.push(item),
                    slot => *slot = Value::Array(vec![item]),
                }
            }
            _ => *slot = typed(root, of, text),
        }
    }
    Value::Object(object)
}

fn put(slot: &mut Value, name: &str, value: Value) {
    match slot {
        Value::Object(members) => drop(members.insert(name.to_owned(), value)),
        slot => *slot = Value::Object(Map::from_iter([(name.to_owned(), value)])),
    }
}

/// A text as the first type of the schema that it can be.
fn typed(root: &Value, schema: &Value, text: String) -> Value {
    for kind in kinds(root, schema) {
        let read = match kind {
            "integer" => text.parse::<i64>().ok().map(Value::from),
            "number" => text.parse::<f64>().ok().map(Value::from),
            "boolean" => text.parse::<bool>().ok().map(Value::from),
            "object" => serde_json::from_str(&text).ok().filter(Value::is_object),
            _ => None,
        };
        if let Some(value) = read {
            return value;
        }
    }
    Value::String(text)
}

/// The schema of a member, in whichever part of a union.
fn member<'v>(root: &'v Value, schema: &'v Value, name: &str) -> &'v Value {
    let schema = settled(root, schema);
    let own = &schema["properties"][name];
    if !own.is_null() {
        return own;
    }
    let found = parts(schema).map(|part| member(root, part, name)).find(|found| !found.is_null());
    found.unwrap_or(&Value::Null)
}

fn kinds<'v>(root: &'v Value, schema: &'v Value) -> Box<dyn Iterator<Item = &'v str> + 'v> {
    let schema = settled(root, schema);
    let own = schema["type"].as_array().into_iter().flatten().chain([&schema["type"]]);
    let inner = parts(schema).flat_map(|part| kinds(root, part));
    Box::new(own.filter_map(Value::as_str).chain(inner))
}

fn parts(schema: &Value) -> impl Iterator<Item = &Value> {
    ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|union| schema[union].as_array()).flatten()
}

fn settled<'v>(root: &'v Value, schema: &'v Value) -> &'v Value {
    let place = schema["$ref"].as_str().and_then(|reference| root.pointer(reference.strip_prefix('#')?));
    place.unwrap_or(schema)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_field_is_of_the_type_that_the_document_gives_it() {
        let root = json!({ "form": { "properties": {
            "file": { "type": "string" },
            "n": { "type": ["integer", "null"] },
            "warm": { "oneOf": [{ "$ref": "#/warm" }, { "type": "null" }] },
            "stream": { "type": "boolean" },
            "words": { "type": "array", "items": { "type": "string" } },
            "after": { "$ref": "#/after" },
        } }, "warm": { "type": "number" }, "after": { "allOf": [{ "properties": { "seconds": { "type": "integer" } } }] } });
        let sent = [
            ("file", "7"),
            ("n", "7"),
            ("warm", "0.5"),
            ("stream", "true"),
            ("words[]", "a"),
            ("words[]", "b"),
            ("after[anchor]", "now"),
            ("after[seconds]", "60"),
            ("more", "7"),
        ];
        let body = fields(&root, "/form", sent.iter().map(|(name, text)| (*name, (*text).to_owned())));
        let expected = json!({
            "file": "7", "n": 7, "warm": 0.5, "stream": true, "words": ["a", "b"],
            "after": { "anchor": "now", "seconds": 60 }, "more": "7",
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn what_is_of_another_type_stays_a_text() {
        let root =
            json!({ "form": { "properties": { "n": { "type": "integer" }, "a": { "type": "array" } } } });
        let sent = [("n", "many".to_owned()), ("a", "x".to_owned()), ("a[b]", "y".to_owned())];
        let body = fields(&root, "/form", sent.into_iter());
        assert_eq!(body, json!({ "n": "many", "a": { "b": "y" } }));
    }
}

//! A value that fits a [JSON Schema](https://json-schema.org/draft/2020-12), with texts taken from the question where it can be.

mod number;
mod text;

use std::borrow::Cow;
use std::cell::Cell;

use serde_json::{Map, Value};

/// A value for a schema. Keywords that cannot be met together, and `not`, `if` and `contains`, are past it.
#[must_use]
pub fn fill(schema: &Value, topic: &str) -> Value {
    let filler = Filler { root: schema, topic, left: Cell::new(BUDGET) };
    filler.value(schema, Place { name: "", depth: 0, nth: 0 })
}

struct Filler<'a> {
    root: &'a Value,
    topic: &'a str,
    /// What may still be spent: schemas come from clients, and a few lines of one can ask for more than any memory holds.
    left: Cell<usize>,
}

/// About as many bytes as a value may take; each part of it and each schema looked at costs [`PART`].
const BUDGET: usize = 1 << 20;
const PART: usize = 256;

/// Where a value stands: under this name, so deep, as this item of its array.
#[derive(Clone, Copy)]
struct Place<'a> {
    name: &'a str,
    depth: usize,
    nth: usize,
}

/// Below this only what is required is filled, so that recursive schemas end.
const OPTIONAL_DEPTH: usize = 4;
/// A schema that requires itself has no value; this ends the search, with a null.
const DEPTH: usize = 64;
/// Arrays are not made longer than this, whatever `minItems` asks for.
const ITEMS: u64 = 1_000;

impl Filler<'_> {
    fn value(&self, schema: &Value, place: Place<'_>) -> Value {
        if place.depth > DEPTH || !self.spend(PART) {
            return Value::Null;
        }
        let place = Place { depth: place.depth + 1, ..place };
        let schema = self.plain(schema, place.depth);
        let Some(members) = schema.as_object() else {
            return Value::String(text::plain(self.topic, place.name, place.nth));
        };
        if let Some(value) = given(members, place.nth) {
            return value;
        }
        match kind(members) {
            "object" => self.object(members, place),
            "array" => self.array(members, place),
            "integer" | "number" => number::fill(members, self.topic, place.nth),
            "boolean" => Value::Bool(place.nth.is_multiple_of(2)),
            "null" => Value::Null,
            _ => {
                let text = text::fill(members, self.topic, place.name, place.nth);
                if self.spend(text.len()) { Value::String(text) } else { Value::Null }
            }
        }
    }

    /// Takes from the budget; false when it is used up.
    fn spend(&self, cost: usize) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(cost));
        left >= cost
    }

    /// The schema without references and combinations: the first alternative that is not null, all of `allOf` in one.
    fn plain<'s>(&'s self, schema: &'s Value, depth: usize) -> Cow<'s, Value> {
        let Some(members) = schema.as_object() else { return Cow::Borrowed(schema) };
        let combined = ["$ref", "allOf", "anyOf", "oneOf"].iter().any(|key| members.contains_key(*key));
        if !combined || depth > DEPTH || !self.spend(PART) {
            return Cow::Borrowed(schema);
        }
        let mut merged = members.clone();
        let target = merged.remove("$ref").and_then(|target| self.resolve(&target).cloned());
        let all = merged.remove("allOf");
        let any = merged.remove("anyOf").or_else(|| merged.remove("oneOf"));
        let parts = target.into_iter().chain(list(all)).chain(any.and_then(|any| self.alternative(any)));
        for part in parts {
            merge(&mut merged, self.plain(&part, depth + 1).into_owned());
        }
        Cow::Owned(Value::Object(merged))
    }

    fn resolve(&self, target: &Value) -> Option<&Value> {
        self.root.pointer(target.as_str()?.strip_prefix('#')?)
    }

    fn alternative(&self, any: Value) -> Option<Value> {
        let alternatives = list(Some(any));
        let is_null = |schema: &Value| schema.get("type").is_some_and(|kind| kind == "null");
        alternatives.iter().find(|schema| !is_null(schema)).or(alternatives.first()).cloned()
    }

    fn object(&self, members: &Map<String, Value>, place: Place<'_>) -> Value {
        let properties = members.get("properties").and_then(Value::as_object);
        let required: Vec<&str> = members
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut filled = Map::new();
        for (name, schema) in properties.into_iter().flatten() {
            if required.contains(&name.as_str()) || place.depth <= OPTIONAL_DEPTH {
                filled.insert(name.clone(), self.value(schema, Place { name, nth: 0, ..place }));
            }
        }
        let others = members.get("additionalProperties").unwrap_or(&Value::Bool(true));
        for name in required {
            if !filled.contains_key(name) {
                filled.insert(name.to_owned(), self.value(others, Place { name, nth: 0, ..place }));
            }
        }
        Value::Object(filled)
    }

    fn array(&self, members: &Map<String, Value>, place: Place<'_>) -> Value {
        let bound = |key: &str| members.get(key).and_then(Value::as_u64);
        let wish = u64::from(place.depth <= OPTIONAL_DEPTH);
        let count =
            bound("minItems").unwrap_or(0).max(wish).min(bound("maxItems").unwrap_or(ITEMS)).min(ITEMS);
        let tuple = members.get("prefixItems").and_then(Value::as_array);
        let items = members.get("items").unwrap_or(&Value::Bool(true));
        let item = |nth: usize| {
            let schema = tuple.and_then(|tuple| tuple.get(nth)).unwrap_or(items);
            self.value(schema, Place { nth, ..place })
        };
        Value::Array((0..usize::try_from(count).unwrap_or(0)).map(item).collect())
    }
}

/// A value that the schema itself names.
fn given(members: &Map<String, Value>, nth: usize) -> Option<Value> {
    let of = |key: &str| members.get(key).and_then(Value::as_array).filter(|values| !values.is_empty());
    if let Some(value) = members.get("const") {
        return Some(value.clone());
    }
    if let Some(values) = of("enum") {
        return Some(values[nth % values.len()].clone());
    }
    let default = members.get("default").filter(|value| !value.is_null() && nth == 0);
    of("examples").map(|values| values[nth % values.len()].clone()).or_else(|| default.cloned())
}

fn kind(members: &Map<String, Value>) -> &str {
    let named = match members.get("type") {
        Some(Value::String(kind)) => Some(kind.as_str()),
        Some(Value::Array(kinds)) => {
            let mut kinds = kinds.iter().filter_map(Value::as_str);
            kinds.clone().find(|kind| *kind != "null").or_else(|| kinds.next())
        }
        _ => None,
    };
    let has = |keys: &[&str]| keys.iter().any(|key| members.contains_key(*key));
    // OpenAPI's types in Google's spelling mean the same.
    let named = named.map(|kind| match kind {
        "OBJECT" => "object",
        "ARRAY" => "array",
        "INTEGER" => "integer",
        "NUMBER" => "number",
        "BOOLEAN" => "boolean",
        "STRING" => "string",
        kind => kind,
    });
    named.unwrap_or_else(|| match () {
        () if has(&["properties", "required", "additionalProperties"]) => "object",
        () if has(&["items", "prefixItems", "minItems"]) => "array",
        () if has(&["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]) => "number",
        () => "string",
    })
}

/// Adds one schema's members to another's: properties and required names unite, the rest is replaced.
fn merge(into: &mut Map<String, Value>, from: Value) {
    let Value::Object(from) = from else { return };
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Object(known)), Value::Object(more)) if key == "properties" => known.extend(more),
            (Some(Value::Array(known)), Value::Array(more)) if key == "required" => known.extend(more),
            (_, value) => drop(into.insert(key, value)),
        }
    }
}

fn list(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

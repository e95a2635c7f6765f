//! What stands in a schema several times, said once: in its `$defs`, by the name of the first member that it is of.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

/// What is shorter is not worth a name.
const LEAST: usize = 90;
/// Of one place alone, and so beside a reference.
const OWN: [&str; 2] = ["default", "description"];

/// Moves it there.
pub(super) fn share(root: &mut Value) {
    let mut shared = Shared::default();
    shared.count(root);
    let mut defs = root["$defs"].take().as_object().cloned().unwrap_or_default();
    shared.taken = defs.keys().cloned().collect();
    children(root, &mut |name, schema| shared.replace(name, schema));
    for (name, schema) in &mut defs {
        shared.counts.remove(&key(schema));
        children(schema, &mut |member, schema| {
            shared.replace(if member.is_empty() { name } else { member }, schema);
        });
    }
    defs.append(&mut shared.defs);
    root["$defs"] = defs.into();
}

#[derive(Default)]
struct Shared {
    /// How often each stands somewhere.
    counts: HashMap<String, usize>,
    names: HashMap<String, String>,
    taken: Vec<String>,
    defs: Map<String, Value>,
}

impl Shared {
    fn count(&mut self, schema: &mut Value) {
        let mut all = Vec::new();
        children(schema, &mut |_, schema| {
            all.push(key(schema));
            self.count(schema);
        });
        for key in all {
            *self.counts.entry(key).or_default() += 1;
        }
        if let Some(defs) = schema.get_mut("$defs").and_then(Value::as_object_mut) {
            defs.values_mut().for_each(|schema| self.count(schema));
        }
    }

    fn replace(&mut self, name: &str, schema: &mut Value) {
        let key = key(schema);
        if key.len() < LEAST || self.counts.get(&key).is_none_or(|count| *count < 2) {
            return children(schema, &mut |member, schema| {
                self.replace(if member.is_empty() { name } else { member }, schema);
            });
        }
        let mut reference = json!({});
        for member in OWN {
            if let Some(own) = schema.as_object_mut().and_then(|members| members.remove(member)) {
                reference[member] = own;
            }
        }
        let known = match self.names.get(&key) {
            Some(known) => known.clone(),
            None => self.define(name, key, schema.take()),
        };
        reference["$ref"] = format!("#/$defs/{known}").into();
        *schema = reference;
    }

    fn define(&mut self, name: &str, key: String, mut schema: Value) -> String {
        let mut names =
            std::iter::once(name.to_owned()).chain((2..).map(|number| format!("{name}-{number}")));
        let own = names.find(|own| !self.taken.contains(own)).unwrap_or_default();
        self.taken.push(own.clone());
        self.names.insert(key, own.clone());
        children(&mut schema, &mut |member, schema| {
            self.replace(if member.is_empty() { name } else { member }, schema);
        });
        self.defs.insert(own.clone(), schema);
        own
    }
}

/// What two have in common that are the same.
fn key(schema: &Value) -> String {
    let mut schema = schema.clone();
    if let Some(members) = schema.as_object_mut() {
        OWN.iter().for_each(|name| drop(members.remove(*name)));
    }
    schema.to_string()
}

/// The schemas of members, by their names, and of elements.
fn children(schema: &mut Value, each: &mut dyn FnMut(&str, &mut Value)) {
    if let Some(members) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        members.iter_mut().for_each(|(name, schema)| each(name, schema));
    }
    for place in ["items", "additionalProperties"] {
        if let Some(schema) = schema.get_mut(place).filter(|schema| schema.is_object()) {
            each("", schema);
        }
    }
    for schema in schema.get_mut("anyOf").and_then(Value::as_array_mut).into_iter().flatten() {
        each("", schema);
    }
}

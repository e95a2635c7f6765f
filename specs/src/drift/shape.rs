//! A schema with its references followed, its unions laid flat and its `allOf` merged: what two documents can be
//! compared by, however they are cut into components.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::document::members;

/// A document and where it keeps its schemas.
#[derive(Clone, Copy)]
pub(super) struct Document<'a> {
    schemas: &'a Value,
    prefix: &'static str,
}

/// What a value may be.
#[derive(Default)]
pub(super) struct Shape<'a> {
    /// Anything at all.
    pub(super) any: bool,
    /// Types that are open: of any value, or for `array`, any number of items.
    pub(super) types: BTreeSet<&'a str>,
    /// Single values, as JSON, of types that are not open.
    pub(super) values: BTreeSet<String>,
    pub(super) objects: Vec<Object<'a>>,
    /// Schemas of items, and of the values of maps.
    pub(super) items: Vec<&'a Value>,
    pub(super) maps: Vec<&'a Value>,
}

/// A kind of object: a branch of a union, if there are several.
#[derive(Clone, Default)]
pub(super) struct Object<'a> {
    pub(super) component: Option<&'a str>,
    /// A member's schemas; several if parts of `allOf` each have one.
    pub(super) members: BTreeMap<&'a str, Vec<&'a Value>>,
    pub(super) required: BTreeSet<&'a str>,
}

impl<'a> Document<'a> {
    /// None if the document has no schemas.
    pub(super) fn new(root: &'a Value) -> Option<Self> {
        let places = [("/$defs", "#/$defs/"), ("/components/schemas", "#/components/schemas/")];
        places.into_iter().find_map(|(pointer, prefix)| {
            root.pointer(pointer)
                .filter(|schemas| schemas.is_object())
                .map(|schemas| Self { schemas, prefix })
        })
    }

    pub(super) fn component(&self, name: &str) -> Option<&'a Value> {
        self.schemas.get(name)
    }

    pub(super) fn components(&self) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
        members(self.schemas)
    }

    /// Whether a schema refers to a component that no published document has, such as a rule between members.
    fn is_ours_alone(&self, schema: &'a Value) -> bool {
        let component = self.reference(schema).and_then(|name| self.component(name));
        component.is_some_and(|component| component["x-published"] == "none")
    }

    /// The component that a schema is nothing but a reference to.
    pub(super) fn reference(&self, schema: &'a Value) -> Option<&'a str> {
        schema["$ref"].as_str()?.strip_prefix(self.prefix)
    }

    /// Those of the schemas that say something. A map whose values may be anything is an open object.
    pub(super) fn telling(&self, schemas: &[&'a Value]) -> Vec<&'a Value> {
        schemas.iter().copied().filter(|schema| !self.shape(&[*schema]).any).collect()
    }

    /// What the values of these schemas, taken together, may be.
    pub(super) fn shape(&self, schemas: &[&'a Value]) -> Shape<'a> {
        let mut shape = Shape::default();
        for schema in schemas {
            self.add(schema, &mut shape);
        }
        let Shape { types, values, .. } = &mut shape;
        values.retain(|value| !types.contains(type_of(value)));
        shape
    }

    /// Adds one branch, or the branches that it consists of.
    fn add(&self, schema: &'a Value, shape: &mut Shape<'a>) {
        let before = shape.objects.len();
        let mut part = Part::default();
        self.gather(schema, &mut part, shape);
        let branches = &mut shape.objects[before..];
        if !branches.is_empty() && !part.object.members.is_empty() {
            branches.iter_mut().for_each(|branch| branch.merge(&part.object));
            return;
        }
        part.finish(shape);
    }

    /// Gathers what one schema says, without its unions, which go into `shape`.
    fn gather(&self, schema: &'a Value, part: &mut Part<'a>, shape: &mut Shape<'a>) {
        part.anything |= schema.as_bool() == Some(true)
            || (schema.get("$ref").is_none() && schema.as_object().is_some_and(only_notes));
        if let Some(name) = self.reference(schema)
            && let Some(target) = self.component(name)
        {
            self.gather(target, part, shape);
            part.object.component = Some(name).filter(|_| schema.as_object().is_some_and(only_notes));
        }
        part.read(schema);
        let said = |inner: &&'a Value| !self.is_ours_alone(inner);
        for inner in schema["allOf"].as_array().into_iter().flatten().filter(said) {
            let mut merged = Part::default();
            self.gather(inner, &mut merged, shape);
            part.merge(merged);
        }
        for union in ["anyOf", "oneOf"] {
            for branch in schema[union].as_array().into_iter().flatten() {
                self.add(branch, shape);
            }
        }
    }
}

/// What one schema says by itself.
#[derive(Default)]
struct Part<'a> {
    anything: bool,
    types: BTreeSet<&'a str>,
    values: Option<Vec<&'a Value>>,
    object: Object<'a>,
    items: Vec<&'a Value>,
    maps: Vec<&'a Value>,
}

impl<'a> Part<'a> {
    fn read(&mut self, schema: &'a Value) {
        match &schema["type"] {
            Value::String(name) => self.types.extend([name.as_str()]),
            Value::Array(names) => self.types.extend(names.iter().filter_map(Value::as_str)),
            _ => {}
        }
        if let Some(values) = schema["enum"].as_array() {
            self.values.get_or_insert_default().extend(values);
        }
        if let Some(value) = schema.get("const") {
            self.values.get_or_insert_default().push(value);
        }
        for (name, member) in members(&schema["properties"]) {
            self.object.members.entry(name).or_default().push(member);
        }
        self.object
            .required
            .extend(schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str));
        self.items.extend(schema.get("items"));
        self.maps.extend(schema.get("additionalProperties").filter(|map| map.is_object()));
    }

    fn merge(&mut self, other: Self) {
        self.types.extend(other.types);
        if let Some(values) = other.values {
            self.values.get_or_insert_default().extend(values);
        }
        self.object.merge(&other.object);
        self.items.extend(other.items);
        self.maps.extend(other.maps);
    }

    fn finish(self, shape: &mut Shape<'a>) {
        let Self { anything, mut types, values, object, items, maps } = self;
        if types.is_empty() && values.is_none() {
            if !object.members.is_empty() || !maps.is_empty() {
                types.insert("object");
            } else if !items.is_empty() {
                types.insert("array");
            } else {
                shape.any |= anything;
            }
        }
        match values {
            Some(values) => {
                for value in values.into_iter().filter(|value| is_of(value, &types)) {
                    match value {
                        Value::Null => drop(shape.types.insert("null")),
                        value => drop(shape.values.insert(value.to_string())),
                    }
                }
            }
            None => {
                if types.remove("object") {
                    shape.push(object);
                }
                shape.types.extend(types);
            }
        }
        shape.items.extend(items);
        shape.maps.extend(maps);
    }
}

impl<'a> Shape<'a> {
    /// Adds a kind of object, once a component.
    fn push(&mut self, object: Object<'a>) {
        let known = object.component.is_some()
            && self.objects.iter().any(|other| other.component == object.component);
        if !known {
            self.objects.push(object);
        }
    }

    /// In words, for a message.
    pub(super) fn words(&self) -> String {
        let mut words: Vec<String> = self.types.iter().map(|name| (*name).to_owned()).collect();
        words.extend(self.values.iter().cloned());
        if !self.objects.is_empty() {
            words.push("object".to_owned());
        }
        if self.any || words.is_empty() {
            words.push("anything".to_owned());
        }
        words.join(" | ")
    }

    /// The types, `any` among them, with closed ones by their name too.
    pub(super) fn kinds(&self) -> BTreeSet<&str> {
        let mut kinds = self.types.clone();
        kinds.extend(self.values.iter().map(|value| closed(type_of(value))));
        kinds.extend(Some("object").filter(|_| !self.objects.is_empty()));
        kinds.extend(Some("any").filter(|_| self.any));
        kinds
    }
}

impl<'a> Object<'a> {
    /// Adds what a part of `allOf` says. An object is still its component if nothing is new to it: many a published
    /// union repeats a branch's tag beside the reference.
    fn merge(&mut self, other: &Self) {
        let adds = !other.members.keys().all(|name| self.members.contains_key(name))
            || !other.required.is_subset(&self.required);
        if self.members.is_empty() {
            self.component = other.component;
        } else if adds {
            self.component = None;
        }
        for (name, schemas) in &other.members {
            self.members.entry(name).or_default().extend(schemas);
        }
        self.required.extend(&other.required);
    }

    /// The members that have one value only, which tell branches of a union apart.
    pub(super) fn tags(&self, document: Document<'a>) -> BTreeMap<&'a str, String> {
        let single = |schemas: &Vec<&'a Value>| {
            let shape = document.shape(schemas);
            let alone = shape.types.is_empty() && shape.objects.is_empty() && !shape.any;
            (alone && shape.values.len() == 1).then(|| shape.values.into_iter().next()).flatten()
        };
        self.members.iter().filter_map(|(name, schemas)| Some((*name, single(schemas)?))).collect()
    }
}

/// Whether a value is of one of these types; none are all.
fn is_of(value: &Value, types: &BTreeSet<&str>) -> bool {
    let names: &[&str] = match value {
        Value::Null => &["null"],
        Value::Bool(_) => &["boolean"],
        Value::Number(_) => &["integer", "number"],
        Value::String(_) => &["string"],
        Value::Array(_) => &["array"],
        Value::Object(_) => &["object"],
    };
    types.is_empty() || names.iter().any(|name| types.contains(name))
}

/// The type of a value that is given as JSON.
fn type_of(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'"') => "string",
        Some(b't' | b'f') => "boolean",
        _ => "number",
    }
}

/// A closed set of values of a type.
fn closed(name: &'static str) -> &'static str {
    match name {
        "string" => "string of a list",
        "boolean" => "one boolean",
        _ => "number of a list",
    }
}

/// Whether a schema says nothing about values, but for a reference.
fn only_notes(schema: &serde_json::Map<String, Value>) -> bool {
    const NOTES: [&str; 7] = ["$ref", "description", "title", "default", "deprecated", "examples", "example"];
    schema.keys().all(|name| NOTES.contains(&name.as_str()) || name.starts_with("x-"))
}

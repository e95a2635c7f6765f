//! One schema of a document, compiled when it is first needed, with only the components that it reaches.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::explain;
use crate::violation::Violation;

/// A schema, by its pointer into the document.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) pointer: String,
    open: bool,
    compiled: OnceLock<Validator>,
}

impl Schema {
    /// A schema as the document has it.
    pub(crate) fn new(pointer: String) -> Self {
        Self { pointer, open: false, compiled: OnceLock::new() }
    }

    /// A schema of something that a client reads: it passes over unknown members, even of objects that are closed
    /// because they may be sent too.
    pub(crate) fn open(pointer: String) -> Self {
        Self { open: true, ..Self::new(pointer) }
    }

    /// What is wrong with a value; nothing is the common case and the fast one.
    pub(crate) fn violations(&self, root: &Value, value: &Value) -> Vec<Violation> {
        let validator = self.validator(root);
        if validator.is_valid(value) {
            return Vec::new();
        }
        explain::violations(root, &self.pointer, value, validator.iter_errors(value))
    }

    pub(crate) fn is_valid(&self, root: &Value, value: &Value) -> bool {
        self.validator(root).is_valid(value)
    }

    fn validator(&self, root: &Value) -> &Validator {
        self.compiled.get_or_init(|| compile(root, &self.pointer, self.open))
    }
}

/// Compiles the schema at a pointer. Compiling a whole document costs ten times as much as what one schema reaches, so
/// the rest is left out; pointers into the document stay true.
fn compile(root: &Value, pointer: &str, open: bool) -> Validator {
    let schema = root.pointer(pointer).expect("pointers are made from the document itself");
    let components = &root["components"]["schemas"];
    let mut reached = BTreeSet::new();
    reach(schema, components, &mut reached);
    let kept: Map<String, Value> =
        reached.into_iter().map(|name| (name.to_owned(), components[name].clone())).collect();

    let mut pruned = schema.clone();
    if let Some(members) = pruned.as_object_mut() {
        members.insert("components".to_owned(), json!({ "schemas": kept }));
    }
    if open {
        unclose(&mut pruned);
    }
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .offline()
        .build(&pruned)
        .expect("a test compiles every schema of every document")
}

/// Opens every object, but for those that a condition asks about.
fn unclose(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            for closing in ["additionalProperties", "unevaluatedProperties"] {
                if members.get(closing) == Some(&Value::Bool(false)) {
                    members.remove(closing);
                }
            }
            let inner = members.iter_mut().filter(|(name, _)| !matches!(name.as_str(), "if" | "not"));
            inner.for_each(|(_, inner)| unclose(inner));
        }
        Value::Array(items) => items.iter_mut().for_each(unclose),
        _ => {}
    }
}

const COMPONENTS: &str = "#/components/schemas/";

/// Collects the names of all components that a schema refers to, directly or through others.
fn reach<'a>(schema: &'a Value, components: &'a Value, reached: &mut BTreeSet<&'a str>) {
    match schema {
        Value::Object(members) => {
            let name = members.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix(COMPONENTS));
            if let Some(name) = name
                && reached.insert(name)
            {
                reach(&components[name], components, reached);
            }
            members.values().for_each(|value| reach(value, components, reached));
        }
        Value::Array(items) => items.iter().for_each(|item| reach(item, components, reached)),
        _ => {}
    }
}

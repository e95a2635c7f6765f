//! Finds every `<provider>/openapi.yaml`, turns it into JSON, and writes the table that `document.rs` includes.
//!
//! A document may go on in other files below its folder, by whatever name: their paths and components are its own. A name
//! stands in one of them only.
//!
//! YAML is read by the rules of YAML 1.2 (`no` and `off` are strings), once, here: a program that starts only parses JSON.
//! Cargo looks again when a provider's folder changes; for a folder that is new, touch this file (a test notices).
//!
//! A document may take parts of another provider's, which are then parts of what is embedded:
//!
//! ```text
//! x-include: "../anthropic/openapi.yaml#/components/schemas/CreateMessageParams"
//! properties: { model: null, anthropic_version: { type: string } }
//! ```
//!
//! is that object, changed as a [merge patch](https://www.rfc-editor.org/rfc/rfc7396) by what stands beside. Components that
//! it refers to come along as `<provider>.<name>`.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::{Map, Value};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo:rerun-if-changed=build.rs");

    let mut documents = BTreeMap::new();
    for provider in providers(&root)? {
        documents.insert(provider.clone(), document(&root.join(&provider))?);
    }
    let mut table = String::from("&[\n");
    for provider in documents.keys() {
        let folder = root.join(provider);
        let source = folder.join("SOURCE.md");
        if !source.is_file() {
            return Err(format!("{} is missing: say where the facts come from", source.display()).into());
        }
        println!("cargo:rerun-if-changed={}", folder.display());

        let json = out.join(format!("{provider}.json"));
        fs::write(&json, serde_json::to_string(&whole(provider, &documents)?)?)?;
        writeln!(
            table,
            "    Embedded {{ name: {provider:?}, text: include_str!({:?}), source: include_str!({:?}) }},",
            path(&json)?,
            path(&source)?
        )?;
    }
    table.push_str("]\n");
    fs::write(out.join("documents.rs"), table)?;
    Ok(())
}

/// Names of the folders that hold a document, in order.
fn providers(root: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        if entry.path().join("openapi.yaml").is_file() {
            names.push(
                entry.file_name().into_string().map_err(|_| "a provider's folder is not named in UTF-8")?,
            );
        }
    }
    names.sort();
    Ok(names)
}

/// `openapi.yaml`, and what stands in the other files of the folder.
fn document(folder: &Path) -> Result<Value, Box<dyn Error>> {
    let first = folder.join("openapi.yaml");
    let mut document = read(&first)?;
    let mut parts = Vec::new();
    collect(folder, &mut parts)?;
    parts.sort();
    for part in parts.iter().filter(|part| **part != first) {
        let mut content = read(part)?;
        for place in ["/paths", "/components/schemas"] {
            let Some(Value::Object(more)) = content.pointer_mut(place).map(Value::take) else { continue };
            let whole = document.pointer_mut(place).and_then(Value::as_object_mut);
            let whole = whole.ok_or_else(|| format!("{}: no {place}", first.display()))?;
            for (name, value) in more {
                if whole.insert(name.clone(), value).is_some() {
                    return Err(format!("{}: {name} stands twice", part.display()).into());
                }
            }
        }
    }
    Ok(document)
}

/// Every YAML file of a folder and of those below.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    Ok(())
}

fn read(yaml: &Path) -> Result<Value, Box<dyn Error>> {
    let text = fs::read_to_string(yaml)?;
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(&text, options)
        .map_err(|error| format!("{}: {error}", yaml.display()).into())
}

/// The document of a provider with what it includes.
fn whole(provider: &str, documents: &BTreeMap<String, Value>) -> Result<Value, Box<dyn Error>> {
    let mut include = Include { provider, documents, components: Map::new() };
    let mut document = include.settled(&documents[provider], provider)?;
    // What a change took the place of brought its components for nothing.
    let reached = reached(&document, &include.components);
    include.components.retain(|name, _| reached.contains(name));
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        schemas.append(&mut include.components);
    }
    Ok(document)
}

/// The names of those components that a document refers to, directly or through one another.
fn reached(document: &Value, components: &Map<String, Value>) -> BTreeSet<String> {
    let (mut reached, mut next) = (BTreeSet::new(), vec![document]);
    while let Some(value) = next.pop() {
        match value {
            Value::Object(members) => {
                let reference = members.get("$ref").and_then(Value::as_str);
                let name = reference.and_then(|reference| reference.strip_prefix("#/components/schemas/"));
                if let Some((name, component)) = name.and_then(|name| components.get_key_value(name))
                    && reached.insert(name.clone())
                {
                    next.push(component);
                }
                next.extend(members.values());
            }
            Value::Array(items) => next.extend(items),
            _ => {}
        }
    }
    reached
}

/// Takes parts of other documents into that of `provider`.
struct Include<'a> {
    provider: &'a str,
    documents: &'a BTreeMap<String, Value>,
    /// Components that came along, by their names here.
    components: Map<String, Value>,
}

impl Include<'_> {
    /// A value of the document of `home`, as it stands in this one.
    fn settled(&mut self, value: &Value, home: &str) -> Result<Value, Box<dyn Error>> {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(from)) = members.get("x-include") {
                    return self.included(from, members);
                }
                if let Some(Value::String(reference)) = members.get("$ref")
                    && home != self.provider
                {
                    return self.referred(reference, home);
                }
                let members =
                    members.iter().map(|(name, value)| Ok((name.clone(), self.settled(value, home)?)));
                members.collect::<Result<Map<_, _>, _>>().map(Value::Object)
            }
            Value::Array(items) => items.iter().map(|item| self.settled(item, home)).collect(),
            other => Ok(other.clone()),
        }
    }

    /// The object at `from`, changed by the members beside.
    fn included(&mut self, from: &str, beside: &Map<String, Value>) -> Result<Value, Box<dyn Error>> {
        let place = from.strip_prefix("../").and_then(|from| from.split_once("/openapi.yaml#"));
        let (home, pointer) = place.ok_or_else(|| format!("{from}: no place in another document"))?;
        let other = self.documents.get(home).ok_or_else(|| format!("{from}: no such document"))?;
        let there = other.pointer(pointer).ok_or_else(|| format!("{from}: leads nowhere"))?;
        let mut value = self.settled(there, home)?;
        let mut beside = self.settled(&Value::Object(changes(beside)), self.provider)?;
        patch(&mut value, &mut beside);
        // It stays there, to tell what is not this document's own.
        value["x-include"] = from.into();
        Ok(value)
    }

    /// What a reference of another document becomes: one to a component that comes along, or else what it refers to.
    fn referred(&mut self, reference: &str, home: &str) -> Result<Value, Box<dyn Error>> {
        let place = reference.strip_prefix('#').and_then(|pointer| self.documents[home].pointer(pointer));
        let there = place.ok_or_else(|| format!("{home}: {reference} leads nowhere"))?.clone();
        let Some(name) = reference.strip_prefix("#/components/schemas/") else {
            return self.settled(&there, home);
        };
        let name = format!("{home}.{name}");
        if !self.components.contains_key(&name) {
            // First of all, for components refer to each other in circles.
            self.components.insert(name.clone(), Value::Null);
            let mut component = self.settled(&there, home)?;
            component["x-published"] = "none".into();
            self.components.insert(name.clone(), component);
        }
        Ok(serde_json::json!({ "$ref": format!("#/components/schemas/{name}") }))
    }
}

/// What stands beside `x-include`.
fn changes(members: &Map<String, Value>) -> Map<String, Value> {
    let beside = members.iter().filter(|(name, _)| *name != "x-include");
    beside.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// RFC 7396.
fn patch(value: &mut Value, change: &mut Value) {
    let Value::Object(change) = change else {
        *value = change.take();
        return;
    };
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    for (name, change) in change.iter_mut() {
        if change.is_null() {
            value.as_object_mut().map(|members| members.remove(name));
        } else {
            patch(&mut value[name], change);
        }
    }
}

fn path(path: &Path) -> Result<&str, &'static str> {
    path.to_str().ok_or("the build directory is not named in UTF-8")
}

//! A JSON Schema of configuration files, made of what their reader asks for: <https://json-schema.org/draft/2020-12>.
//!
//! It tells names and types of members, ranges, choices and what must be there; rules over several members are for `--check` to tell.

mod shared;

use std::cell::RefCell;

use serde_json::{Map, Value, json};

use super::field::{Context, join};
use super::outline::{Kind, Outline, Shape, Survey};
use super::{document, plugin};

/// Readings for each plugin: every provider, each time with and without.
const TURNS: usize = 64;
/// Where a plugin is described: it is the same everywhere, but for what it may refer to.
const PLUGIN: &str = "services[].routes[].plugins[]";

/// The schema.
#[must_use]
pub fn schema() -> Value {
    let mut all = Outline::default();
    let mut configs = Map::new();
    let mut rules = Vec::new();
    for name in plugin::names() {
        let mut outline = Outline::default();
        (0..TURNS).for_each(|turn| outline.add(survey(turn, name)));
        let config = join(PLUGIN, "config");
        let needs = outline.shapes.get(&config).is_some_and(|shape| !required(shape).is_empty());
        let reference = json!({ "$ref": format!("#/$defs/{name}") });
        let mut then = json!({ "properties": { "config": reference } });
        if needs {
            then["required"] = json!(["config"]);
        }
        rules.push(json!({ "if": { "properties": { "name": { "const": name } } }, "then": then }));
        configs.insert(name.to_owned(), value(&outline, &config));
        all.add(outline);
    }
    let mut root = value(&all, "");
    let mut defs = configs;
    defs.insert("plugin".to_owned(), one_plugin(&all, rules));
    defs.insert("reference".to_owned(), json!({ "type": "string", "pattern": r"\$\{|^\{vault://" }));
    root["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    root["title"] = "Kong's declarative file, as touchstone gateway reads it".into();
    root["type"] = "object".into();
    root["$defs"] = defs.into();
    shared::share(&mut root);
    root
}

fn survey(turn: usize, plugin: &'static str) -> Outline {
    let survey = Survey::new(turn, plugin);
    let context = Context { env: &|_| None, errors: RefCell::default(), survey: Some(survey) };
    document::survey(&context);
    context.survey.map(Survey::into_outline).unwrap_or_default()
}

/// A plugin wherever it stands. One that is switched off may be any of Kong's.
fn one_plugin(all: &Outline, mut rules: Vec<Value>) -> Value {
    let mut shape = Shape::default();
    let places = all.shapes.iter().filter(|(path, _)| path.ends_with("plugins[]"));
    for (_, place) in places {
        shape.records += place.records;
        place.members.iter().for_each(|(name, count)| *shape.members.entry(name).or_default() += count);
    }
    let own = |name: &&'static str| {
        let paths = all.shapes.keys().filter(|path| path.ends_with(&format!("plugins[].{name}")));
        let best = paths.max_by_key(|path| all.shapes[*path].kinds.len());
        best.map_or_else(|| json!({}), |path| value(all, path))
    };
    let mut properties: Map<String, Value> =
        shape.members.keys().map(|name| ((*name).to_owned(), own(name))).collect();
    // By the plugin's name, below.
    let config = own(&"config")["description"].take();
    properties.insert("config".to_owned(), json!({ "description": config }));
    let known: Vec<_> = plugin::names().collect();
    rules.push(json!({
        "if": { "properties": { "enabled": { "const": false } }, "required": ["enabled"] },
        "else": { "properties": { "name": { "enum": known } } },
    }));
    json!({
        "type": "object",
        "properties": properties,
        "required": required(&shape),
        "additionalProperties": false,
        "allOf": rules,
    })
}

/// The members that are asked for in every reading.
fn required(shape: &Shape) -> Vec<&'static str> {
    let always = |(_, count): &(&&'static str, &usize)| **count >= shape.records && shape.records > 0;
    shape.members.iter().filter(always).map(|(name, _)| *name).collect()
}

fn value(outline: &Outline, path: &str) -> Value {
    let mut schema = bare(outline, path);
    if let Some(shape) = outline.shapes.get(path) {
        schema["description"] = shape.about.into();
        schema["default"] = shape.default.clone().into();
        if let Some(members) = schema.as_object_mut() {
            members.retain(|name, value| !value.is_null() || name == "enum");
        }
    }
    schema
}

/// Without what it is, and what it is where nobody says.
fn bare(outline: &Outline, path: &str) -> Value {
    if path.ends_with("plugins[]") {
        return json!({ "$ref": "#/$defs/plugin" });
    }
    let Some(shape) = outline.shapes.get(path) else { return json!({}) };
    if shape.kinds.is_empty() {
        // What this gateway has not got may stand there empty, or where it is switched off.
        let never = shape.read > 0 && shape.refused == shape.read;
        return if never { json!({ "enum": [null, [], {}] }) } else { json!({}) };
    }
    let kinds = shape.kinds.iter().filter(|kind| {
        // A name is a string, too.
        **kind != Kind::Name || !shape.kinds.contains(&Kind::String)
    });
    let mut any: Vec<Value> = kinds.map(|kind| one(outline, path, shape, *kind)).collect();
    if path.is_empty() {
        return any.pop().unwrap_or_default();
    }
    let is_plain = |kind: &Kind| matches!(kind, Kind::String | Kind::List | Kind::Map | Kind::Record);
    if let ([one], true) = (&mut any[..], shape.kinds.iter().all(is_plain)) {
        // One that is null is as good as absent.
        one["type"] = json!([one["type"], "null"]);
        return one.take();
    }
    if !shape.kinds.iter().all(is_plain) {
        any.push(json!({ "$ref": "#/$defs/reference" }));
    }
    any.push(json!({ "type": "null" }));
    json!({ "anyOf": any })
}

fn one(outline: &Outline, path: &str, shape: &Shape, kind: Kind) -> Value {
    match kind {
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Integer => ranged("integer", shape),
        Kind::Number => ranged("number", shape),
        Kind::Name => json!({ "enum": shape.names }),
        Kind::String => json!({ "type": "string" }),
        Kind::List => json!({ "type": "array", "items": value(outline, &format!("{path}[]")) }),
        Kind::Map => json!({ "type": "object", "additionalProperties": value(outline, &join(path, "*")) }),
        Kind::Record => record(outline, path, shape),
    }
}

fn record(outline: &Outline, path: &str, shape: &Shape) -> Value {
    let member = |name: &&'static str| ((*name).to_owned(), value(outline, &join(path, name)));
    let properties: Map<String, Value> = shape.members.keys().map(member).collect();
    let mut record = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    let required = required(shape);
    if !required.is_empty() {
        record["required"] = required.into();
    }
    record
}

fn ranged(kind: &str, shape: &Shape) -> Value {
    let mut schema = json!({ "type": kind });
    #[expect(clippy::cast_possible_truncation, reason = "whole, and 2^53 at most")]
    let number = |value: f64| if value.fract() == 0.0 { json!(value as i64) } else { json!(value) };
    if let Some((start, end)) = shape.range {
        schema["minimum"] = number(start);
        if let Some(end) = end {
            schema["maximum"] = number(end);
        }
    }
    if shape.positive {
        schema["exclusiveMinimum"] = json!(0);
    }
    schema
}

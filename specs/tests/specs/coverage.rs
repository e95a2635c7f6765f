//! Whether the valid samples show all that a document describes: every member of every request, reply and event, and
//! every value of every enum.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::samples::{Sample, status};

#[test]
fn valid_samples_show_every_member_and_every_value() {
    for provider in specs::apis().map(specs::Api::provider) {
        let document = specs::api(provider).expect("the document is embedded").document();
        let schemas = Schemas { document, schemas: &document["components"]["schemas"] };
        let mut shown = BTreeSet::new();
        for sample in Sample::all().iter().filter(|sample| sample.is(provider, "valid")) {
            for (schema, value) in schemas.of(sample) {
                schemas.show(schema, value, "", &mut shown);
            }
        }
        let mut described = BTreeSet::new();
        let all = schemas.schemas.as_object().expect("a document has schemas").iter();
        // What is another document's is shown by that one's samples.
        let is_own = |name: &str, schema: &Value| !name.contains('.') && schema.get("x-include").is_none();
        for (name, schema) in all.filter(|(name, schema)| is_own(name, schema)) {
            schemas.describe(schema, name, &mut described);
        }
        let missing: Vec<_> = described.difference(&shown).map(String::as_str).collect();
        assert!(missing.is_empty(), "no valid sample of {provider} has\n{}", missing.join("\n"));
    }
}

/// The schemas of one document. Their parts are named by the component, members, and enum values.
struct Schemas<'a> {
    document: &'a Value,
    schemas: &'a Value,
}

impl<'a> Schemas<'a> {
    /// What a sample holds, each with its schema.
    fn of(&self, sample: &'a Sample) -> Vec<(&'a Value, &'a Value)> {
        let path = &self.document["paths"][sample.operation().path()];
        let operation = &path[sample.method().to_lowercase()];
        let plain: &[&str] = if sample.content["form"] == true {
            &["multipart/form-data", "application/x-www-form-urlencoded"]
        } else {
            &["application/json"]
        };
        let variant = sample.content["variant"].as_str();
        let is_own = move |media: &str| match variant {
            Some(name) => media.ends_with(&format!("={name}")),
            None => plain.iter().any(|plain| media.ends_with(plain)),
        };
        let bodies = operation["requestBody"]["content"].as_object().into_iter().flatten();
        let named = |(media, body): &(&String, &Value)| {
            is_own(media) || body["x-variant"].as_str().is_some_and(|name| Some(name) == variant)
        };
        let body = bodies.into_iter().find(named).map(|(_, body)| &body["schema"]);
        let requests = sample.list("requests").filter_map(move |request| Some((body?, request)));

        let replies = sample.list("replies").map(move |reply| {
            let content = &self.response(operation, status(reply))["content"];
            let own = content.as_object().into_iter().flatten().find(|(media, body)| {
                media.starts_with("application/json") && is_own(media) && body.is_object()
            });
            let body = own.map_or(&content["application/json"], |(_, body)| body);
            (&body["schema"], &reply["body"])
        });

        let streams = self.response(operation, 200)["content"].as_object().into_iter().flatten();
        let streams = streams.filter(|(_, media)| media["x-events"].is_object());
        let (own, other): (Vec<_>, Vec<_>) =
            streams.partition(|(media, _)| is_own(media) || variant.is_none() && !media.contains(';'));
        let events = own.into_iter().chain(other).map(|(_, media)| &media["x-events"]).next();
        let judged = |event: &'a Value| Some((&events?[event[0].as_str()?], &event[1]));
        let stream = sample.list("stream").filter_map(judged);
        requests.chain(replies).chain(stream).collect()
    }

    fn response(&self, operation: &'a Value, status: u16) -> &'a Value {
        let exact = &operation["responses"][status.to_string()];
        let class = &operation["responses"][format!("{}XX", status / 100)];
        let response = if exact.is_null() { class } else { exact };
        response["$ref"].as_str().map_or(response, |reference| self.at(reference))
    }

    fn at(&self, reference: &str) -> &'a Value {
        self.document.pointer(&reference[1..]).expect("references lead somewhere")
    }

    /// Names all parts of a schema, without following references.
    fn describe(&self, schema: &'a Value, at: &str, named: &mut BTreeSet<String>) {
        for value in schema["enum"].as_array().into_iter().flatten() {
            named.insert(format!("{at}={value}"));
        }
        for (member, inner) in schema["properties"].as_object().into_iter().flatten() {
            let at = format!("{at}/{member}");
            named.insert(at.clone());
            self.describe(inner, &at, named);
        }
        for inner in parts(schema) {
            self.describe(inner, at, named);
        }
    }

    /// Names the parts that a value has, following references.
    fn show(&self, schema: &'a Value, value: &Value, at: &str, named: &mut BTreeSet<String>) {
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().expect("a name");
            self.show(self.at(reference), value, name, named);
        }
        if schema["enum"].as_array().is_some_and(|values| values.contains(value)) {
            named.insert(format!("{at}={value}"));
        }
        if let (Some(inner), Some(held)) = (schema.get("contentSchema"), held(value)) {
            self.show(inner, &held, at, named);
        }
        for (member, inner) in schema["properties"].as_object().into_iter().flatten() {
            if let Some(value) = value.get(member) {
                let at = format!("{at}/{member}");
                named.insert(at.clone());
                self.show(inner, value, &at, named);
            }
        }
        for item in value.as_array().into_iter().flatten() {
            self.show(&schema["items"], item, at, named);
        }
        for item in
            schema["prefixItems"].as_array().into_iter().flatten().zip(value.as_array().into_iter().flatten())
        {
            self.show(item.0, item.1, at, named);
        }
        for (_, item) in value.as_object().into_iter().flatten() {
            self.show(&schema["additionalProperties"], item, at, named);
        }
        if let Some(then) = schema.get("then").filter(|_| self.fits(&schema["if"], value)) {
            self.show(then, value, at, named);
        }
        for inner in
            ["allOf", "anyOf", "oneOf"].iter().filter_map(|union| schema[*union].as_array()).flatten()
        {
            if self.fits(inner, value) {
                self.show(inner, value, at, named);
            }
        }
    }

    /// Whether a value may be meant for a branch: by its type, its tags, and what the branch requires.
    fn fits(&self, schema: &Value, value: &Value) -> bool {
        if let Some(reference) = schema["$ref"].as_str() {
            return self.fits(self.at(reference), value);
        }
        let types = match &schema["type"] {
            Value::Array(types) => types.clone(),
            Value::Null => Vec::new(),
            one => vec![one.clone()],
        };
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let members = schema["properties"].as_object().into_iter().flatten();
        (types.is_empty()
            || types.iter().any(|name| name == kind(value) || (name == "number" && value.is_number())))
            && required.into_iter().all(|member| value.get(member).is_some())
            && members.into_iter().all(|(member, inner)| {
                let value = value.get(member);
                let of = |values: &Value| {
                    value.is_none_or(|value| values.as_array().is_none_or(|of| of.contains(value)))
                };
                inner.get("const").is_none_or(|tag| value.is_none_or(|value| value == tag))
                    && of(&inner["enum"])
            })
    }
}

/// The JSON that a text holds as base64.
fn held(value: &Value) -> Option<Value> {
    serde_json::from_slice(&STANDARD.decode(value.as_str()?).ok()?).ok()
}

/// The schemas below one that are about the same value, or about its items.
fn parts(schema: &Value) -> impl Iterator<Item = &Value> {
    let unions = ["allOf", "anyOf", "oneOf", "prefixItems"].into_iter();
    let unions = unions.filter_map(|union| schema[union].as_array()).flatten();
    unions.chain(["items", "additionalProperties"].into_iter().filter_map(|inner| schema.get(inner)))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

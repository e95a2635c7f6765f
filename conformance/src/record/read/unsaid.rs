//! What a reply says and its reader does not understand.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::record::events::Event;

/// Paths of members that no known path covers, each once. What says nothing (null, false, zero, empty) is left out.
pub(super) fn of(events: &[Event], known: &[&str]) -> Vec<String> {
    let mut found = BTreeSet::new();
    for event in events {
        walk(&event.json, &mut Vec::new(), known, &mut found);
    }
    found
        .into_iter()
        .take(MOST)
        .map(|path| format!("the bytes have `{path}`, which neutral terms do not"))
        .collect()
}

/// What Bedrock adds in whoever's words it answers.
const COUNTED: &[&str] = &["amazon-bedrock-guardrailAction", "amazon-bedrock-invocationMetrics.**"];

/// More would be noise.
const MOST: usize = 24;

fn walk(value: &Value, path: &mut Vec<String>, known: &[&str], found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                path.push(name.clone());
                walk(value, path, known, found);
                path.pop();
            }
        }
        Value::Array(elements) => {
            path.push("*".to_owned());
            elements.iter().for_each(|element| walk(element, path, known, found));
            path.pop();
        }
        _ => {
            let is_nothing = matches!(value, Value::Null | Value::Bool(false)) || *value == 0 || *value == "";
            if !is_nothing && !known.iter().chain(COUNTED).any(|pattern| covers(pattern, path)) {
                found.insert(path.join("."));
            }
        }
    }
}

fn covers(pattern: &str, path: &[String]) -> bool {
    let mut rest = path.iter();
    for step in pattern.split('.') {
        match (step, rest.next()) {
            ("**", _) => return true,
            ("*", Some(_)) => {}
            (step, Some(name)) if step == name => {}
            _ => return false,
        }
    }
    rest.next().is_none()
}

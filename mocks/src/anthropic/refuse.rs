//! A broken schema in the words of the service: the member's path, and what it should be.

use serde_json::Value;
use specs::Violation;

use crate::script::{Failure, Kind};

/// What the service says to a body that is broken in this place.
pub(super) fn failure(violation: &Violation, body: &Value) -> Failure {
    let path = path(&violation.pointer, body);
    let value = body.pointer(&violation.pointer).unwrap_or(&Value::Null);
    let limit = violation.expected.split(' ').find(|word| word.parse::<f64>().is_ok()).unwrap_or_default();
    let problem = match violation.keyword.as_str() {
        "required" | "dependentRequired" => {
            let expected = violation.expected.strip_prefix("member `").unwrap_or_default();
            let missing = expected.strip_suffix('`').unwrap_or(expected);
            let dot = if path.is_empty() { "" } else { "." };
            return error(format!("{path}{dot}{missing}: Field required"));
        }
        "additionalProperties" | "unevaluatedProperties" => "Extra inputs are not permitted".to_owned(),
        "type" => format!("Input should be a valid {}", wanted(&violation.expected)),
        "enum" | "const" => format!("Input should be {}", alternatives(&violation.expected)),
        "minimum" => format!("Input should be greater than or equal to {limit}"),
        "maximum" => format!("Input should be less than or equal to {limit}"),
        "minLength" => format!("String should have at least {limit} character{}", plural(limit)),
        "maxLength" => format!("String should have at most {limit} character{}", plural(limit)),
        "minItems" if path == "messages" => "at least one message is required".to_owned(),
        "minItems" => {
            let count = value.as_array().map_or(0, Vec::len);
            format!("List should have at least {limit} item{} after validation, not {count}", plural(limit))
        }
        "maxItems" => format!("List should have at most {limit} item{} after validation", plural(limit)),
        "pattern" if violation.pointer.ends_with("/text") => {
            return error("messages: text content blocks must contain non-whitespace text".to_owned());
        }
        "pattern" => {
            let pattern = violation.expected.strip_prefix("text that matches ").unwrap_or_default();
            format!("String should match pattern '{pattern}'")
        }
        _ => format!("Input should be {}, got {}", violation.expected, violation.got),
    };
    error(if path.is_empty() { problem } else { format!("{path}: {problem}") })
}

fn error(message: String) -> Failure {
    Failure::new(Kind::InvalidRequest, message)
}

fn plural(limit: &str) -> &'static str {
    if limit == "1" { "" } else { "s" }
}

/// `/messages/0/content/1/text` as `messages.0.content.1.tool_use.text`: the service names the kind of a block behind its place.
fn path(pointer: &str, body: &Value) -> String {
    let mut path: Vec<String> = Vec::new();
    let mut at = body;
    let mut list = "";
    let mut parts = pointer.split('/').skip(1).peekable();
    while let Some(part) = parts.next() {
        let name = part.replace("~1", "/").replace("~0", "~");
        at = match at {
            Value::Array(items) => {
                name.parse().ok().and_then(|index: usize| items.get(index)).unwrap_or(&Value::Null)
            }
            other => other.get(&name).unwrap_or(&Value::Null),
        };
        path.push(name);
        let is_item = part.bytes().all(|byte| byte.is_ascii_digit());
        if is_item && parts.peek().is_some_and(|next| *next != "type") {
            match (at["type"].as_str(), list) {
                (Some(kind), "content" | "system" | "tools") => path.push(kind.to_owned()),
                (None, "tools") => path.push("custom".to_owned()),
                _ => {}
            }
        }
        list = part;
    }
    path.join(".")
}

/// A type name of JSON Schema as the service writes it.
fn wanted(expected: &str) -> String {
    let one = |name: &str| match name {
        "array" => "list".to_owned(),
        "object" => "dictionary".to_owned(),
        other => other.to_owned(),
    };
    let names: Vec<_> = expected.split(" or ").filter(|name| *name != "null").map(one).collect();
    names.join(" or ")
}

/// `one of "a", "b"` as `'a' or 'b'`.
fn alternatives(expected: &str) -> String {
    let quoted = expected.trim_start_matches("one of ").replace('"', "'");
    match quoted.rsplit_once(", ") {
        Some((head, last)) => format!("{head} or {last}"),
        None => quoted,
    }
}

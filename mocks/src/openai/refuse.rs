//! A broken schema in the words of the service: which member, what was expected, what came.

use serde_json::Value;
use specs::Violation;

use super::responses;
use crate::script::{Failure, Kind};

/// What the service says to a body that is broken in this place.
pub(super) fn failure(violation: &Violation, body: &Value) -> Failure {
    if let Some(known) = responses::refusal(violation, body) {
        return known;
    }
    let path = path(&violation.pointer);
    let member = || violation.expected.strip_prefix("member `").and_then(|rest| rest.strip_suffix('`'));
    if violation.pointer.is_empty()
        && let Some(known) = between(violation, body)
    {
        return known;
    }
    let is_tag = || {
        let value = body.pointer(&violation.pointer).unwrap_or(&Value::Null);
        value.is_string() && violation.expected.starts_with("one of \"")
    };
    match violation.keyword.as_str() {
        "required" => {
            let missing = member().unwrap_or_default();
            let name = if path.is_empty() { missing.to_owned() } else { format!("{path}.{missing}") };
            error(format!("Missing required parameter: '{name}'."), Some(&name), "missing_required_parameter")
        }
        "additionalProperties" | "unevaluatedProperties" if !path.contains(['.', '[']) => unknown(&path),
        "additionalProperties" | "unevaluatedProperties" => {
            error(format!("Unknown parameter: '{path}'."), Some(&path), "unknown_parameter")
        }
        "type" => {
            let got = kind(body.pointer(&violation.pointer).unwrap_or(&Value::Null));
            let wanted = wanted(&violation.expected);
            let message = format!("Invalid type for '{path}': expected {wanted}, but got {got} instead.");
            error(message, Some(&path), "invalid_type")
        }
        // A tag that none of the alternatives has is a value like any other.
        keyword if ["enum", "const"].contains(&keyword) || keyword == "oneOf" && is_tag() => {
            let value = body.pointer(&violation.pointer).unwrap_or(&Value::Null);
            let message = match value {
                Value::String(text) => {
                    format!("Invalid value: '{text}'. Supported values are: {}.", quoted(&violation.expected))
                }
                other => {
                    format!("Invalid value: {other}. Supported values are: {}.", quoted(&violation.expected))
                }
            };
            error(message, Some(&path), "invalid_value")
        }
        _ => bounds(violation, body, &path),
    }
}

/// What is said to a member that the service does not know.
pub(super) fn unknown(name: &str) -> Failure {
    Failure::new(Kind::InvalidRequest, format!("Unrecognized request argument supplied: {name}"))
}

/// Rules between members of the request itself.
fn between(violation: &Violation, body: &Value) -> Option<Failure> {
    let only = |name: &str, when: &str| {
        error(format!("The '{name}' parameter is only allowed when '{when}' is enabled."), Some(name), "")
    };
    let with_tools =
        |name: &str| error(format!("'{name}' is only allowed when 'tools' are specified."), Some(name), "");
    let has = |name: &str| body.get(name).is_some_and(|value| !value.is_null());
    match violation.keyword.as_str() {
        "dependentRequired" if has("tool_choice") => Some(with_tools("tool_choice")),
        "dependentRequired" => Some(with_tools("parallel_tool_calls")),
        "required" if violation.document.contains("/then/") && has("stream_options") && !has("stream") => {
            Some(only("stream_options", "stream"))
        }
        "required" if violation.document.contains("/then/") && has("top_logprobs") && !has("logprobs") => {
            Some(only("top_logprobs", "logprobs"))
        }
        _ => None,
    }
}

/// Numbers out of range, lists and texts of the wrong length.
fn bounds(violation: &Violation, body: &Value, path: &str) -> Failure {
    let value = body.pointer(&violation.pointer).unwrap_or(&Value::Null);
    let limit = violation.expected.split(' ').find(|word| word.parse::<f64>().is_ok()).unwrap_or_default();
    let number = if value.is_i64() || value.is_u64() { "integer" } else { "decimal" };
    let items = value.as_array().map_or(0, Vec::len);
    let chars = value.as_str().map_or(0, |text| text.chars().count());
    let (what, code) = match violation.keyword.as_str() {
        "minimum" | "exclusiveMinimum" => {
            let what = format!(
                "{number} below minimum value. Expected a value >= {limit}, but got {value} instead."
            );
            (what, format!("{number}_below_min_value"))
        }
        "maximum" | "exclusiveMaximum" => {
            let what = format!(
                "{number} above maximum value. Expected a value <= {limit}, but got {value} instead."
            );
            (what, format!("{number}_above_max_value"))
        }
        "minItems" if items == 0 => {
            let what = format!(
                "empty array. Expected an array with minimum length {limit}, but got an empty array instead."
            );
            (what, "empty_array".to_owned())
        }
        "maxItems" => {
            let what = format!(
                "array too long. Expected an array with maximum length {limit}, but got an array with length {items} instead."
            );
            (what, "array_above_max_length".to_owned())
        }
        "maxLength" => {
            let what = format!(
                "string too long. Expected a string with maximum length {limit}, but got a string with length {chars} instead."
            );
            (what, "string_above_max_length".to_owned())
        }
        "minLength" => {
            let what = format!(
                "empty string. Expected a string with minimum length {limit}, but got an empty string instead."
            );
            (what, "empty_string".to_owned())
        }
        "pattern" => {
            let pattern = violation.expected.strip_prefix("text that matches ").unwrap_or_default();
            let what = format!(
                "string does not match pattern. Expected a string that matches the pattern '{pattern}'."
            );
            (what, "invalid_value".to_owned())
        }
        _ => (
            format!("expected {}, but got {} instead.", violation.expected, violation.got),
            "invalid_value".to_owned(),
        ),
    };
    error(format!("Invalid '{path}': {what}"), Some(path), &code)
}

/// An invalid request with its member and code.
pub(super) fn error(message: String, param: Option<&str>, code: &str) -> Failure {
    Failure {
        param: param.filter(|param| !param.is_empty()).map(str::to_owned),
        code: (!code.is_empty()).then(|| code.to_owned()),
        ..Failure::new(Kind::InvalidRequest, message)
    }
}

/// `/messages/0/content` as `messages[0].content`.
fn path(pointer: &str) -> String {
    let mut path = String::with_capacity(pointer.len());
    for part in pointer.split('/').skip(1) {
        if part.bytes().all(|byte| byte.is_ascii_digit()) && !part.is_empty() {
            path.push_str(&format!("[{part}]"));
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&part.replace("~1", "/").replace("~0", "~"));
        }
    }
    path
}

pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a decimal",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Type names of JSON Schema as the service writes them.
fn wanted(expected: &str) -> String {
    let one = |name: &str| match name {
        "integer" => "an integer".to_owned(),
        "number" => "a decimal".to_owned(),
        "array" => "an array".to_owned(),
        "object" => "an object".to_owned(),
        "string" | "boolean" => format!("a {name}"),
        other => other.to_owned(),
    };
    let names: Vec<_> = expected.split(" or ").filter(|name| *name != "null").map(one).collect();
    match names.as_slice() {
        [] => "null".to_owned(),
        [one] => one.clone(),
        many => format!("one of {}", many.join(" or ")),
    }
}

/// `one of "a", "b", null` as `'a' and 'b'`, with a comma before the last of three or more.
pub(super) fn quoted(expected: &str) -> String {
    let quoted = expected.trim_start_matches("one of ").replace('"', "'");
    let values: Vec<&str> = quoted.split(", ").filter(|value| *value != "null").collect();
    match values.as_slice() {
        [] => quoted,
        [one] => (*one).to_owned(),
        [one, other] => format!("{one} and {other}"),
        [head @ .., last] => format!("{}, and {last}", head.join(", ")),
    }
}

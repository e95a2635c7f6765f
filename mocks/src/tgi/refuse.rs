//! A body that cannot be read, in the words of [the framework](https://docs.rs/axum/0.7/axum/extract/rejection/enum.JsonRejection.html);
//! and values out of range, in the server's own.

use serde_json::Value;
use specs::Violation;

use super::error::PLAIN;
use crate::script::{Failure, Kind};

/// A body that is not JSON.
pub(crate) fn unreadable(problem: &serde_json::Error) -> Failure {
    let message = format!("Failed to parse the request body as JSON: {problem}");
    Failure { status: Some(400), code: Some(PLAIN.to_owned()), ..Failure::new(Kind::InvalidRequest, message) }
}

/// A body that breaks its schema in this place.
pub(crate) fn failure(violation: &Violation, body: &Value) -> Failure {
    let member = violation.pointer.rsplit('/').next().unwrap_or_default();
    if let Some(rule) = rule(member, violation, body) {
        let message = format!("Input validation error: {rule}");
        return Failure { code: Some("validation".to_owned()), ..Failure::new(Kind::Unprocessable, message) };
    }
    let path = violation.pointer.trim_start_matches('/').split('/');
    let path: Vec<String> = path
        .map(|part| if part.parse::<u32>().is_ok() { format!("[{part}]") } else { part.to_owned() })
        .collect();
    let place = path.join(".").replace(".[", "[");
    let place = if place.is_empty() { place } else { format!("{place}: ") };
    let value = body.pointer(&violation.pointer).unwrap_or(&Value::Null);
    let problem = match violation.keyword.as_str() {
        "required" => {
            let missing = violation.expected.trim_start_matches("member ");
            format!("missing field {missing}")
        }
        "type" => format!("invalid type: {}, expected {}", kind(value), violation.expected),
        _ => format!("expected {}, got {}", violation.expected, violation.got),
    };
    let end = body.to_string().len();
    let message = format!(
        "Failed to deserialize the JSON body into the target type: {place}{problem} at line 1 column {end}"
    );
    Failure { status: Some(422), code: Some(PLAIN.to_owned()), ..Failure::new(Kind::Unprocessable, message) }
}

/// What the server's validation says to a value of the right type.
fn rule(member: &str, violation: &Violation, body: &Value) -> Option<String> {
    let is_range = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "maxItems"];
    if member == "suffix" {
        return Some("Suffix is not supported and can be achieved by preprocessing the prompt.".to_owned());
    }
    if !is_range.contains(&violation.keyword.as_str()) {
        return None;
    }
    let given = body.pointer(&violation.pointer).unwrap_or(&Value::Null);
    Some(match member {
        "temperature" | "repetition_penalty" | "top_k" | "max_new_tokens" => {
            format!("`{member}` must be strictly positive")
        }
        "max_tokens" => "`max_new_tokens` must be strictly positive".to_owned(),
        "frequency_penalty" => "`frequency_penalty` must be >= -2.0 and <= 2.0".to_owned(),
        "top_p" | "typical_p" => format!("`{member}` must be > 0.0 and < 1.0"),
        "best_of" => format!("`best_of` must be > 0 and <= 2. Given: {given}"),
        "stop" => {
            let count = given.as_array().map_or(0, Vec::len);
            format!("`stop` supports up to 4 stop sequences. Given: {count}")
        }
        _ => return None,
    })
}

fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => format!("boolean `{value}`"),
        Value::Number(number) if number.is_f64() => format!("floating point `{number}`"),
        Value::Number(number) => format!("integer `{number}`"),
        Value::String(text) => format!("string {text:?}"),
        Value::Array(_) => "sequence".to_owned(),
        Value::Object(_) => "map".to_owned(),
    }
}

//! A broken schema in the words of the service.

use serde_json::Value;
use specs::Violation;

use super::check::invalid;
use crate::script::{Failure, Kind};

/// What the service says to a body that is broken in this place.
pub(super) fn failure(violation: &Violation, body: &Value) -> Failure {
    let path = violation.pointer.split('/').skip(1).filter(|part| !is_number(part));
    let path = path.collect::<Vec<_>>().join(".");
    let last = path.rsplit('.').next().unwrap_or_default();
    let value = body.pointer(&violation.pointer).unwrap_or(&Value::Null);
    let mut numbers = violation.expected.split([' ', ',']).filter(|word| word.parse::<f64>().is_ok());
    match violation.keyword.as_str() {
        "additionalProperties" | "unevaluatedProperties" => unprocessable(
            &format!("unknown field: parameter '{last}' is not a valid field."),
            page(&violation.document),
        ),
        "type" => {
            let what = format!(
                "invalid type: parameter {path} is of type {} but should be of type {}.",
                kind(value),
                violation.expected
            );
            unprocessable(&what, page(&violation.document))
        }
        "required" => missing(&violation.pointer, &violation.expected),
        "minimum" | "maximum" if let Some(range) = range(last) => {
            invalid(&format!("{last} must be between {range} inclusive."))
        }
        "maxItems" if last == "texts" => invalid(&format!(
            "total number of texts must be at most {} - received {}",
            numbers.next().unwrap_or_default(),
            value.as_array().map_or(0, Vec::len)
        )),
        "minLength" if path == "chat_history.message" => {
            invalid("all elements in history must have a message.")
        }
        _ if path == "chat_history.role" => {
            let index = violation.pointer.split('/').find(|part| is_number(part)).unwrap_or_default();
            invalid(&format!(
                "Invalid role in chat_history at index {index}. Role must be one of the following: User, Chatbot, System, Tool"
            ))
        }
        _ if last == "input_type" => invalid("valid input_type must be provided with the provided model"),
        _ => invalid(&format!("{path}: expected {}, got {}", violation.expected, violation.got)),
    }
}

fn is_number(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
}

/// The page of the reference that the service sends its readers to.
fn page(document: &str) -> &'static str {
    match document {
        place if place.contains("Embed") || place.contains("embed") => "embed",
        place if place.contains("Generate") => "generate",
        _ => "chat",
    }
}

fn unprocessable(what: &str, page: &str) -> Failure {
    let message =
        format!("{what} For proper usage, please refer to https://docs.cohere.com/reference/{page}");
    Failure::new(Kind::Unprocessable, message)
}

fn missing(pointer: &str, expected: &str) -> Failure {
    let member = expected.trim_start_matches("member `").trim_end_matches('`');
    match (pointer, member) {
        ("", "model") => {
            Failure::new(Kind::InvalidRequest, "a model parameter is required for this endpoint.")
        }
        ("", "message") => {
            invalid("message must be at least 1 token long or tool results must be specified.")
        }
        ("", "prompt") => invalid("prompt must be at least 1 token long."),
        ("", "input_type") => invalid("valid input_type must be provided with the provided model"),
        (place, "message") if place.starts_with("/chat_history") => {
            invalid("all elements in history must have a message.")
        }
        (_, member) => invalid(&format!("{member} is required")),
    }
}

fn range(member: &str) -> Option<&'static str> {
    match member {
        "temperature" => Some("0 and 1.0"),
        "presence_penalty" | "frequency_penalty" => Some("0 and 1"),
        "p" => Some("0.01 and 0.99"),
        "k" => Some("0 and 500"),
        "num_generations" => Some("1 and 5"),
        _ => None,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

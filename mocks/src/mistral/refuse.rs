//! A broken schema in the words of the service, which are [Pydantic's](https://docs.pydantic.dev/latest/errors/validation_errors/):
//! what is wrong, where, and a sentence.

use serde_json::Value;
use specs::Violation;

use crate::script::{Failure, Kind};

/// What the service says to a body that is broken in this place. The code is the kind of error, the param its place.
pub(super) fn failure(violation: &Violation, body: &Value) -> Failure {
    let value = body.pointer(&violation.pointer).unwrap_or(&Value::Null);
    let expected = violation.expected.as_str();
    let limit = expected.split(' ').find(|word| word.parse::<f64>().is_ok()).unwrap_or_default();
    let (kind, sentence) = match violation.keyword.as_str() {
        "required" => ("missing", "Field required".to_owned()),
        "additionalProperties" => ("extra_forbidden", "Extra inputs are not permitted".to_owned()),
        "type" => of_type(expected),
        "enum" | "const" => {
            let values = expected.trim_start_matches("one of ").replace('"', "'");
            ("enum", format!("Input should be {values}"))
        }
        "minimum" => ("greater_than_equal", format!("Input should be greater than or equal to {limit}")),
        "exclusiveMinimum" => ("greater_than", format!("Input should be greater than {limit}")),
        "maximum" => ("less_than_equal", format!("Input should be less than or equal to {limit}")),
        "pattern" => ("string_pattern_mismatch", format!("String should match {expected}")),
        "minItems" => {
            let count = value.as_array().map_or(0, Vec::len);
            ("too_short", format!("List should have at least {limit} item after validation, not {count}"))
        }
        _ => ("value_error", format!("Input should be {}", expected.trim_start_matches("one of "))),
    };
    let missing = expected.strip_prefix("member `").and_then(|rest| rest.strip_suffix('`'));
    let place = match missing.filter(|_| kind == "missing") {
        Some(name) => format!("{}/{name}", violation.pointer),
        None => violation.pointer.clone(),
    };
    Failure { param: Some(place), code: Some(kind.to_owned()), ..Failure::new(Kind::Unprocessable, sentence) }
}

/// What the service says to a body that is not JSON.
pub(super) fn unreadable(problem: &serde_json::Error) -> Failure {
    Failure {
        param: Some(format!("/{}", problem.column())),
        code: Some("json_invalid".to_owned()),
        ..Failure::new(Kind::Unprocessable, "JSON decode error")
    }
}

fn of_type(expected: &str) -> (&'static str, String) {
    let (kind, name) = match expected.split(" or ").find(|name| *name != "null").unwrap_or_default() {
        "string" => ("string_type", "string"),
        "integer" => ("int_type", "integer"),
        "number" => ("float_type", "number"),
        "boolean" => ("bool_type", "boolean"),
        "array" => ("list_type", "list"),
        _ => ("dict_type", "dictionary"),
    };
    (kind, format!("Input should be a valid {name}"))
}

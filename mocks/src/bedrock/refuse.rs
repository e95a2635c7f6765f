//! A broken schema in the words of the service. It speaks three tongues: its own sentences about conversations (members counted from 0),
//! its framework's about constraints (`messages.1.member.role`, counted from 1) and about types, and a JSON validator's about unknown members.

use serde_json::Value;
use specs::Violation;

use crate::cloud::aws::constraint::{limit, sentence};
use crate::script::{Failure, Kind};

/// What the service says to a body that is broken in this place.
pub(super) fn failure(violation: &Violation, body: &Value) -> Failure {
    let value = body.pointer(&violation.pointer).unwrap_or(&Value::Null);
    if INVOKED.iter().any(|component| violation.document.contains(component)) {
        return invalid(invoked(violation, value));
    }
    if let Some(message) = conversation(violation) {
        return invalid(message);
    }
    match violation.keyword.as_str() {
        "type" => serialization(&violation.expected, value),
        "additionalProperties" | "unevaluatedProperties" | "minProperties" | "maxProperties" => {
            invalid(malformed(violation, value))
        }
        _ => invalid(sentence(violation, value)),
    }
}

fn invalid(message: String) -> Failure {
    Failure::new(Kind::InvalidRequest, message)
}

/// The components of the bodies that are a model's own.
const INVOKED: [&str; 5] = ["/Invoke", "/Titan", "/Cohere", "/anthropic.", "/cohere."];

/// A model's own body goes through a JSON validator alone.
fn invoked(violation: &Violation, value: &Value) -> String {
    let pointer = &violation.pointer;
    let problem = match violation.keyword.as_str() {
        "additionalProperties" | "minProperties" | "maxProperties" => return malformed(violation, value),
        "required" | "anyOf" => {
            let missing = violation.expected.split('`').nth(1).unwrap_or_default();
            format!("#{pointer}: required key [{missing}] not found")
        }
        "type" => {
            let found = match value {
                Value::Null => "Null",
                Value::Bool(_) => "Boolean",
                Value::Number(number) if number.is_f64() => "BigDecimal",
                Value::Number(_) => "Integer",
                Value::String(_) => "String",
                Value::Array(_) => "JSONArray",
                Value::Object(_) => "JSONObject",
            };
            let wanted = match violation.expected.as_str() {
                "array" => "JSONArray",
                "object" => "JSONObject",
                "integer" => "Integer",
                "boolean" => "Boolean",
                "number" => "Number",
                _ => "String",
            };
            format!("#{pointer}: expected type: {wanted}, found: {found}")
        }
        "enum" | "const" => {
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            format!("#{pointer}: {shown} is not a valid enum value")
        }
        "minimum" => format!("#{pointer}: {value} is not greater or equal to {}", limit(violation)),
        "maximum" => format!("#{pointer}: {value} is not less or equal to {}", limit(violation)),
        "minItems" => {
            let found = value.as_array().map_or(0, Vec::len);
            format!("#{pointer}: expected minimum item count: {}, found: {found}", limit(violation))
        }
        "minLength" => format!("#{pointer}: expected minLength: {}, actual: 0", limit(violation)),
        "maxItems" => {
            let found = value.as_array().map_or(0, Vec::len);
            format!("#{pointer}: expected maximum item count: {}, found: {found}", limit(violation))
        }
        keyword => format!("#{pointer}: does not hold to {keyword}"),
    };
    format!("Malformed input request: {problem}, please reformat your input and try again.")
}

/// Rules about conversations, in the sentences that users report.
fn conversation(violation: &Violation) -> Option<String> {
    let pointer = violation.pointer.trim_start_matches('/').replace('/', ".");
    let parts: Vec<&str> = pointer.split('.').collect();
    let message = || parts[..2.min(parts.len())].join(".");
    let block = || parts[..parts.len() - 1].join(".");
    Some(match (violation.keyword.as_str(), parts.as_slice()) {
        ("minItems", ["messages"]) | ("const", ["messages", "0", "role"]) => {
            "A conversation must start with a user message. Try again with a conversation that starts with a user message.".to_owned()
        }
        ("minItems", ["messages", _, "content"]) => format!(
            "The content field in the Message object at {} is empty. Add a ContentBlock object to the content field and try again.",
            message()
        ),
        ("pattern", ["messages", _, "content", _, "text"]) => format!(
            "The text field in the ContentBlock object at {} is blank. Add text to the text field, and try again.",
            block()
        ),
        ("x-calls", ["messages", _, "content"]) => {
            let ids: Vec<&str> = violation.expected.split('`').skip(1).step_by(2).collect();
            format!("Expected toolResult blocks at {pointer} for the following Ids: {}", ids.join(", "))
        }
        ("x-calls", ["messages", ..]) => format!(
            "The number of toolResult blocks at {}.content exceeds the number of toolUse blocks of previous turn.",
            message()
        ),
        ("required", [""]) if violation.expected.contains("`toolConfig`") => {
            "The toolConfig field must be defined when using toolUse and toolResult content blocks.".to_owned()
        }
        ("contains", ["messages", _, "content"]) => {
            "A text block must be included when using documents.".to_owned()
        }
        ("type", ["messages", .., "input" | "json"] | ["toolConfig", .., "inputSchema", "json"]) => {
            format!("The format of the value at {pointer} is invalid. Provide a json object for the field and try again.")
        }
        ("required" | "const", ["toolConfig", .., "inputSchema", "json"] | [.., "inputSchema", "json", "type"]) => {
            let place = pointer.strip_suffix(".type").unwrap_or(&pointer);
            format!("The value at {place}.type must be one of the following: object.")
        }
        _ => return None,
    })
}

/// A value of another type than the framework's reader expects.
fn serialization(expected: &str, value: &Value) -> Failure {
    let wanted = match expected {
        "integer" => "an Integer",
        "number" => "a Float",
        "boolean" => "a Boolean",
        "string" => "a String",
        "array" => "a List",
        _ => "a Structure",
    };
    let message = match value {
        Value::Object(_) => "Start of structure or map found where not expected.".to_owned(),
        Value::Array(_) => "Start of list found where not expected.".to_owned(),
        Value::String(_) => format!("STRING_VALUE can not be converted to {wanted}"),
        Value::Number(number) if number.is_f64() => format!("DECIMAL_VALUE can not be converted to {wanted}"),
        Value::Number(_) => format!("NUMBER_VALUE can not be converted to {wanted}"),
        Value::Bool(true) => format!("TRUE_VALUE can not be converted to {wanted}"),
        Value::Bool(false) => format!("FALSE_VALUE can not be converted to {wanted}"),
        Value::Null => format!("NULL_VALUE can not be converted to {wanted}"),
    };
    Failure { code: Some("SerializationException".to_owned()), ..invalid(message) }
}

/// Members that no one knows, and unions with none or several.
fn malformed(violation: &Violation, value: &Value) -> String {
    let pointer = &violation.pointer;
    let count = value.as_object().map_or(0, serde_json::Map::len);
    let (place, problem) = match violation.keyword.as_str() {
        "minProperties" => {
            (pointer.as_str(), format!("minimum size: [{}], found: [{count}]", limit(violation)))
        }
        "maxProperties" => {
            (pointer.as_str(), format!("maximum size: [{}], found: [{count}]", limit(violation)))
        }
        _ => {
            let (place, name) = pointer.rsplit_once('/').unwrap_or(("", pointer));
            (place, format!("extraneous key [{name}] is not permitted"))
        }
    };
    format!("Malformed input request: #{place}: {problem}, please reformat your input and try again.")
}

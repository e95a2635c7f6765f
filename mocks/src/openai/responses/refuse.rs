//! A broken schema in the words of the service, where it has others for responses than for chats.

use serde_json::Value;
use specs::Violation;

use crate::openai::refuse::error;
use crate::script::Failure;

/// What is said of it here; nothing where it is said as everywhere.
pub(in crate::openai) fn refusal(violation: &Violation, body: &Value) -> Option<Failure> {
    if let Some(item) = violation.pointer.strip_prefix("/input/") {
        return of_item(item, violation, body);
    }
    // Whose member it is tells the document.
    if !violation.document.contains("CreateResponse/") {
        return None;
    }
    let name = violation.pointer.trim_start_matches('/');
    match (violation.keyword.as_str(), name) {
        ("additionalProperties", "messages") => {
            let message = "Unsupported parameter: 'messages'. In the Responses API, this parameter has moved to 'input'. Try again with the new parameter. See the API documentation for more information: https://platform.openai.com/docs/api-reference/responses/create.";
            Some(error(message.to_owned(), None, "unsupported_parameter"))
        }
        ("additionalProperties", _) => {
            Some(error(format!("Unknown parameter: '{name}'."), Some(name), "unknown_parameter"))
        }
        ("oneOf", "input") => {
            let got = crate::openai::refuse::kind(&body["input"]);
            let message = format!(
                "Invalid type for 'input': expected one of a string or array of input items, but got {got} instead."
            );
            Some(error(message, Some(name), "invalid_type"))
        }
        ("type", "previous_response_id") => {
            let message = "Mutually exclusive parameters. Ensure you are only providing one of: 'previous_response_id' or 'conversation'.";
            Some(error(message.to_owned(), Some(name), "mutually_exclusive_parameters"))
        }
        _ => None,
    }
}

/// An item is told by its role or its kind, and so is what is wrong with these.
fn of_item(place: &str, violation: &Violation, body: &Value) -> Option<Failure> {
    let (index, inner) = place.split_once('/').unwrap_or((place, ""));
    let at = format!("input[{index}]");
    let item = body.pointer(&format!("/input/{index}"))?;
    let is_message = item["type"] == "message" || item["type"].is_null() && item.get("id").is_none();
    let role = item["role"].as_str().unwrap_or_default();
    if is_message && !["assistant", "system", "developer", "user"].contains(&role) {
        let message = format!(
            "Invalid value: '{role}'. Supported values are: 'assistant', 'system', 'developer', and 'user'."
        );
        return Some(error(message, Some(&at), "invalid_value"));
    }
    // The kind of an item, or of a part that others than this speaker may send, is no member at fault, but all of it.
    let value = body.pointer(&violation.pointer).and_then(Value::as_str);
    let (place, kinds) = match (inner, violation.keyword.as_str()) {
        ("type", _) => (at, violation.expected.as_str()),
        (part, "enum") if part.starts_with("content/") && part.ends_with("/type") => {
            let number = part.trim_start_matches("content/").trim_end_matches("/type");
            (format!("{at}.content[{number}]"), violation.expected.as_str())
        }
        _ => return None,
    };
    let message = format!(
        "Invalid value: '{}'. Supported values are: {}.",
        value?,
        crate::openai::refuse::quoted(kinds)
    );
    Some(error(message, Some(&place), "invalid_value"))
}

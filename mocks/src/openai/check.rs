//! Rules of the service that no schema can say.

use serde_json::Value;

use super::refuse::error;
use super::{models, reasons};
use crate::provider::Call;
use crate::script::Failure;

/// The first rule that is broken.
pub(super) fn check(call: &Call<'_>) -> Result<(), Failure> {
    let body = call.body;
    if body.is_null() {
        return Ok(());
    }
    let model = body["model"].as_str().unwrap_or_default();
    // What names none, such as a file, asks none.
    let names_one = body["model"].is_string();
    if names_one && call.models.is_some_and(|models| models.iter().all(|known| known != model)) {
        return Err(models::absent(model));
    }
    match call.operation {
        super::CHAT => (),
        super::EMBEDDING => return length_is_known(body, model),
        _ => return Ok(()),
    }
    limits(body, model)?;
    json_is_mentioned(body)?;
    schema_is_strict(body)?;
    choice_is_known(body)?;
    calls_are_answered(body)
}

/// Vectors are shortened, not lengthened, and those of the oldest model not even that.
fn length_is_known(body: &Value, model: &str) -> Result<(), Failure> {
    let (Some(asked), Some(most)) = (body["dimensions"].as_u64(), super::dimensions(model)) else {
        return Ok(());
    };
    if model == "text-embedding-ada-002" {
        return Err(error("This model does not support specifying dimensions.".to_owned(), None, ""));
    }
    if asked > most as u64 {
        let message =
            format!("Invalid value for 'dimensions' = {asked}. Must be less than or equal to {most}.");
        return Err(error(message, None, ""));
    }
    Ok(())
}

/// One limit only, and for models that reason the newer one; those take no sampling parameters either.
fn limits(body: &Value, model: &str) -> Result<(), Failure> {
    let set = |name: &str| body.get(name).is_some_and(|value| !value.is_null());
    if set("max_tokens") && set("max_completion_tokens") {
        let message =
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.".to_owned();
        return Err(error(message, Some("max_tokens"), "invalid_parameter_combination"));
    }
    if !reasons(model) {
        return Ok(());
    }
    if set("max_tokens") {
        let message = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
        return Err(error(message.to_owned(), Some("max_tokens"), "unsupported_parameter"));
    }
    for name in ["temperature", "top_p"] {
        if let Some(value) = body[name].as_f64().filter(|value| (value - 1.0).abs() > f64::EPSILON) {
            let message = format!(
                "Unsupported value: '{name}' does not support {value} with this model. Only the default (1) value is supported."
            );
            return Err(error(message, Some(name), "unsupported_value"));
        }
    }
    Ok(())
}

/// JSON mode wants the word in the conversation, so that the model does not write blanks for ever.
fn json_is_mentioned(body: &Value) -> Result<(), Failure> {
    let is_mentioned = || body["messages"].to_string().to_ascii_lowercase().contains("json");
    if body["response_format"]["type"] != "json_object" || is_mentioned() {
        return Ok(());
    }
    let message = "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.";
    Err(error(message.to_owned(), Some("messages"), ""))
}

/// [Structured outputs](https://platform.openai.com/docs/guides/structured-outputs) want closed objects with all members required.
fn schema_is_strict(body: &Value) -> Result<(), Failure> {
    let format = &body["response_format"]["json_schema"];
    if format["strict"] == true
        && let Some(problem) = loose(&format["schema"], &mut Vec::new())
    {
        let name = format["name"].as_str().unwrap_or_default();
        let message = format!("Invalid schema for response_format '{name}': {problem}");
        return Err(error(message, Some("response_format"), ""));
    }
    for (index, tool) in body["tools"].as_array().into_iter().flatten().enumerate() {
        let function = &tool["function"];
        if function["strict"] == true
            && let Some(problem) = loose(&function["parameters"], &mut Vec::new())
        {
            let name = function["name"].as_str().unwrap_or_default();
            let message = format!("Invalid schema for function '{name}': {problem}");
            return Err(error(
                message,
                Some(&format!("tools[{index}].function.parameters")),
                "invalid_function_parameters",
            ));
        }
    }
    Ok(())
}

/// The first object of a schema that is open, or leaves a member out of `required`.
pub(super) fn loose(schema: &Value, context: &mut Vec<String>) -> Option<String> {
    let members = schema.as_object()?;
    if let Some(properties) = members.get("properties").and_then(Value::as_object) {
        let place = context.iter().map(|part| format!("'{part}'")).collect::<Vec<_>>().join(", ");
        if members.get("additionalProperties") != Some(&Value::Bool(false)) {
            return Some(format!(
                "In context=({place}), 'additionalProperties' is required to be supplied and to be false."
            ));
        }
        let required = members.get("required").and_then(Value::as_array);
        let is_required =
            |name: &String| required.is_some_and(|required| required.iter().any(|known| known == name));
        if let Some(name) = properties.keys().find(|name| !is_required(name)) {
            return Some(format!(
                "In context=({place}), 'required' is required to be supplied and to be an array including every key in properties. Missing '{name}'."
            ));
        }
    }
    for (key, value) in members {
        let named = matches!(key.as_str(), "properties" | "$defs" | "definitions");
        context.push(key.clone());
        let found = match value {
            Value::Object(parts) if named => {
                parts.iter().find_map(|(name, part)| within(name, part, context))
            }
            Value::Object(_) => loose(value, context),
            Value::Array(parts) => {
                parts.iter().enumerate().find_map(|(at, part)| within(&at.to_string(), part, context))
            }
            _ => None,
        };
        context.pop();
        if found.is_some() {
            return found;
        }
    }
    None
}

fn within(name: &str, schema: &Value, context: &mut Vec<String>) -> Option<String> {
    context.push(name.to_owned());
    let found = loose(schema, context);
    context.pop();
    found
}

fn choice_is_known(body: &Value) -> Result<(), Failure> {
    let Some(name) = body["tool_choice"]["function"]["name"].as_str() else { return Ok(()) };
    let mut tools = body["tools"].as_array().into_iter().flatten();
    if tools.any(|tool| tool["function"]["name"] == name) {
        return Ok(());
    }
    let message = format!("Tool choice 'function: {name}' not found in 'tools' parameter.");
    Err(error(message, Some("tool_choice"), ""))
}

/// Every call of an assistant is answered right behind it, and nothing else is.
fn calls_are_answered(body: &Value) -> Result<(), Failure> {
    let mut open: Vec<&str> = Vec::new();
    let mut known: Vec<&str> = Vec::new();
    for (index, message) in body["messages"].as_array().into_iter().flatten().enumerate() {
        if message["role"] == "tool" {
            let id = message["tool_call_id"].as_str().unwrap_or_default();
            if known.is_empty() {
                let message = "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.";
                return Err(error(message.to_owned(), Some(&format!("messages.[{index}].role")), ""));
            }
            if !known.contains(&id) {
                let message = format!(
                    "Invalid parameter: 'tool_call_id' of '{id}' not found in 'tool_calls' of previous message."
                );
                return Err(error(message, Some(&format!("messages.[{index}].tool_call_id")), ""));
            }
            open.retain(|open| *open != id);
            continue;
        }
        unanswered(&open, index)?;
        let calls = message["tool_calls"].as_array().into_iter().flatten();
        known = calls.filter_map(|call| call["id"].as_str()).collect();
        open.clone_from(&known);
    }
    unanswered(&open, body["messages"].as_array().map_or(0, Vec::len))
}

fn unanswered(open: &[&str], index: usize) -> Result<(), Failure> {
    if open.is_empty() {
        return Ok(());
    }
    let message = format!(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: {}",
        open.join(", ")
    );
    Err(error(message, Some(&format!("messages.[{index}].role")), ""))
}

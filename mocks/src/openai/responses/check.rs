//! Rules of the service that no schema can say, in the order in which it asks for them: what is kept, what there is to go on
//! from, what the model can do.

use serde_json::Value;

use super::conversation::Conversation;
use super::{includes, list};
use crate::openai::check::loose;
use crate::openai::{reasons, refuse::error};
use crate::provider::Call;
use crate::script::{Failure, Kind};

/// The first rule that is broken. `is_open`: what a model can do is not known by its name.
pub(in crate::openai) fn check(call: &Call<'_>, is_open: bool) -> Result<(), Failure> {
    if call.operation != super::CREATE {
        return Ok(());
    }
    let body = call.body;
    elsewhere(body)?;
    let conversation = Conversation::of(call)?;
    if conversation.items().next().is_none() {
        let message =
            "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation' must be provided.";
        return Err(error(message.to_owned(), None, "missing_required_parameter"));
    }
    let model = body["model"].as_str().unwrap_or_default();
    if model.is_empty() || call.models.is_some_and(|models| models.iter().all(|known| known != model)) {
        let message = format!("The requested model '{model}' does not exist.");
        return Err(error(message, Some("model"), "model_not_found"));
    }
    if !is_open {
        able(body, model)?;
    }
    json_is_mentioned(body, &conversation)?;
    schemas_are_strict(body)?;
    choice_is_known(body)?;
    calls_are_answered(&conversation)
}

/// What the service keeps elsewhere, the mock has none of.
pub(super) fn elsewhere(body: &Value) -> Result<(), Failure> {
    let conversation = &body["conversation"];
    if let Some(id) = conversation.as_str().or_else(|| conversation["id"].as_str()) {
        return Err(Failure::new(Kind::NotFound, format!("Conversation with id '{id}' not found.")));
    }
    match body["prompt"]["id"].as_str() {
        Some(id) => Err(Failure::new(Kind::NotFound, format!("Prompt with id '{id}' not found."))),
        None => Ok(()),
    }
}

/// Models that reason take no sampling parameters; those that do not, none about reasoning.
fn able(body: &Value, model: &str) -> Result<(), Failure> {
    let set = |value: &Value| !value.is_null();
    let refused = |name: &str, code: &str| {
        let message = format!("Unsupported parameter: '{name}' is not supported with this model.");
        Err(error(message, Some(name), code))
    };
    if reasons(model) {
        let sampling = ["temperature", "top_p"].into_iter();
        let changed =
            |name: &&str| body[*name].as_f64().is_some_and(|value| (value - 1.0).abs() > f64::EPSILON);
        return match sampling.into_iter().find(changed) {
            Some(name) => refused(name, ""),
            None => Ok(()),
        };
    }
    if let Some(name) = ["effort", "summary"].into_iter().find(|name| set(&body["reasoning"][*name])) {
        return refused(&format!("reasoning.{name}"), "unsupported_parameter");
    }
    if includes(body, "reasoning.encrypted_content") {
        let message = "Encrypted content is not supported with this model.".to_owned();
        return Err(error(message, Some("include"), ""));
    }
    Ok(())
}

fn json_is_mentioned(body: &Value, conversation: &Conversation) -> Result<(), Failure> {
    let mentions = |text: &str| text.to_ascii_lowercase().contains("json");
    let is_mentioned = || {
        conversation.items().any(|item| mentions(&item["content"].to_string()))
            || body["instructions"].as_str().is_some_and(mentions)
    };
    if body["text"]["format"]["type"] != "json_object" || is_mentioned() {
        return Ok(());
    }
    let message = "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.";
    Err(error(message.to_owned(), Some("input"), ""))
}

fn schemas_are_strict(body: &Value) -> Result<(), Failure> {
    let format = &body["text"]["format"];
    if format["strict"] == true
        && let Some(problem) = loose(&format["schema"], &mut Vec::new())
    {
        let name = format["name"].as_str().unwrap_or_default();
        let message = format!("Invalid schema for response_format '{name}': {problem}");
        return Err(error(message, Some("text.format.schema"), "invalid_json_schema"));
    }
    for (index, tool) in list(&body["tools"]).iter().enumerate() {
        if tool["type"] == "function"
            && tool["strict"] == true
            && let Some(problem) = loose(&tool["parameters"], &mut Vec::new())
        {
            let name = tool["name"].as_str().unwrap_or_default();
            let message = format!("Invalid schema for function '{name}': {problem}");
            return Err(error(
                message,
                Some(&format!("tools[{index}].parameters")),
                "invalid_function_parameters",
            ));
        }
    }
    Ok(())
}

fn choice_is_known(body: &Value) -> Result<(), Failure> {
    let choice = &body["tool_choice"];
    let Some(kind) = choice["type"].as_str().filter(|kind| *kind != "allowed_tools") else { return Ok(()) };
    let fits =
        |tool: &Value| tool["type"] == kind && (choice["name"].is_null() || tool["name"] == choice["name"]);
    if list(&body["tools"]).iter().any(fits) || !matches!(kind, "function" | "custom") {
        return Ok(());
    }
    let message = format!("Tool choice '{kind}' not found in 'tools' parameter.");
    Err(error(message, Some("tool_choice"), ""))
}

/// Calls of tools that the client runs, and what answers them.
const PAIRS: &[(&str, &str, &str)] = &[
    ("function_call", "function_call_output", "function call"),
    ("custom_tool_call", "custom_tool_call_output", "custom tool call"),
];

/// Every call is answered, and no answer is without its call.
fn calls_are_answered(conversation: &Conversation) -> Result<(), Failure> {
    let refused = |message: String| Err(error(message, Some("input"), ""));
    for (call, output, name) in PAIRS {
        let mut open: Vec<&str> = Vec::new();
        let mut known: Vec<&str> = Vec::new();
        for item in conversation.items() {
            let Some(id) = item["call_id"].as_str() else { continue };
            if item["type"] == *call {
                open.push(id);
                known.push(id);
            } else if item["type"] == *output {
                if !known.contains(&id) {
                    return refused(format!("No tool call found for {name} output with call_id {id}."));
                }
                open.retain(|open| *open != id);
            }
        }
        if let Some(id) = open.first() {
            return refused(format!("No tool output found for {name} {id}."));
        }
    }
    Ok(())
}

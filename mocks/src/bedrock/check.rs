//! Rules of the service that no schema can say.

use serde_json::Value;

use super::family::Family;
use super::{invocations, invoke, model};
use crate::provider::Call;
use crate::script::{Failure, Kind};

/// The first rule that is broken.
pub(super) fn check(call: &Call<'_>) -> Result<(), Failure> {
    let model = match call.operation {
        invocations::START => call.body["modelId"].as_str().unwrap_or_default().to_owned(),
        invocations::GET | invocations::LIST => return Ok(()),
        _ => model(call),
    };
    let exists = call.models.is_none_or(|models| models.contains(&model));
    if !exists || !is_identifier(&model) {
        return Err(error("The provided model identifier is invalid."));
    }
    match call.operation {
        invoke::WHOLE if call.variant.is_none() => vectors(Family::of(&model), call.body),
        invoke::WHOLE | invoke::STREAM => invoke::check(call),
        invocations::START => Ok(()),
        _ => {
            invoke::knows_fields(&model, &call.body["additionalModelRequestFields"])?;
            conversation(call.body)
        }
    }
}

/// The rules of a conversation as Converse has it.
pub(super) fn conversation(body: &Value) -> Result<(), Failure> {
    choice_is_known(body)?;
    let messages = body["messages"].as_array().map_or(&[][..], Vec::as_slice);
    failed_results_say_why(messages)
}

/// Each model that makes vectors takes other members.
fn vectors(family: Option<Family>, body: &Value) -> Result<(), Failure> {
    let malformed = |problem: String| {
        Err(error(format!("Malformed input request: {problem}, please reformat your input and try again.")))
    };
    let Some(family) = family else {
        return malformed(
            "#: subject must not be valid against schema {\"required\":[\"messages\"]}".to_owned(),
        );
    };
    if let Some(missing) = family.required().filter(|name| body.get(name).is_none()) {
        return malformed(format!("#: required key [{missing}] not found"));
    }
    let mut members = body.as_object().into_iter().flat_map(|members| members.keys());
    if let Some(strange) = members.find(|name| !family.members().contains(&name.as_str())) {
        return malformed(format!("#: extraneous key [{strange}] is not permitted"));
    }
    match body["truncate"].as_str() {
        Some(truncate) if !family.truncates().contains(&truncate) => {
            malformed(format!("#/truncate: {truncate} is not a valid enum value"))
        }
        _ => Ok(()),
    }
}

fn error(message: impl Into<String>) -> Failure {
    Failure::new(Kind::InvalidRequest, message)
}

/// Ids and ARNs are made of these characters; a percent sign was encoded once too often.
fn is_identifier(model: &str) -> bool {
    let known = |char: char| char.is_ascii_alphanumeric() || "-_.:/".contains(char);
    model.len() <= 2_048 && model.chars().all(known)
}

fn choice_is_known(body: &Value) -> Result<(), Failure> {
    let Some(name) = body["toolConfig"]["toolChoice"]["tool"]["name"].as_str() else { return Ok(()) };
    let mut tools = body["toolConfig"]["tools"].as_array().into_iter().flatten();
    if tools.any(|tool| tool["toolSpec"]["name"] == name) {
        return Ok(());
    }
    Err(error(format!("The model returned the following errors: Tool '{name}' not found in provided tools")))
}

fn failed_results_say_why(messages: &[Value]) -> Result<(), Failure> {
    for (at, message) in messages.iter().enumerate() {
        for (block, content) in message["content"].as_array().into_iter().flatten().enumerate() {
            let result = &content["toolResult"];
            if result["status"] == "error" && result["content"].as_array().is_some_and(Vec::is_empty) {
                return Err(error(format!(
                    "The content field at messages.{at}.content.{block}.toolResult cannot be empty when status value is error."
                )));
            }
        }
    }
    Ok(())
}

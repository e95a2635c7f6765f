//! Rules of the service that no schema can say.

use serde_json::Value;

use super::models;
use crate::provider::Call;
use crate::script::{Failure, Kind};

/// The first rule that is broken.
pub(super) fn check(call: &Call<'_>) -> Result<(), Failure> {
    let body = call.body;
    if body.is_null() {
        return Ok(());
    }
    let model = body["model"].as_str().unwrap_or_default();
    if call.models.is_some_and(|models| models.iter().all(|known| known != model)) {
        return Err(models::absent(model));
    }
    beta(call)?;
    thinking(body)?;
    choice_is_known(body)?;
    let messages = body["messages"].as_array().map_or(&[][..], Vec::as_slice);
    ends_without_blanks(messages)?;
    calls_are_answered(messages)
}

fn error(message: impl Into<String>) -> Failure {
    Failure::new(Kind::InvalidRequest, message)
}

/// A member of a beta is unknown to who does not ask for the beta.
fn beta(call: &Call<'_>) -> Result<(), Failure> {
    let asked = call.request.header("anthropic-beta").unwrap_or_default();
    let unknown = !call.body["output_format"].is_null() && !asked.contains("structured-outputs");
    if unknown { Err(error("output_format: Extra inputs are not permitted")) } else { Ok(()) }
}

/// [Extended thinking](https://docs.claude.com/en/docs/build-with-claude/extended-thinking) has rules of its own.
fn thinking(body: &Value) -> Result<(), Failure> {
    let thinking = &body["thinking"];
    if thinking["type"] != "enabled" {
        return Ok(());
    }
    // Who only counts tokens sets no limit.
    let limit = body["max_tokens"].as_u64();
    if limit.is_some() && thinking["budget_tokens"].as_u64() >= limit {
        return Err(error("`max_tokens` must be greater than `thinking.budget_tokens`."));
    }
    if body["temperature"].as_f64().is_some_and(|value| (value - 1.0).abs() > f64::EPSILON) {
        return Err(error("`temperature` may only be set to 1 when thinking is enabled."));
    }
    if body.get("top_k").is_some_and(|value| !value.is_null()) {
        return Err(error("`top_k` must be unset when thinking is enabled."));
    }
    if matches!(body["tool_choice"]["type"].as_str(), Some("any" | "tool")) {
        return Err(error("Thinking may not be enabled when tool_choice forces tool use."));
    }
    Ok(())
}

fn choice_is_known(body: &Value) -> Result<(), Failure> {
    let choice = &body["tool_choice"];
    let tools = body["tools"].as_array().map_or(&[][..], Vec::as_slice);
    if choice["type"] == "tool" {
        let name = choice["name"].as_str().unwrap_or_default();
        if !tools.iter().any(|tool| tool["name"] == name) {
            return Err(error(format!("Tool '{name}' not found in provided tools")));
        }
    }
    if matches!(choice["type"].as_str(), Some("any" | "auto")) && tools.is_empty() {
        return Err(error("tool_choice may only be specified while providing tools."));
    }
    Ok(())
}

/// What the model shall go on from cannot end with a blank.
fn ends_without_blanks(messages: &[Value]) -> Result<(), Failure> {
    let Some(last) = messages.last().filter(|message| message["role"] == "assistant") else { return Ok(()) };
    let text = match &last["content"] {
        Value::String(text) => Some(text.as_str()),
        blocks => blocks.as_array().and_then(|blocks| blocks.last()).and_then(|block| block["text"].as_str()),
    };
    match text {
        Some(text) if text.ends_with(char::is_whitespace) => {
            Err(error("messages: final assistant content cannot end with trailing whitespace"))
        }
        _ => Ok(()),
    }
}

/// Every `tool_use` is answered in the next message, and only there.
fn calls_are_answered(messages: &[Value]) -> Result<(), Failure> {
    let ids = |message: &Value, kind: &str, member: &str| -> Vec<String> {
        let blocks =
            message["content"].as_array().into_iter().flatten().filter(|block| block["type"] == kind);
        blocks.filter_map(|block| block[member].as_str()).map(str::to_owned).collect()
    };
    let mut called: Vec<String> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let answered = ids(message, "tool_result", "tool_use_id");
        let open: Vec<&String> = called.iter().filter(|id| !answered.contains(id)).collect();
        if !open.is_empty() {
            return Err(unanswered(index - 1, &open));
        }
        if let Some(id) = answered.iter().find(|id| !called.contains(id)) {
            return Err(error(format!(
                "messages.{index}.content: unexpected `tool_use_id` found in `tool_result` blocks: {id}. Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
            )));
        }
        called = if message["role"] == "assistant" { ids(message, "tool_use", "id") } else { Vec::new() };
    }
    match called.is_empty() {
        true => Ok(()),
        false => Err(unanswered(messages.len() - 1, &called.iter().collect::<Vec<_>>())),
    }
}

fn unanswered(index: usize, ids: &[&String]) -> Failure {
    let ids: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
    error(format!(
        "messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: {}. Each `tool_use` block must have a corresponding `tool_result` block in the next message.",
        ids.join(", ")
    ))
}

//! Rules of the service that no schema can say. The words are those of [its errors](https://docs.cohere.com/reference/errors), where
//! they are published.

use serde_json::Value;

use super::{CHAT, CHAT_V1, EMBED, EMBED_V1, GENERATE, RERANK, RERANK_V1, list, rerank};
use crate::provider::Call;
use crate::script::{Failure, Kind};

/// The first rule that is broken.
pub(super) fn check(call: &Call<'_>) -> Result<(), Failure> {
    let body = call.body;
    if let (Some(model), Some(models)) = (body["model"].as_str(), call.models)
        && models.iter().all(|known| known != model)
    {
        return Err(absent(model));
    }
    match call.operation {
        CHAT => chat(body),
        CHAT_V1 => chat_v1(body).and_then(|()| penalties(body)),
        GENERATE if body["prompt"].as_str().is_some_and(str::is_empty) => {
            Err(invalid("prompt must be at least 1 token long."))
        }
        GENERATE => penalties(body),
        EMBED | EMBED_V1 => embed(call),
        RERANK | RERANK_V1 => rerank::check(body),
        _ => Ok(()),
    }
}

/// The error for a model that does not exist.
pub(super) fn absent(model: &str) -> Failure {
    let message = format!(
        "model '{model}' not found, make sure the correct model ID was used and that you have access to the model."
    );
    Failure::new(Kind::NotFound, message)
}

/// `invalid request: …`
pub(super) fn invalid(what: &str) -> Failure {
    Failure::new(Kind::InvalidRequest, format!("invalid request: {what}"))
}

fn chat(body: &Value) -> Result<(), Failure> {
    let messages = list(&body["messages"]);
    let after_the_first = messages.iter().skip_while(|message| message["role"] == "system");
    if after_the_first.clone().any(|message| message["role"] == "system") {
        return Err(Failure::new(Kind::InvalidRequest, "system turn must be the first in the list"));
    }
    let is_empty = |message: &&Value| message["role"] == "user" && message["content"] == "";
    if messages.iter().any(|message| is_empty(&message)) {
        return Err(Failure::new(Kind::InvalidRequest, "message must not be empty in a turn"));
    }
    without_documents(body)?;
    calls_are_answered(messages)
}

/// Results come right after the calls that they answer, one for each.
fn calls_are_answered(messages: &[Value]) -> Result<(), Failure> {
    let mut open: Vec<&str> = Vec::new();
    for message in messages {
        if message["role"] == "tool" {
            let id = message["tool_call_id"].as_str().unwrap_or_default();
            let Some(at) = open.iter().position(|called| *called == id) else {
                return Err(invalid(&format!("tool call id {id} not found in previous tool calls")));
            };
            open.remove(at);
            continue;
        }
        if !open.is_empty() {
            break;
        }
        open = list(&message["tool_calls"]).iter().filter_map(|call| call["id"].as_str()).collect();
    }
    match open.first() {
        None => Ok(()),
        Some(id) => Err(invalid(&format!("tool call id {id} has no tool results"))),
    }
}

fn chat_v1(body: &Value) -> Result<(), Failure> {
    let (message, results) = (body["message"].as_str().unwrap_or_default(), list(&body["tool_results"]));
    match (message.is_empty(), results.is_empty()) {
        (true, true) => {
            return Err(invalid("message must be at least 1 token long or tool results must be specified."));
        }
        (false, false) if body["force_single_step"] != true => {
            return Err(invalid("cannot specify both message and tool_results in multistep mode"));
        }
        _ => {}
    }
    let names = list(&body["tools"]).iter().filter_map(|tool| tool["name"].as_str());
    if let Some(name) = names.into_iter().find(|name| !is_name(name)) {
        let what = format!(
            "tool names can only contain certain characters (A-Za-z0-9_) and can't begin with a digit (provided name: '{name}')."
        );
        return Err(invalid(&what));
    }
    without_documents(body)
}

fn is_name(name: &str) -> bool {
    !name.starts_with(|first: char| first.is_ascii_digit())
        && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
}

fn without_documents(body: &Value) -> Result<(), Failure> {
    if body["response_format"]["type"] == "json_object" && !list(&body["documents"]).is_empty() {
        return Err(invalid("response_format is not supported with RAG."));
    }
    Ok(())
}

fn penalties(body: &Value) -> Result<(), Failure> {
    let is_set = |name: &str| body[name].as_f64().is_some_and(|penalty| penalty > 0.0);
    if is_set("frequency_penalty") && is_set("presence_penalty") {
        return Err(invalid("cannot specify both frequency_penalty and presence_penalty."));
    }
    Ok(())
}

fn embed(call: &Call<'_>) -> Result<(), Failure> {
    let body = call.body;
    let given = ["texts", "images", "inputs"].into_iter().filter(|name| body.get(name).is_some()).count();
    if given != 1 {
        return Err(invalid("exactly one of texts, images and inputs must be provided"));
    }
    let model = body["model"].as_str().unwrap_or_default();
    if call.operation == EMBED_V1 && body.get("input_type").is_none() && wants_input_type(model) {
        return Err(invalid("valid input_type must be provided with the provided model"));
    }
    Ok(())
}

/// Models of the second generation and before have no word for it.
fn wants_input_type(model: &str) -> bool {
    !(model.is_empty() || model.ends_with("v2.0"))
}

//! Rules of the service that no schema can say.
//!
//! They are those of [mistral-common](https://github.com/mistralai/mistral-common), in its words: which ids calls have, who
//! may speak after whom, and last, and that each call has its result.

use serde_json::Value;

use super::ask::list;
use crate::provider::Call;
use crate::script::{Failure, Kind};

/// The first rule that is broken.
pub(super) fn check(call: &Call<'_>) -> Result<(), Failure> {
    let model = call.body["model"].as_str().unwrap_or_default();
    let is_known = |models: &[String]| models.iter().any(|known| known == model);
    if !call.body.is_null() && call.models.is_some_and(|models| !is_known(models)) {
        return Err(invalid_model(model));
    }
    let messages = list(&call.body["messages"]);
    if messages.is_empty() {
        return Ok(());
    }
    ends(messages)?;
    follows(messages)?;
    calls_are_answered(messages)?;
    messages.iter().try_for_each(says_something)?;
    messages.iter().try_for_each(ids)
}

/// The error for a model that does not exist.
pub(super) fn invalid_model(model: &str) -> Failure {
    refused(format!("Invalid model: {model}"), "invalid_model")
}

/// The last word is a user's or a tool's, or one that the answer goes on with.
fn ends(messages: &[Value]) -> Result<(), Failure> {
    let last = role(&messages[messages.len() - 1]);
    match messages {
        [only] if !["user", "system"].contains(&role(only)) => {
            let why = "Conversation must start with a user message or system message";
            Err(order(why.to_owned()))
        }
        [.., message] if last == "assistant" && message["prefix"] != true => Err(order(
            "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant"
                .to_owned(),
        )),
        _ => Ok(()),
    }
}

fn follows(messages: &[Value]) -> Result<(), Failure> {
    for (before, after) in messages.iter().zip(&messages[1..]) {
        let (before, after) = (role(before), role(after));
        let may_follow: &[&str] = match before {
            "system" | "user" => &["user", "assistant", "system"],
            "assistant" => &["assistant", "user", "tool"],
            _ => &["assistant", "tool"],
        };
        if !may_follow.contains(&after) {
            return Err(order(format!("Unexpected role '{after}' after role '{before}'")));
        }
    }
    Ok(())
}

fn calls_are_answered(messages: &[Value]) -> Result<(), Failure> {
    let mut open = 0_i64;
    let wrong = || Err(order("Not the same number of function calls and responses".to_owned()));
    for message in messages {
        match role(message) {
            "tool" => open -= 1,
            "assistant" if open != 0 => return wrong(),
            "assistant" => open = i64::try_from(list(&message["tool_calls"]).len()).unwrap_or(i64::MAX),
            _ => (),
        }
    }
    if open == 0 { Ok(()) } else { wrong() }
}

/// An answer has content or calls.
fn says_something(message: &Value) -> Result<(), Failure> {
    let has_content = match &message["content"] {
        Value::String(text) => !text.is_empty(),
        chunks => !list(chunks).is_empty(),
    };
    if role(message) != "assistant" || has_content || !list(&message["tool_calls"]).is_empty() {
        return Ok(());
    }
    let why = "Assistant message must have either content or tool_calls, but not none.";
    Err(refused(why.to_owned(), "invalid_request_error"))
}

fn ids(message: &Value) -> Result<(), Failure> {
    let calls = list(&message["tool_calls"]).iter().map(|call| &call["id"]);
    let answered = (role(message) == "tool").then(|| &message["tool_call_id"]);
    for id in calls.chain(answered) {
        let Some(id) = id.as_str().filter(|id| *id != "null") else {
            return Err(refused("Tool call id has to be defined.".to_owned(), "invalid_function_call"));
        };
        if id.len() != 9 || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let why = format!("Tool call id was {id} but must be a-z, A-Z, 0-9, with a length of 9.");
            return Err(refused(why, "invalid_function_call"));
        }
    }
    Ok(())
}

fn role(message: &Value) -> &str {
    message["role"].as_str().unwrap_or_default()
}

fn order(message: String) -> Failure {
    refused(message, "invalid_request_message_order")
}

/// `code` is the type of the error, which its number follows from.
fn refused(message: String, code: &str) -> Failure {
    Failure { code: Some(code.to_owned()), ..Failure::new(Kind::InvalidRequest, message) }
}

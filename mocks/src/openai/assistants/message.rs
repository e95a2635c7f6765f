//! What is said in a thread.

use serde_json::{Value, json};

use super::{MESSAGE, THREAD, run};
use crate::openai::refuse::error;
use crate::openai::resource::{Manner, empty, id, items, or, tick};
use crate::openai::{files, vector_stores};
use crate::provider::Call;
use crate::script::Failure;

pub(super) fn create(call: &Call<'_>, _manner: &Manner) -> Result<Value, Failure> {
    let thread = THREAD.asked(call)?;
    if let Some(active) = run::active(call, id(&thread)) {
        let (thread, run) = (id(&thread), id(&active));
        let message = format!("Can't add messages to {thread} while a run {run} is active.");
        return Err(error(message, None, ""));
    }
    add(call, id(&thread), call.body, "")
}

/// Adds a client's message to a thread.
pub(super) fn add(call: &Call<'_>, thread: &str, asked: &Value, tag: &str) -> Result<Value, Failure> {
    for attachment in items(&asked["attachments"]) {
        let file = attachment["file_id"].as_str().unwrap_or_default();
        files::described(call, file)?;
        if items(&attachment["tools"]).iter().any(|tool| tool["type"] == "file_search") {
            let mut thread = THREAD.find(call, thread)?;
            vector_stores::attach(call, &mut thread["tool_resources"], file)?;
            THREAD.keep(call, &thread);
        }
    }
    let message = json!({
        "id": MESSAGE.id(call, tag),
        "object": "thread.message",
        "created_at": tick(call),
        "thread_id": thread,
        "status": "completed",
        "incomplete_details": null,
        "completed_at": null,
        "incomplete_at": null,
        "role": asked["role"],
        "content": content(&asked["content"]),
        "assistant_id": null,
        "run_id": null,
        "attachments": or(&asked["attachments"], json!([])),
        "metadata": or(&asked["metadata"], empty()),
    });
    MESSAGE.keep(call, &message);
    Ok(message)
}

/// A message's parts as they are kept; a text by itself is one.
fn content(sent: &Value) -> Value {
    let text = |text: &Value| json!({ "type": "text", "text": { "value": text, "annotations": [] } });
    match sent {
        Value::String(_) => json!([text(sent)]),
        parts => items(parts)
            .iter()
            .map(|part| if part["type"] == "text" { text(&part["text"]) } else { part.clone() })
            .collect(),
    }
}

/// The texts of a message, one after the other.
pub(super) fn text(message: &Value) -> String {
    let parts = items(&message["content"]).iter();
    parts.filter_map(|part| part["text"]["value"].as_str()).collect::<Vec<_>>().join("\n")
}

/// All of a thread, the oldest first.
pub(super) fn all(call: &Call<'_>, thread: &str) -> Vec<Value> {
    MESSAGE.all(call, |message| message["thread_id"] == thread)
}

pub(super) fn list(call: &Call<'_>, _manner: &Manner) -> Result<Value, Failure> {
    let thread = THREAD.asked(call)?;
    let run = call.request.parameter("run_id").filter(|run| !run.is_empty());
    MESSAGE.page(call, |message| {
        message["thread_id"] == thread["id"] && run.is_none_or(|run| message["run_id"] == run)
    })
}

pub(super) fn retrieve(call: &Call<'_>, _manner: &Manner) -> Result<Value, Failure> {
    THREAD.asked(call)?;
    MESSAGE.within(call, "thread_id")
}

pub(super) fn modify(call: &Call<'_>, manner: &Manner) -> Result<Value, Failure> {
    MESSAGE.change(call, retrieve(call, manner)?, &["metadata"])
}

pub(super) fn delete(call: &Call<'_>, manner: &Manner) -> Result<Value, Failure> {
    Ok(MESSAGE.delete(call, &retrieve(call, manner)?))
}

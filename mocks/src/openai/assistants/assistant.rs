//! An assistant.

use serde_json::{Value, json};

use super::ASSISTANT;
use crate::openai::resource::{Manner, empty, or, tick};
use crate::openai::vector_stores;
use crate::provider::Call;
use crate::script::Failure;

/// What can be changed of it.
const MEMBERS: &[&str] = &[
    "model",
    "name",
    "description",
    "instructions",
    "reasoning_effort",
    "tools",
    "tool_resources",
    "metadata",
    "temperature",
    "top_p",
    "response_format",
];

pub(super) fn create(call: &Call<'_>, _manner: &Manner) -> Result<Value, Failure> {
    let body = call.body;
    let assistant = json!({
        "id": ASSISTANT.id(call, ""),
        "object": "assistant",
        "created_at": tick(call),
        "name": body["name"],
        "description": body["description"],
        "model": body["model"],
        "instructions": body["instructions"],
        "reasoning_effort": body["reasoning_effort"],
        "tools": or(&body["tools"], json!([])),
        "tool_resources": vector_stores::settled(call, &body["tool_resources"])?,
        "metadata": or(&body["metadata"], empty()),
        "temperature": or(&body["temperature"], json!(1.0)),
        "top_p": or(&body["top_p"], json!(1.0)),
        "response_format": or(&body["response_format"], json!("auto")),
    });
    ASSISTANT.keep(call, &assistant);
    Ok(assistant)
}

pub(super) fn list(call: &Call<'_>, _manner: &Manner) -> Result<Value, Failure> {
    ASSISTANT.page(call, |_| true)
}

pub(super) fn retrieve(call: &Call<'_>, _manner: &Manner) -> Result<Value, Failure> {
    ASSISTANT.asked(call)
}

pub(super) fn modify(call: &Call<'_>, _manner: &Manner) -> Result<Value, Failure> {
    ASSISTANT.change(call, ASSISTANT.asked(call)?, MEMBERS)
}

pub(super) fn delete(call: &Call<'_>, _manner: &Manner) -> Result<Value, Failure> {
    Ok(ASSISTANT.delete(call, &ASSISTANT.asked(call)?))
}

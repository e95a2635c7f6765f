//! A thread.

use serde_json::{Value, json};

use super::{MESSAGE, RUN, STEP, THREAD, message};
use crate::openai::resource::{Manner, empty, id, items, or, tick};
use crate::openai::vector_stores;
use crate::provider::Call;
use crate::script::Failure;

pub(super) fn create(call: &Call<'_>, _manner: &Manner) -> Result<Value, Failure> {
    begin(call, call.body)
}

/// A thread as this object asks for it, with what is said in it already.
pub(super) fn begin(call: &Call<'_>, asked: &Value) -> Result<Value, Failure> {
    let thread = json!({
        "id": THREAD.id(call, ""),
        "object": "thread",
        "created_at": tick(call),
        "tool_resources": vector_stores::settled(call, &asked["tool_resources"])?,
        "metadata": or(&asked["metadata"], empty()),
    });
    THREAD.keep(call, &thread);
    for (at, message) in items(&asked["messages"]).iter().enumerate() {
        message::add(call, id(&thread), message, &at.to_string())?;
    }
    // What is said may have brought files along.
    THREAD.find(call, id(&thread))
}

pub(super) fn retrieve(call: &Call<'_>, _manner: &Manner) -> Result<Value, Failure> {
    THREAD.asked(call)
}

pub(super) fn modify(call: &Call<'_>, _manner: &Manner) -> Result<Value, Failure> {
    THREAD.change(call, THREAD.asked(call)?, &["metadata", "tool_resources"])
}

/// What belongs to it goes with it.
pub(super) fn delete(call: &Call<'_>, _manner: &Manner) -> Result<Value, Failure> {
    let thread = THREAD.asked(call)?;
    for noun in [MESSAGE, RUN, STEP] {
        for object in noun.all(call, |object| object["thread_id"] == thread["id"]) {
            noun.delete(call, &object);
        }
    }
    Ok(THREAD.delete(call, &thread))
}

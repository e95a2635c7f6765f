//! OpenAI's [Responses API](https://platform.openai.com/docs/api-reference/responses): items in, items out, and what the service keeps
//! of them.
//!
//! ```text
//! POST ─▶ conversation (earlier items from the shelf, own items with ids) ─▶ check, ask ─▶ answer ─▶ output (items, and
//! the events between their beginning and end) ─▶ response, stream ─▶ kept ─▶ GET, DELETE, cancel, input_items
//! ```
//!
//! What works in the background does so from one look to the next, so that no clock decides: it is queued, the first `GET` finds
//! it in progress, the second one done.

mod ask;
mod check;
mod conversation;
mod hosted;
mod kept;
mod output;
mod refuse;
mod response;
mod stream;

use serde_json::{Value, json};

use crate::answer::{Answer, Ask};
use crate::provider::{Call, Event};
use crate::script::Failure;

pub(super) use check::check;
pub(super) use refuse::refusal;
pub(super) use stream::{again, interrupted};

pub(super) const CREATE: &str = "createResponse";
pub(super) const RETRIEVE: &str = "getResponse";
pub(super) const DELETE: &str = "deleteResponse";
pub(super) const CANCEL: &str = "cancelResponse";
pub(super) const INPUT_ITEMS: &str = "listInputItems";
pub(super) const COUNT: &str = "countInputTokens";

/// Is this operation one of these?
pub(super) fn has(operation: &str) -> bool {
    [CREATE, RETRIEVE, DELETE, CANCEL, INPUT_ITEMS, COUNT].contains(&operation)
}

/// A request to create one, in neutral terms.
pub(super) fn ask<'a>(call: &Call<'a>) -> Ask<'a> {
    ask::read(call)
}

/// The body of a whole reply: the response, or under `background` its promise.
pub(super) fn body(call: &Call<'_>, answer: &Answer<'_>) -> Vec<u8> {
    let (response, kept) = stream::written(call, answer);
    let shown = if response.background { response.at(response::QUEUED) } else { response };
    kept::keep(call, &kept);
    serde_json::to_vec(&shown).expect("strings and numbers")
}

/// The events of a streamed reply.
pub(super) fn events(call: &Call<'_>, answer: &Answer<'_>) -> Vec<Event> {
    stream::events(call, answer)
}

/// What is answered without a model: from the shelf mostly.
pub(super) fn direct(call: &Call<'_>) -> Result<Vec<u8>, Failure> {
    match call.operation {
        DELETE => kept::delete(call),
        CANCEL => kept::cancel(call),
        INPUT_ITEMS => kept::page(call),
        COUNT => count(call),
        _ => kept::retrieve(call),
    }
}

fn count(call: &Call<'_>) -> Result<Vec<u8>, Failure> {
    check::elsewhere(call.body)?;
    conversation::Conversation::of(call)?;
    let tokens = ask(call).prompt_tokens();
    Ok(json!({ "object": "response.input_tokens", "input_tokens": tokens }).to_string().into())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Is this among what the request wants to be included?
fn includes(body: &Value, wanted: &str) -> bool {
    list(&body["include"]).iter().any(|included| included == wanted)
}

//! [Message batches](https://platform.claude.com/docs/en/build-with-claude/batch-processing): many messages in one request, each
//! answered by the mock's own Messages.
//!
//! The first look (a `GET` of the batch) finds it at work, the second one ended; a script's `progress` says otherwise.

mod kept;
mod lines;
mod page;

use serde_json::{Value, json};

use super::{error, headers};
use crate::answer::Usage;
use crate::provider::{Call, Whole};
use crate::script::{Failure, Kind};
use kept::Batch;

/// The kinds of objects on the shelf: batches, and under the same ids what came of their requests.
const BATCH: &str = "message_batch";
const RESULTS: &str = "message_batch_results";

const CREATE: &str = "message_batches_post";
const LIST: &str = "message_batches_list";
const RETRIEVE: &str = "message_batches_retrieve";
const DELETE: &str = "message_batches_delete";
const CANCEL: &str = "message_batches_cancel";
const RESULTS_OF: &str = "message_batches_results";

/// This operation's name, if it is one of these.
pub(super) fn named(operation: &str) -> Option<&'static str> {
    [CREATE, LIST, RETRIEVE, DELETE, CANCEL, RESULTS_OF].into_iter().find(|known| *known == operation)
}

/// Every custom id comes once. What the requests ask is judged when they are worked on.
pub(super) fn check(call: &Call<'_>) -> Result<(), Failure> {
    let mut seen = std::collections::HashSet::new();
    let twice = lines::requests(call.body).find(|request| !seen.insert(request["custom_id"].as_str()));
    match twice {
        Some(request) => {
            let message =
                format!("requests: custom_id {} is not unique within the batch", request["custom_id"]);
            Err(Failure::new(Kind::InvalidRequest, message))
        }
        None => Ok(()),
    }
}

pub(super) fn answer(call: &Call<'_>) -> Whole {
    let answered = match call.operation {
        CREATE => Ok(create(call).to_string()),
        LIST => page::page(call).map(|page| page.to_string()),
        DELETE => delete(call),
        CANCEL => changed(call, Batch::stop),
        RESULTS_OF => results(call),
        _ => changed(call, |batch, _| batch.look()),
    };
    let media = if call.operation == RESULTS_OF { "application/x-jsonl" } else { "application/json" };
    match answered {
        Ok(body) => {
            let headers = headers::of_reply(&call.draw, Usage::default(), media);
            Whole { status: 200, headers, body: body.into() }
        }
        Err(failure) => error::reply(call.request, &call.draw, &failure),
    }
}

fn create(call: &Call<'_>) -> Value {
    let results = lines::run(call);
    let batch = Batch::new(call, &results);
    call.shelf.put(RESULTS, &batch.id, &results);
    call.shelf.put(BATCH, &batch.id, &batch);
    batch.shown(call)
}

/// Changes a batch, and shows it.
fn changed(
    call: &Call<'_>,
    change: impl FnOnce(&mut Batch, String) -> Result<(), Failure>,
) -> Result<String, Failure> {
    let id = asked(call);
    let change = |batch: &mut Batch| {
        change(batch, call.draw.rfc3339(0))?;
        Ok(batch.shown(call).to_string())
    };
    call.shelf.change(BATCH, &id, change).ok_or_else(|| absent(&id))?
}

fn delete(call: &Call<'_>) -> Result<String, Failure> {
    let id = asked(call);
    let batch: Batch = call.shelf.get(BATCH, &id).ok_or_else(|| absent(&id))?;
    if !batch.has_ended() {
        let message = format!(
            "Message Batch '{id}' cannot be deleted while it is {}. Cancel it first, or wait for it to end.",
            batch.status()
        );
        return Err(Failure::new(Kind::InvalidRequest, message));
    }
    let _ = call.shelf.remove(RESULTS, &id);
    if !call.shelf.remove(BATCH, &id) {
        return Err(absent(&id));
    }
    Ok(json!({ "id": id, "type": "message_batch_deleted" }).to_string())
}

/// Lines in no order that a client should count on: here, the last request comes first.
fn results(call: &Call<'_>) -> Result<String, Failure> {
    let id = asked(call);
    let batch: Batch = call.shelf.get(BATCH, &id).ok_or_else(|| absent(&id))?;
    if !batch.has_ended() {
        let message = format!("Message Batch '{id}' has no results yet: it is {}.", batch.status());
        return Err(Failure::new(Kind::NotFound, message));
    }
    let results: Vec<lines::Outcome> = call.shelf.get(RESULTS, &id).ok_or_else(|| absent(&id))?;
    let lines = results.into_iter().enumerate().rev();
    Ok(lines.map(|(number, outcome)| format!("{}\n", batch.line(number, outcome))).collect())
}

/// The id in the path.
fn asked(call: &Call<'_>) -> String {
    call.found.and_then(|found| found.parameter("message_batch_id")).unwrap_or_default()
}

fn absent(id: &str) -> Failure {
    Failure::new(Kind::NotFound, format!("Message Batch '{id}' not found"))
}

//! Many files at once.

use serde_json::{Value, json};

use super::{BATCH, STORE, file};
use crate::openai::refuse::error;
use crate::openai::resource::{id, items, tick};
use crate::provider::Call;
use crate::script::Failure;

pub(super) fn create(call: &Call<'_>) -> Result<Value, Failure> {
    let store = STORE.asked(call)?;
    let batch = json!({
        "id": BATCH.id(call, ""),
        "object": "vector_store.files_batch",
        "created_at": tick(call),
        "vector_store_id": store["id"],
        "status": "in_progress",
        "file_counts": file::counts(&[]),
    });
    let body = call.body;
    let alike = |id: &Value| json!({ "file_id": id, "attributes": body["attributes"], "chunking_strategy": body["chunking_strategy"] });
    let each = items(&body["file_ids"]).iter().map(alike).chain(items(&body["files"]).iter().cloned());
    for asked in each {
        file::add(call, id(&store), &asked, Some(id(&batch)))?;
    }
    BATCH.keep(call, &batch);
    Ok(shown(call, batch))
}

fn shown(call: &Call<'_>, mut batch: Value) -> Value {
    batch["file_counts"] = file::counts(&own(call, &batch));
    batch
}

fn own(call: &Call<'_>, batch: &Value) -> Vec<Value> {
    file::of(call, |file| file["batch"] == batch["id"])
}

/// The batch that the path names.
fn asked_for(call: &Call<'_>) -> Result<Value, Failure> {
    STORE.asked(call)?;
    BATCH.within(call, "vector_store_id")
}

/// A look finds all of it read.
pub(super) fn retrieve(call: &Call<'_>) -> Result<Value, Failure> {
    let mut batch = asked_for(call)?;
    if batch["status"] == "in_progress" {
        file::look(call, |file| file["batch"] == batch["id"]);
        batch["status"] = "completed".into();
        BATCH.keep(call, &batch);
    }
    Ok(shown(call, batch))
}

/// What is not read yet is put in no more.
pub(super) fn cancel(call: &Call<'_>) -> Result<Value, Failure> {
    let mut batch = asked_for(call)?;
    if batch["status"] != "in_progress" {
        let status = batch["status"].as_str().unwrap_or_default();
        return Err(error(format!("Cannot cancel file batch with status '{status}'."), None, ""));
    }
    file::stop(call, |file| file["batch"] == batch["id"]);
    batch["status"] = "cancelled".into();
    BATCH.keep(call, &batch);
    Ok(shown(call, batch))
}

pub(super) fn files(call: &Call<'_>) -> Result<Value, Failure> {
    let batch = asked_for(call)?;
    file::listed(call, own(call, &batch))
}

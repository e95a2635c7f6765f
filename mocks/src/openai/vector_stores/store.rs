//! A vector store.

use serde_json::{Value, json};

use super::{STORE, file};
use crate::openai::resource::{empty, id, items, or, tick};
use crate::provider::Call;
use crate::script::Failure;

pub(super) fn create(call: &Call<'_>) -> Result<Value, Failure> {
    let store = begin(call, call.body, "")?;
    shown(call, store)
}

/// A store as this object asks for it.
pub(super) fn begin(call: &Call<'_>, asked: &Value, tag: &str) -> Result<Value, Failure> {
    let created = tick(call);
    let days = asked["expires_after"]["days"].as_u64();
    let mut store = json!({
        "id": STORE.id(call, tag),
        "object": "vector_store",
        "created_at": created,
        "name": or(&asked["name"], json!("")),
        "usage_bytes": 0,
        "file_counts": file::counts(&[]),
        "status": "completed",
        "expires_at": days.map(|days| created + days * 86_400),
        "last_active_at": created,
        "metadata": or(&asked["metadata"], empty()),
    });
    if !asked["expires_after"].is_null() {
        store["expires_after"] = asked["expires_after"].clone();
    }
    STORE.keep(call, &store);
    for id_of_file in items(&asked["file_ids"]) {
        let added = json!({ "file_id": id_of_file, "chunking_strategy": asked["chunking_strategy"] });
        file::add(call, id(&store), &added, None)?;
    }
    Ok(store)
}

/// A store with its files counted.
pub(super) fn shown(call: &Call<'_>, mut store: Value) -> Result<Value, Failure> {
    let files = file::all(call, id(&store));
    let counts = file::counts(&files);
    store["status"] = if counts["in_progress"] == 0 { "completed" } else { "in_progress" }.into();
    store["file_counts"] = counts;
    store["usage_bytes"] = files.iter().filter_map(|file| file["usage_bytes"].as_u64()).sum::<u64>().into();
    Ok(store)
}

pub(super) fn list(call: &Call<'_>) -> Result<Value, Failure> {
    let mut page = STORE.page(call, |_| true)?;
    for store in page["data"].as_array_mut().into_iter().flatten() {
        *store = shown(call, store.take())?;
    }
    Ok(page)
}

/// A look finds all its files read.
pub(super) fn retrieve(call: &Call<'_>) -> Result<Value, Failure> {
    let store = STORE.asked(call)?;
    file::look(call, |known| known["vector_store_id"] == store["id"]);
    shown(call, store)
}

pub(super) fn modify(call: &Call<'_>) -> Result<Value, Failure> {
    let mut store = STORE.change(call, STORE.asked(call)?, &["name", "metadata", "expires_after"])?;
    let days = store["expires_after"]["days"].as_u64();
    let active = store["last_active_at"].as_u64().unwrap_or_default();
    store["expires_at"] = days.map(|days| active + days * 86_400).into();
    STORE.keep(call, &store);
    shown(call, store)
}

pub(super) fn delete(call: &Call<'_>) -> Result<Value, Failure> {
    let store = STORE.asked(call)?;
    for known in file::all(call, id(&store)) {
        file::forget(call, &known);
    }
    Ok(STORE.delete(call, &store))
}

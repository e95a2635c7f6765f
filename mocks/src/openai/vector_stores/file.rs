//! A file in a vector store. The same file may be in several.

use serde_json::{Value, json};

use super::STORE;
use crate::openai::files;
use crate::openai::refuse::error;
use crate::openai::resource::{Paging, asked, empty, id, or, page, tick};
use crate::provider::Call;
use crate::script::{Failure, Kind};

/// The kind on the shelf; the id is that of the store and that of the file.
const KIND: &str = "vector_store_file";

pub(super) fn absent(id: &str) -> Failure {
    Failure::new(Kind::NotFound, format!("No file found with id '{id}' in vector store."))
}

fn key(store: &str, file: &str) -> String {
    format!("{store} {file}")
}

fn keep(call: &Call<'_>, file: &Value) {
    let store = file["vector_store_id"].as_str().unwrap_or_default();
    call.shelf.put(KIND, &key(store, id(file)), file);
}

pub(super) fn forget(call: &Call<'_>, file: &Value) {
    let store = file["vector_store_id"].as_str().unwrap_or_default();
    // It was found a moment ago; another request may have been faster.
    let _ = call.shelf.remove(KIND, &key(store, id(file)));
}

/// Puts a file into a store, as part of a batch perhaps.
pub(super) fn add(
    call: &Call<'_>,
    store: &str,
    asked: &Value,
    batch: Option<&str>,
) -> Result<Value, Failure> {
    let file = asked["file_id"].as_str().unwrap_or_default();
    let known = files::described(call, file)?;
    let usual =
        json!({ "type": "static", "static": { "max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400 } });
    let strategy = &asked["chunking_strategy"];
    let strategy = if strategy["type"] == "static" { strategy.clone() } else { usual };
    let size = strategy["static"]["max_chunk_size_tokens"].as_u64().unwrap_or_default();
    if strategy["static"]["chunk_overlap_tokens"].as_u64().unwrap_or_default() > size / 2 {
        let message = "chunk_overlap_tokens must be less than or equal to max_chunk_size_tokens / 2";
        return Err(error(message.to_owned(), Some("chunking_strategy"), ""));
    }
    let file = json!({
        "id": file,
        "object": "vector_store.file",
        "usage_bytes": known["bytes"],
        "created_at": tick(call),
        "vector_store_id": store,
        "status": "in_progress",
        "last_error": null,
        "chunking_strategy": strategy,
        "attributes": or(&asked["attributes"], empty()),
        "batch": batch,
    });
    keep(call, &file);
    Ok(shown(file))
}

/// Without what is ours alone.
fn shown(mut file: Value) -> Value {
    file.as_object_mut().map(|file| file.remove("batch"));
    file
}

/// All files in a store.
pub(super) fn all(call: &Call<'_>, store: &str) -> Vec<Value> {
    of(call, |file| file["vector_store_id"] == store)
}

/// All files that are so, in whatever store.
pub(super) fn of(call: &Call<'_>, is_meant: impl Fn(&Value) -> bool) -> Vec<Value> {
    let files = call.shelf.all::<Value>(KIND).into_iter().map(|(_, file)| file);
    files.filter(|file| is_meant(file)).collect()
}

/// A look finds what was in progress read; what is no text cannot be searched.
pub(super) fn look(call: &Call<'_>, is_meant: impl Fn(&Value) -> bool) {
    for mut file in of(call, |file| file["status"] == "in_progress" && is_meant(file)) {
        let content = files::bytes(call, id(&file));
        if content.is_none_or(|content| std::str::from_utf8(&content).is_err()) {
            file["status"] = "failed".into();
            file["last_error"] =
                json!({ "code": "unsupported_file", "message": "The file has no text that can be read." });
        } else {
            file["status"] = "completed".into();
        }
        keep(call, &file);
    }
}

/// What is in progress is put in no more.
pub(super) fn stop(call: &Call<'_>, is_meant: impl Fn(&Value) -> bool) {
    for mut file in of(call, |file| file["status"] == "in_progress" && is_meant(file)) {
        file["status"] = "cancelled".into();
        keep(call, &file);
    }
}

/// How many are in which state.
pub(super) fn counts(files: &[Value]) -> Value {
    let of = |status: &str| files.iter().filter(|file| file["status"] == status).count();
    json!({
        "in_progress": of("in_progress"),
        "completed": of("completed"),
        "failed": of("failed"),
        "cancelled": of("cancelled"),
        "total": files.len(),
    })
}

pub(super) fn create(call: &Call<'_>) -> Result<Value, Failure> {
    let store = STORE.asked(call)?;
    add(call, id(&store), call.body, None)
}

/// The file that the path names.
fn asked_for(call: &Call<'_>) -> Result<Value, Failure> {
    let (store, file) = (STORE.asked(call)?, asked(call, "file_id"));
    call.shelf.get(KIND, &key(id(&store), &file)).ok_or_else(|| absent(&file))
}

pub(super) fn retrieve(call: &Call<'_>) -> Result<Value, Failure> {
    let file = asked_for(call)?;
    look(call, |known| known["id"] == file["id"] && known["vector_store_id"] == file["vector_store_id"]);
    asked_for(call).map(shown)
}

pub(super) fn update(call: &Call<'_>) -> Result<Value, Failure> {
    let mut file = asked_for(call)?;
    file["attributes"] = or(&call.body["attributes"], empty());
    keep(call, &file);
    Ok(shown(file))
}

pub(super) fn delete(call: &Call<'_>) -> Result<Value, Failure> {
    let file = asked_for(call)?;
    forget(call, &file);
    Ok(json!({ "id": file["id"], "object": "vector_store.file.deleted", "deleted": true }))
}

pub(super) fn list(call: &Call<'_>) -> Result<Value, Failure> {
    let store = STORE.asked(call)?;
    listed(call, all(call, id(&store)))
}

/// A page of these, of one state perhaps.
pub(super) fn listed(call: &Call<'_>, files: Vec<Value>) -> Result<Value, Failure> {
    let filter = call.request.parameter("filter").filter(|filter| !filter.is_empty());
    let meant = files.into_iter().filter(|file| filter.is_none_or(|filter| file["status"] == filter));
    page(call, meant.map(shown).collect(), &Paging { absent: &absent, usual: 20, most: 100 })
}

/// What was read in it.
pub(super) fn content(call: &Call<'_>) -> Result<Value, Failure> {
    let file = asked_for(call)?;
    let text = String::from_utf8_lossy(&files::bytes(call, id(&file)).unwrap_or_default()).into_owned();
    let data = json!([{ "type": "text", "text": text }]);
    Ok(
        json!({ "object": "vector_store.file_content.page", "data": data, "has_more": false, "next_page": null }),
    )
}

//! [Vector stores](https://platform.openai.com/docs/api-reference/vector-stores): files, made searchable.
//!
//! ```text
//! file ─▶ in a store (in_progress; the next look finds it completed) ─▶ pieces of its text ─▶ search: what lies near the question
//! ```

mod batch;
mod file;
mod search;
mod store;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::resource::{Noun, id, items};
use crate::provider::Call;
use crate::script::Failure;

const STORE: Noun = Noun {
    name: "vector_store",
    prefix: "vs_",
    parameter: "vector_store_id",
    deleted: "vector_store.deleted",
};
const BATCH: Noun = Noun { name: "file_batch", prefix: "vsfb_", parameter: "batch_id", deleted: "" };

type Answer = fn(&Call<'_>) -> Result<Value, Failure>;

const OPERATIONS: &[(&str, Answer)] = &[
    ("createVectorStore", store::create),
    ("deleteVectorStore", store::delete),
    ("getVectorStore", store::retrieve),
    ("listVectorStores", store::list),
    ("modifyVectorStore", store::modify),
    ("createVectorStoreFile", file::create),
    ("deleteVectorStoreFile", file::delete),
    ("getVectorStoreFile", file::retrieve),
    ("listVectorStoreFiles", file::list),
    ("retrieveVectorStoreFileContent", file::content),
    ("updateVectorStoreFileAttributes", file::update),
    ("cancelVectorStoreFileBatch", batch::cancel),
    ("createVectorStoreFileBatch", batch::create),
    ("getVectorStoreFileBatch", batch::retrieve),
    ("listFilesInVectorStoreBatch", batch::files),
    ("searchVectorStore", search::asked),
];

/// Is this operation one of these?
pub(super) fn has(operation: &str) -> bool {
    OPERATIONS.iter().any(|(name, _)| *name == operation)
}

/// The answer.
pub(super) fn direct(call: &Call<'_>) -> Result<Value, Failure> {
    let found = OPERATIONS.iter().find(|(name, _)| *name == call.operation);
    let (_, answer) = found.expect("asked for those that it has");
    answer(call)
}

/// A piece of a file that a search found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Hit {
    pub(super) file_id: String,
    pub(super) name: String,
    pub(super) text: String,
    /// From 0 to 1.
    pub(super) score: f64,
    attributes: Value,
}

/// What in these stores lies nearest to a question.
pub(super) fn search(call: &Call<'_>, stores: &[String], question: &str, most: usize) -> Vec<Hit> {
    search::nearest(call, stores, question, most)
}

/// What tools work with, once stores that are to be made for them are made.
pub(super) fn settled(call: &Call<'_>, resources: &Value) -> Result<Value, Failure> {
    let mut settled = if resources.is_object() { resources.clone() } else { json!({}) };
    let asked = items(&resources["file_search"]["vector_stores"]);
    if let Some(asked) = asked.first() {
        let store = store::begin(call, asked, "tool")?;
        settled["file_search"] = json!({ "vector_store_ids": [id(&store)] });
    }
    for store in items(&settled["file_search"]["vector_store_ids"]).iter().filter_map(Value::as_str) {
        STORE.find(call, store)?;
    }
    Ok(settled)
}

/// Puts a file into the store of these resources, which is made where there is none.
pub(super) fn attach(call: &Call<'_>, resources: &mut Value, file: &str) -> Result<(), Failure> {
    let known = resources["file_search"]["vector_store_ids"][0].as_str().map(str::to_owned);
    let store = match known {
        Some(store) => store,
        None => {
            let store = id(&store::begin(call, &json!({}), "thread")?).to_owned();
            resources["file_search"] = json!({ "vector_store_ids": [store] });
            store
        }
    };
    file::add(call, &store, &json!({ "file_id": file }), None).map(drop)
}

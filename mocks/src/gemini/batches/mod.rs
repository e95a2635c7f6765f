//! [Batches](https://ai.google.dev/gemini-api/docs/batch-api): requests inline or in a file, each answered by the mock's own models.
//!
//! A batch is pending until someone looks: the first `GET` finds it running, the second one over; a script's `progress` says otherwise.

mod kept;
mod lines;

use serde_json::{Value, json};

use super::files::File;
use super::{good, page};
use crate::provider::{Call, Whole};
use crate::script::{Failure, Kind};
use kept::Batch;
use lines::Line;

const GENERATE: &str = "batchGenerateContent";
const EMBED: &str = "asyncBatchEmbedContent";
const LIST: &str = "listBatches";
const GET: &str = "getBatch";
const DELETE: &str = "deleteBatch";
const CANCEL: &str = "cancelBatch";

/// The kinds of objects on the shelf, by the last part of their names: batches, and what came of their requests.
const BATCH: &str = "batch";
const RESULTS: &str = "batch_results";
/// Batches of a page: what is usual, and the most.
const USUAL: usize = 10;
const MOST: usize = 1_000;

/// This operation's name, if it is one of these.
pub(super) fn named(operation: &str) -> Option<&'static str> {
    [GENERATE, EMBED, LIST, GET, DELETE, CANCEL].into_iter().find(|known| *known == operation)
}

pub(super) fn answer(call: &Call<'_>) -> Result<Whole, Failure> {
    let id = call.found.and_then(|found| found.parameter("batch")).unwrap_or_default();
    let body = match call.operation {
        LIST => list(call)?,
        GET => look(call, &id)?,
        CANCEL => {
            call.shelf.change(BATCH, &id, Batch::stop).ok_or_else(absent)??;
            json!({})
        }
        DELETE => {
            let _ = call.shelf.remove(RESULTS, &id);
            if !call.shelf.remove(BATCH, &id) {
                return Err(absent());
            }
            json!({})
        }
        _ => create(call)?,
    };
    Ok(good(call, &body))
}

fn create(call: &Call<'_>) -> Result<Value, Failure> {
    let lines = lines::run(call)?;
    let batch = Batch::new(call, &lines);
    call.shelf.put(RESULTS, &batch.id, &lines);
    call.shelf.put(BATCH, &batch.id, &batch);
    Ok(batch.shown(&[]))
}

fn look(call: &Call<'_>, id: &str) -> Result<Value, Failure> {
    let look = |batch: &mut Batch| (batch.look(), batch.clone());
    let (ends, batch) = call.shelf.change(BATCH, id, look).ok_or_else(absent)?;
    let lines: Vec<Line> = call.shelf.get(RESULTS, id).unwrap_or_default();
    if ends && let Some(file) = batch.file() {
        let rows: String = lines.iter().map(|line| format!("{}\n", line.row())).collect();
        File::generated(call, file.to_owned(), "application/jsonl", rows.as_bytes());
    }
    Ok(batch.shown(&lines))
}

fn list(call: &Call<'_>) -> Result<Value, Failure> {
    let batches = call.shelf.all::<Batch>(BATCH).into_iter().map(|(_, batch)| (batch.number, batch));
    let (batches, next) = page::page(call, batches.collect(), USUAL, MOST)?;
    let mut body = json!({});
    if !batches.is_empty() {
        // Results that stand inline are shown with the batch alone.
        body["operations"] = batches.iter().map(|batch| batch.shown(&[])).collect();
    }
    if let Some(next) = next {
        body["nextPageToken"] = next.into();
    }
    Ok(body)
}

fn absent() -> Failure {
    Failure::new(Kind::NotFound, "Requested entity was not found.")
}

//! A batch, as it is made and asked for.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answered::Answered;
use super::{line, look};
use crate::batch::Job;
use crate::openai::files;
use crate::openai::refuse::error;
use crate::openai::resource::{Manner, Paging, absent, asked, page, tick};
use crate::provider::Call;
use crate::request::Request;
use crate::script::Failure;

/// The kind of objects on the shelf.
pub(super) const KIND: &str = "batch";
/// A day.
const WINDOW: u64 = 86_400;

/// What is kept of a batch.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    /// As it was shown last.
    pub(super) batch: Value,
    pub(super) work: Job,
    /// What comes of each line.
    pub(super) lines: Vec<Answered>,
    /// What is wrong with the input, where something is.
    pub(super) wrong: Vec<Value>,
    /// How long its files last, or null.
    pub(super) expires_after: Value,
}

pub(super) fn create(call: &Call<'_>, manner: &Manner) -> Result<Value, Failure> {
    let body = call.body;
    let text = |member: &str| body[member].as_str().unwrap_or_default();
    let (input, endpoint) = (text("input_file_id"), text("endpoint"));
    let file = files::described(call, input)?;
    if file["purpose"] != "batch" {
        let message = format!("Invalid file purpose: {}. Expected: 'batch'.", file["purpose"]);
        return Err(error(message.replace('"', "'"), Some("input_file_id"), ""));
    }
    let content = files::bytes(call, input).unwrap_or_default();
    let (lines, wrong) = match line::read(&String::from_utf8_lossy(&content), endpoint, manner) {
        Ok(lines) => (lines, Vec::new()),
        Err(wrong) => (Vec::new(), wrong),
    };
    let model = lines.first().map(|line| &line.body["model"]);
    let answered = lines.iter().enumerate();
    let answered: Vec<_> = answered.map(|(at, line)| Answered::new(call, manner, at, line)).collect();
    // A script may look for a text of the lines as well.
    let asked = Request { body: [&call.request.body[..], &content].concat().into(), ..call.request.clone() };
    let work = Job::new(answered.len(), call.inner.progress(&asked, body));
    let batch = begun(call, model);
    let expires_after = body["output_expires_after"].clone();
    let kept = Kept { batch: batch.clone(), work, lines: answered, wrong, expires_after };
    let id = batch["id"].as_str().unwrap_or_default();
    call.shelf.put(KIND, id, &kept);
    Ok(batch)
}

fn begun(call: &Call<'_>, model: Option<&Value>) -> Value {
    let created = tick(call);
    json!({
        "id": format!("batch_{}", call.draw.hex("batch", 48)),
        "object": "batch",
        "endpoint": call.body["endpoint"],
        "model": model,
        "errors": null,
        "input_file_id": call.body["input_file_id"],
        "completion_window": call.body["completion_window"],
        "status": look::VALIDATING,
        "output_file_id": null,
        "error_file_id": null,
        "created_at": created,
        "in_progress_at": null,
        "expires_at": created + WINDOW,
        "finalizing_at": null,
        "completed_at": null,
        "failed_at": null,
        "expired_at": null,
        "cancelling_at": null,
        "cancelled_at": null,
        "request_counts": { "total": 0, "completed": 0, "failed": 0 },
        "usage": null,
        "metadata": call.body["metadata"],
    })
}

/// A list shows batches as they were shown last: only a look at one finds it further.
pub(super) fn list(call: &Call<'_>, _manner: &Manner) -> Result<Value, Failure> {
    let batches = call.shelf.all::<Kept>(KIND).into_iter().map(|(_, kept)| kept.batch);
    page(call, batches.collect(), &Paging { absent: &|id| absent("Batch", id), usual: 20, most: 100 })
}

pub(super) fn retrieve(call: &Call<'_>, _manner: &Manner) -> Result<Value, Failure> {
    let id = asked(call, "batch_id");
    let mut kept: Kept = call.shelf.get(KIND, &id).ok_or_else(|| absent("Batch", &id))?;
    if look::further(call, &mut kept)? {
        call.shelf.put(KIND, &id, &kept);
    }
    Ok(kept.batch)
}

pub(super) fn cancel(call: &Call<'_>, _manner: &Manner) -> Result<Value, Failure> {
    let id = asked(call, "batch_id");
    let now = tick(call);
    let stop = |kept: &mut Kept| {
        if !kept.work.stop() {
            let status = kept.batch["status"].as_str().unwrap_or_default();
            return Err(error(format!("Cannot cancel a batch with status '{status}'."), None, ""));
        }
        kept.batch["status"] = look::CANCELLING.into();
        kept.batch["cancelling_at"] = now.into();
        Ok(kept.batch.clone())
    };
    call.shelf.change(KIND, &id, stop).ok_or_else(|| absent("Batch", &id))?
}

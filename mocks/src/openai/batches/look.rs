//! What a look finds: a batch a step further, and its files once it is over.

use serde_json::{Value, json};

use super::answered::{Answered, Spent};
use super::batch::Kept;
use crate::batch::Stage;
use crate::openai::files::File;
use crate::openai::resource::tick;
use crate::provider::Call;
use crate::script::{End, Failure};

pub(super) const VALIDATING: &str = "validating";
pub(super) const CANCELLING: &str = "cancelling";
const IN_PROGRESS: &str = "in_progress";
const FINALIZING: &str = "finalizing";

/// Looks at a batch; says whether it went on.
pub(super) fn further(call: &Call<'_>, kept: &mut Kept) -> Result<bool, Failure> {
    let status = kept.batch["status"].as_str().unwrap_or_default().to_owned();
    match status.as_str() {
        VALIDATING if !kept.wrong.is_empty() => {
            kept.batch["errors"] = json!({ "object": "list", "data": kept.wrong });
            become_(call, kept, "failed");
        }
        VALIDATING | IN_PROGRESS | CANCELLING => {
            let stage = kept.work.look();
            count(kept);
            match stage {
                Stage::Waiting | Stage::Working | Stage::Stopping => {
                    if status == VALIDATING {
                        become_(call, kept, IN_PROGRESS);
                    }
                }
                Stage::Over(End::Done) => {
                    if status == VALIDATING {
                        become_(call, kept, IN_PROGRESS);
                    }
                    become_(call, kept, FINALIZING);
                }
                Stage::Over(End::Expired) => end(call, kept, "expired", Some(EXPIRED))?,
                Stage::Over(End::Failed) => end(call, kept, "failed", Some(FAILED))?,
                Stage::Stopped => end(call, kept, "cancelled", Some(CANCELLED))?,
            }
        }
        FINALIZING => end(call, kept, "completed", None)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// What is said of lines that nobody came to.
type Undone = (&'static str, &'static str);
const EXPIRED: Undone =
    ("batch_expired", "This request could not be executed before the completion window expired.");
const CANCELLED: Undone =
    ("batch_cancelled", "This request was not executed before the batch was cancelled.");
const FAILED: Undone = ("server_error", "This request was not executed before the batch failed.");

fn become_(call: &Call<'_>, kept: &mut Kept, status: &str) {
    kept.batch["status"] = status.into();
    kept.batch[format!("{status}_at")] = tick(call).into();
}

fn count(kept: &mut Kept) {
    let done = kept.lines.iter().take(kept.work.done());
    let (good, bad): (Vec<_>, Vec<_>) = done.partition(|line| line.is_good());
    kept.batch["request_counts"] =
        json!({ "total": kept.lines.len(), "completed": good.len(), "failed": bad.len() });
}

/// Writes the files, and ends.
fn end(call: &Call<'_>, kept: &mut Kept, status: &str, undone: Option<Undone>) -> Result<(), Failure> {
    let (done, left) = kept.lines.split_at(kept.work.done().min(kept.lines.len()));
    let (good, bad): (Vec<_>, Vec<_>) = done.iter().partition(|line| line.is_good());
    let mut failures: Vec<Value> = bad.into_iter().map(Answered::told).collect();
    if let Some((code, message)) = undone {
        failures.extend(left.iter().map(|line| line.undone(code, message)));
    }
    kept.batch["usage"] = Spent::on(good.iter().copied()).told();
    let answers: Vec<Value> = good.into_iter().map(Answered::told).collect();
    let output = write(call, kept, "output", &answers)?;
    let failed = write(call, kept, "error", &failures)?;
    (kept.batch["output_file_id"], kept.batch["error_file_id"]) = (output, failed);
    become_(call, kept, status);
    Ok(())
}

/// A file of lines; none where there are none.
fn write(call: &Call<'_>, kept: &Kept, kind: &str, lines: &[Value]) -> Result<Value, Failure> {
    if lines.is_empty() {
        return Ok(Value::Null);
    }
    let id = kept.batch["id"].as_str().unwrap_or_default();
    let content: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let file = File {
        name: &format!("{id}_{kind}.jsonl"),
        purpose: "batch_output",
        content: content.as_bytes(),
        expires_after: &kept.expires_after,
        tag: kind,
        status: "processed",
    };
    Ok(file.keep(call)?["id"].clone())
}

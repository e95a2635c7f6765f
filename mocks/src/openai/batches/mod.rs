//! [Batches](https://platform.openai.com/docs/api-reference/batch): a file of requests, each of which the mock's own API answers.
//!
//! ```text
//! POST ─▶ lines of the input file ─▶ what is wrong with them │ each through `Call::inner` ─▶ batch, and its work, on the shelf
//! GET  ─▶ a look: validating ─▶ in_progress ─▶ finalizing ─▶ completed, and the files of answers and of failures
//!                       └▶ failed         └▶ expired, cancelling ─▶ cancelled
//! ```
//!
//! How many looks find it in progress, and how it ends, a script may say: [`Progress`](crate::script::Progress).

mod answered;
mod batch;
mod line;
mod look;

use serde_json::Value;

use super::resource::Manner;
use crate::provider::Call;
use crate::script::Failure;

type Answer = fn(&Call<'_>, &Manner) -> Result<Value, Failure>;

const OPERATIONS: &[(&str, Answer)] = &[
    ("createBatch", batch::create),
    ("listBatches", batch::list),
    ("retrieveBatch", batch::retrieve),
    ("cancelBatch", batch::cancel),
];

/// Is this operation one of these?
pub(super) fn has(operation: &str) -> bool {
    OPERATIONS.iter().any(|(name, _)| *name == operation)
}

/// The answer.
pub(super) fn direct(call: &Call<'_>, manner: &Manner) -> Result<Value, Failure> {
    let found = OPERATIONS.iter().find(|(name, _)| *name == call.operation);
    let (_, answer) = found.expect("asked for those that it has");
    answer(call, manner)
}

//! [Assistants](https://platform.openai.com/docs/api-reference/assistants), threads, what is said in them, and runs.
//!
//! ```text
//! run ─▶ work (the thread as a chat, which the mock's own API answers) ─▶ outcome ─▶ each look a step further, or events
//!            ▲                                                            │ requires_action
//!            └──────────── submit_tool_outputs ◀──────────────────────────┘
//! ```
//!
//! A run is `queued`; the first look finds it `in_progress`, the next one finds it over, unless a script says otherwise
//! ([`Progress`](crate::script::Progress)). As a stream it shows all of that at once.

mod assistant;
mod message;
mod outcome;
mod run;
mod settle;
mod step;
mod thread;
mod work;

use serde_json::Value;

use super::refuse::error;
use super::resource::{Manner, Noun};
use crate::provider::{Call, Event};
use crate::script::Failure;

pub(super) const ASSISTANT: Noun =
    Noun { name: "assistant", prefix: "asst_", parameter: "assistant_id", deleted: "assistant.deleted" };
const THREAD: Noun =
    Noun { name: "thread", prefix: "thread_", parameter: "thread_id", deleted: "thread.deleted" };
const MESSAGE: Noun =
    Noun { name: "message", prefix: "msg_", parameter: "message_id", deleted: "thread.message.deleted" };
const RUN: Noun = Noun { name: "run", prefix: "run_", parameter: "run_id", deleted: "" };
const STEP: Noun = Noun { name: "run_step", prefix: "step_", parameter: "step_id", deleted: "" };

type Answer = fn(&Call<'_>, &Manner) -> Result<Value, Failure>;

const OPERATIONS: &[(&str, Answer)] = &[
    ("createAssistant", assistant::create),
    ("deleteAssistant", assistant::delete),
    ("getAssistant", assistant::retrieve),
    ("listAssistants", assistant::list),
    ("modifyAssistant", assistant::modify),
    ("createThread", thread::create),
    ("deleteThread", thread::delete),
    ("getThread", thread::retrieve),
    ("modifyThread", thread::modify),
    ("createMessage", message::create),
    ("deleteMessage", message::delete),
    ("getMessage", message::retrieve),
    ("listMessages", message::list),
    ("modifyMessage", message::modify),
    ("cancelRun", run::cancel),
    ("createRun", run::create),
    ("createThreadAndRun", run::create),
    ("getRun", run::retrieve),
    ("listRuns", run::list),
    ("modifyRun", run::modify),
    ("submitToolOuputsToRun", run::submit),
    ("getRunStep", step::retrieve),
    ("listRunSteps", step::list),
];

/// Is this operation one of these?
pub(super) fn has(operation: &str) -> bool {
    OPERATIONS.iter().any(|(name, _)| *name == operation)
}

/// The answer.
pub(super) fn direct(call: &Call<'_>, manner: &Manner) -> Result<Value, Failure> {
    asked_for(call, manner)?;
    let found = OPERATIONS.iter().find(|(name, _)| *name == call.operation);
    let (_, answer) = found.expect("asked for those that it has");
    answer(call, manner)
}

/// The same as a stream, where one is asked for.
pub(super) fn stream(call: &Call<'_>, manner: &Manner) -> Option<Result<Vec<Event>, Failure>> {
    let streams = ["createRun", "createThreadAndRun", "submitToolOuputsToRun"].contains(&call.operation);
    (streams && call.body["stream"] == true).then(|| {
        asked_for(call, manner)?;
        run::stream(call, manner)
    })
}

/// They are asked for by a header: <https://platform.openai.com/docs/assistants/migration>
fn asked_for(call: &Call<'_>, manner: &Manner) -> Result<(), Failure> {
    let beta = call.request.header("openai-beta").unwrap_or_default();
    if !manner.asks_for_beta || beta.split(',').any(|beta| beta.trim() == "assistants=v2") {
        return Ok(());
    }
    let message = "You must provide the 'OpenAI-Beta' header to access the Assistants API. Please try again by setting the header 'OpenAI-Beta: assistants=v2'.";
    Err(error(message.to_owned(), None, "invalid_beta"))
}

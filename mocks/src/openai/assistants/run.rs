//! A run: an assistant at work on a thread.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::outcome::Outcome;
use super::settle::{self, Told};
use super::work::{self, Round};
use super::{ASSISTANT, RUN, STEP, THREAD, message, step, thread};
use crate::batch::{Job, Stage};
use crate::openai::refuse::error;
use crate::openai::resource::{Manner, empty, id, items, or, tick};
use crate::openai::vector_stores::Hit;
use crate::provider::{Call, Event};
use crate::script::{End, Failure};
use crate::wire::sse;

/// Beside the run on the shelf: what it does next.
const WORK: &str = "run_work";
/// A run may wait ten minutes for its client.
const SECONDS: u64 = 600;
/// States in which a run holds its thread.
const ACTIVE: &[&str] = &["queued", "in_progress", "requires_action", "cancelling"];

/// A run, and what it does.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    /// As it was shown last.
    pub(super) run: Value,
    pub(super) outcome: Outcome,
    pub(super) rounds: Vec<Round>,
    /// The vector stores that it can search.
    pub(super) stores: Vec<String>,
    /// What it found there.
    pub(super) found: Vec<Hit>,
    job: Job,
}

impl Kept {
    fn find(call: &Call<'_>, run: Value) -> Result<Self, Failure> {
        let kept: Option<Self> = call.shelf.get(WORK, id(&run));
        let absent = RUN.absent(id(&run));
        kept.map(|kept| Self { run, ..kept }).ok_or(absent)
    }

    fn keep(&self, call: &Call<'_>) {
        RUN.keep(call, &self.run);
        call.shelf.put(WORK, id(&self.run), self);
    }

    fn status(&self) -> &str {
        self.run["status"].as_str().unwrap_or_default()
    }

    /// Each look finds it further; what happens is told.
    fn look(&mut self, call: &Call<'_>) -> Told {
        let stage = self.job.look();
        match (self.status(), stage) {
            ("queued" | "in_progress", Stage::Over(End::Done)) => {
                self.start(call);
                settle::settle(call, self)
            }
            ("queued" | "in_progress" | "cancelling", stage) => {
                let mut told = Told::new();
                match stage {
                    Stage::Working => self.start(call),
                    Stage::Over(End::Expired) => {
                        let outcome = self.outcome.clone().half();
                        return settle::broken(call, self, "expired", &outcome);
                    }
                    Stage::Over(End::Failed) => {
                        let outcome = self.outcome.clone().half().broken("server_error", &Value::Null);
                        return settle::broken(call, self, "failed", &outcome);
                    }
                    Stage::Stopped => settle::end(call, self, "cancelled", &mut told),
                    Stage::Waiting | Stage::Stopping | Stage::Over(End::Done) => {}
                }
                told
            }
            _ => Told::new(),
        }
    }

    fn start(&mut self, call: &Call<'_>) {
        if self.status() == "queued" {
            self.run["status"] = "in_progress".into();
            if self.run["started_at"].is_null() {
                self.run["started_at"] = tick(call).into();
            }
        }
    }
}

/// The run that holds a thread.
pub(super) fn active(call: &Call<'_>, thread: &str) -> Option<Value> {
    let holds = |run: &Value| run["status"].as_str().is_some_and(|status| ACTIVE.contains(&status));
    RUN.all(call, |run| run["thread_id"] == thread && holds(run)).pop()
}

pub(super) fn create(call: &Call<'_>, manner: &Manner) -> Result<Value, Failure> {
    let (_, kept) = begin(call, manner)?;
    kept.keep(call);
    Ok(kept.run)
}

/// A run, and the thread where it is new.
fn begin(call: &Call<'_>, manner: &Manner) -> Result<(Option<Value>, Kept), Failure> {
    let body = call.body;
    let assistant = ASSISTANT.find(call, body["assistant_id"].as_str().unwrap_or_default())?;
    let is_new = call.operation == "createThreadAndRun";
    let of = if is_new { thread::begin(call, &body["thread"])? } else { THREAD.asked(call)? };
    if let Some(active) = active(call, id(&of)) {
        let message = format!("Thread {} already has an active run {}.", id(&of), id(&active));
        return Err(error(message, None, ""));
    }
    for (at, more) in items(&body["additional_messages"]).iter().enumerate() {
        message::add(call, id(&of), more, &format!("more {at}"))?;
    }
    let run = made(call, &of, &assistant);
    let of_stores = |owner: &Value| owner["tool_resources"]["file_search"]["vector_store_ids"].clone();
    let own = if is_new { of_stores(body) } else { Value::Null };
    let stores = [own, of_stores(&of), of_stores(&assistant)];
    let stores = stores.iter().flat_map(items).filter_map(Value::as_str).map(str::to_owned).collect();
    let request = work::request(call, manner, &run, &[]);
    let chat = serde_json::from_slice(&request.body).unwrap_or_default();
    let kept = Kept {
        outcome: work::answered(call, &request),
        run,
        rounds: Vec::new(),
        stores,
        found: Vec::new(),
        job: Job::new(1, call.inner.progress(&request, &chat)),
    };
    Ok((is_new.then_some(of), kept))
}

fn made(call: &Call<'_>, thread: &Value, assistant: &Value) -> Value {
    let body = call.body;
    let of = |member: &str| or(&body[member], assistant[member].clone());
    let more = body["additional_instructions"].as_str().map(|more| format!("\n{more}")).unwrap_or_default();
    let instructions = format!("{}{more}", of("instructions").as_str().unwrap_or_default());
    let created = tick(call);
    json!({
        "id": RUN.id(call, ""),
        "object": "thread.run",
        "created_at": created,
        "assistant_id": assistant["id"],
        "thread_id": thread["id"],
        "status": "queued",
        "started_at": null,
        "expires_at": created + SECONDS,
        "cancelled_at": null,
        "failed_at": null,
        "completed_at": null,
        "required_action": null,
        "last_error": null,
        "model": of("model"),
        "instructions": instructions,
        "reasoning_effort": of("reasoning_effort"),
        "tools": of("tools"),
        "metadata": or(&body["metadata"], empty()),
        "temperature": of("temperature"),
        "top_p": of("top_p"),
        "max_completion_tokens": body["max_completion_tokens"],
        "max_prompt_tokens": body["max_prompt_tokens"],
        "truncation_strategy": or(&body["truncation_strategy"], json!({ "type": "auto", "last_messages": null })),
        "incomplete_details": null,
        "usage": null,
        "response_format": of("response_format"),
        "tool_choice": or(&body["tool_choice"], json!("auto")),
        "parallel_tool_calls": or(&body["parallel_tool_calls"], json!(true)),
    })
}

pub(super) fn list(call: &Call<'_>, _manner: &Manner) -> Result<Value, Failure> {
    let thread = THREAD.asked(call)?;
    RUN.page(call, |run| run["thread_id"] == thread["id"])
}

/// The run that the path names.
fn asked_for(call: &Call<'_>) -> Result<Value, Failure> {
    THREAD.asked(call)?;
    RUN.within(call, "thread_id")
}

pub(super) fn retrieve(call: &Call<'_>, _manner: &Manner) -> Result<Value, Failure> {
    let mut kept = Kept::find(call, asked_for(call)?)?;
    if ["queued", "in_progress", "cancelling"].contains(&kept.status()) {
        kept.look(call);
        kept.keep(call);
    }
    Ok(kept.run)
}

pub(super) fn modify(call: &Call<'_>, _manner: &Manner) -> Result<Value, Failure> {
    RUN.change(call, asked_for(call)?, &["metadata"])
}

pub(super) fn cancel(call: &Call<'_>, _manner: &Manner) -> Result<Value, Failure> {
    let mut kept = Kept::find(call, asked_for(call)?)?;
    match kept.status().to_owned().as_str() {
        "requires_action" => settle::end(call, &mut kept, "cancelled", &mut Told::new()),
        "queued" | "in_progress" if kept.job.stop() => kept.run["status"] = "cancelling".into(),
        status => return Err(error(format!("Cannot cancel run with status '{status}'."), None, "")),
    }
    kept.keep(call);
    Ok(kept.run)
}

pub(super) fn submit(call: &Call<'_>, manner: &Manner) -> Result<Value, Failure> {
    let (_, kept) = submitted(call, manner)?;
    kept.keep(call);
    Ok(kept.run)
}

/// The run goes on with what its functions returned; the step that waited for that is done.
fn submitted(call: &Call<'_>, manner: &Manner) -> Result<(Told, Kept), Failure> {
    let mut kept = Kept::find(call, asked_for(call)?)?;
    if kept.status() != "requires_action" {
        let message = format!("Runs in status \"{}\" do not accept tool outputs.", kept.status());
        return Err(error(message, None, ""));
    }
    let outputs = items(&call.body["tool_outputs"]);
    let sent: Vec<&str> = outputs.iter().filter_map(|output| output["tool_call_id"].as_str()).collect();
    let wanted: Vec<&str> = kept.outcome.calls.iter().map(|call| call.id.as_str()).collect();
    if wanted.iter().any(|id| !sent.contains(id)) || sent.len() != wanted.len() {
        let names = |ids: &[&str]| ids.iter().map(|id| format!("'{id}'")).collect::<Vec<_>>().join(", ");
        let message =
            format!("Expected tool outputs for call_ids [{}], got [{}]", names(&wanted), names(&sent));
        return Err(error(message, None, ""));
    }
    let mut told = Told::new();
    for mut waiting in
        STEP.all(call, |step| step["run_id"] == kept.run["id"] && step["status"] == "in_progress")
    {
        waiting["step_details"] = step::functions(&kept.outcome.calls, outputs);
        let ended = step::ended(call, waiting, "completed", &kept.outcome.usage, &Value::Null);
        told.push(("thread.run.step.completed".to_owned(), ended));
    }
    kept.rounds.push(Round { calls: std::mem::take(&mut kept.outcome.calls), outputs: outputs.to_vec() });
    let request = work::request(call, manner, &kept.run, &kept.rounds);
    let chat = serde_json::from_slice(&request.body).unwrap_or_default();
    kept.outcome = work::answered(call, &request);
    kept.job = Job::new(1, call.inner.progress(&request, &chat));
    kept.run["status"] = "queued".into();
    kept.run["required_action"] = Value::Null;
    Ok((told, kept))
}

/// All that happens, from the beginning of a run or from what was submitted to its end, or to where it waits.
pub(super) fn stream(call: &Call<'_>, manner: &Manner) -> Result<Vec<Event>, Failure> {
    let (mut told, mut kept) = match call.operation {
        "submitToolOuputsToRun" => submitted(call, manner)?,
        _ => {
            let (thread, kept) = begin(call, manner)?;
            let mut told: Told =
                thread.map(|thread| ("thread.created".to_owned(), thread)).into_iter().collect();
            told.push(("thread.run.created".to_owned(), kept.run.clone()));
            (told, kept)
        }
    };
    told.push(("thread.run.queued".to_owned(), kept.run.clone()));
    kept.start(call);
    told.push(("thread.run.in_progress".to_owned(), kept.run.clone()));
    // Looks come one after the other: nobody waits between two events.
    while ["queued", "in_progress"].contains(&kept.status()) {
        told.extend(kept.look(call));
    }
    kept.keep(call);
    let frame = |(name, data): (String, Value)| {
        let bytes = sse::frame(&name, data.to_string().as_bytes());
        Event { name: name.into(), bytes }
    };
    let done = Event { name: "done".into(), bytes: sse::frame("done", b"[DONE]") };
    Ok(told.into_iter().map(frame).chain([done]).collect())
}

//! How a run ends or waits: its steps, its message, and the events that tell of them.

use serde_json::{Value, json};

use super::outcome::{Called, Outcome};
use super::run::Kept;
use super::{MESSAGE, STEP, message, step};
use crate::openai::resource::{empty, id, items, tick};
use crate::openai::vector_stores::{self, Hit};
use crate::provider::Call;

/// What happened, in order: names of events and their data.
pub(super) type Told = Vec<(String, Value)>;

/// A search of the run's files comes before its answer, once, where there are any.
const HITS: usize = 5;

/// Brings a run to what its answer comes to.
pub(super) fn settle(call: &Call<'_>, kept: &mut Kept) -> Told {
    let outcome = kept.outcome.clone();
    let mut told = Told::new();
    if !outcome.error.is_null() {
        return broken(call, kept, "failed", &outcome);
    }
    if kept.rounds.is_empty() {
        hosted(call, kept, &mut told);
    }
    if !outcome.calls.is_empty() {
        wait(call, kept, &outcome, &mut told);
        return told;
    }
    say(call, kept, &outcome, if outcome.is_cut { "incomplete" } else { "completed" }, &mut told);
    kept.run["usage"] = outcome.usage.clone();
    if outcome.is_cut {
        kept.run["incomplete_details"] = json!({ "reason": "max_completion_tokens" });
    }
    end(call, kept, if outcome.is_cut { "incomplete" } else { "completed" }, &mut told);
    told
}

/// The run ends before its answer does; what was said by then stays.
pub(super) fn broken(call: &Call<'_>, kept: &mut Kept, status: &str, outcome: &Outcome) -> Told {
    let mut told = Told::new();
    kept.run["last_error"] = outcome.error.clone();
    if !outcome.text.is_empty() {
        say(call, kept, outcome, status, &mut told);
    }
    end(call, kept, status, &mut told);
    told
}

/// The run is over.
pub(super) fn end(call: &Call<'_>, kept: &mut Kept, status: &str, told: &mut Told) {
    // A step that waited for the client goes with the run.
    for waiting in STEP.all(call, |step| step["run_id"] == kept.run["id"] && step["status"] == "in_progress")
    {
        let status = if status == "completed" || status == "incomplete" { "completed" } else { status };
        let ended = step::ended(call, waiting, status, &Value::Null, &kept.run["last_error"]);
        told.push((format!("thread.run.step.{status}"), ended));
    }
    kept.run["status"] = status.into();
    kept.run["required_action"] = Value::Null;
    kept.run["expires_at"] = Value::Null;
    if status != "expired" && status != "incomplete" {
        kept.run[format!("{status}_at")] = tick(call).into();
    }
    told.push((format!("thread.run.{status}"), kept.run.clone()));
}

/// What the service's own tools do before the answer.
fn hosted(call: &Call<'_>, kept: &mut Kept, told: &mut Told) {
    let question = question(call, kept);
    let offers = |kind: &str| items(&kept.run["tools"]).iter().any(|tool| tool["type"] == kind);
    let wants = |kind: &str| kept.run["tool_choice"]["type"] == kind;
    let free = kept.run["tool_choice"] == "auto" || kept.run["tool_choice"] == "required";
    let mut did = Vec::new();
    if offers("file_search") && (free || wants("file_search")) {
        let found = vector_stores::search(call, &kept.stores, &question, HITS);
        did.push(("search", step::search(call, &found)));
        kept.found = found;
    }
    let speaks = question.to_lowercase().contains("code");
    if offers("code_interpreter") && (free && speaks || wants("code_interpreter")) {
        did.push(("program", step::program(call, &question)));
    }
    for (tag, details) in did {
        let begun = begin(call, kept, tag, &json!({ "type": "tool_calls", "tool_calls": [] }), told);
        let mut calls = details["tool_calls"].clone();
        for (index, tool) in calls.as_array_mut().into_iter().flatten().enumerate() {
            tool["index"] = index.into();
            number(tool);
        }
        told.push(delta(&begun, &json!({ "type": "tool_calls", "tool_calls": calls })));
        let mut ended = begun;
        ended["step_details"] = details;
        let ended = step::ended(call, ended, "completed", &usage(kept), &Value::Null);
        told.push(("thread.run.step.completed".to_owned(), ended));
    }
}

/// In pieces, outputs of the interpreter have their index, too.
fn number(tool: &mut Value) {
    for (index, output) in
        tool["code_interpreter"]["outputs"].as_array_mut().into_iter().flatten().enumerate()
    {
        output["index"] = index.into();
    }
    if let Some(search) = tool.get_mut("file_search") {
        // What was found is told by the step itself.
        *search = empty();
    }
    if tool["code_interpreter"].is_null() {
        tool.as_object_mut().map(|tool| tool.remove("code_interpreter"));
    }
}

fn question(call: &Call<'_>, kept: &Kept) -> String {
    let thread = kept.run["thread_id"].as_str().unwrap_or_default();
    let said = message::all(call, thread);
    said.iter().rev().find(|message| message["role"] == "user").map(message::text).unwrap_or_default()
}

fn usage(kept: &Kept) -> Value {
    kept.outcome.usage.clone()
}

/// A step begins.
fn begin(call: &Call<'_>, kept: &Kept, tag: &str, details: &Value, told: &mut Told) -> Value {
    let tag = format!("{tag} {}", kept.rounds.len());
    let begun = step::begun(call, &kept.run, &tag, details);
    for event in ["created", "in_progress"] {
        told.push((format!("thread.run.step.{event}"), begun.clone()));
    }
    begun
}

fn delta(step: &Value, details: &Value) -> (String, Value) {
    let delta =
        json!({ "id": step["id"], "object": "thread.run.step.delta", "delta": { "step_details": details } });
    ("thread.run.step.delta".to_owned(), delta)
}

/// The run waits for what the client's functions return.
fn wait(call: &Call<'_>, kept: &mut Kept, outcome: &Outcome, told: &mut Told) {
    let details = step::functions(&outcome.calls, &[]);
    let mut begun = begin(call, kept, "calls", &json!({ "type": "tool_calls", "tool_calls": [] }), told);
    for (index, called) in outcome.calls.iter().enumerate() {
        for piece in pieces(index, called) {
            told.push(delta(&begun, &json!({ "type": "tool_calls", "tool_calls": [piece] })));
        }
    }
    begun["step_details"] = details;
    STEP.keep(call, &begun);
    let calls = outcome.calls.iter().map(|called| {
        let function = json!({ "name": called.name, "arguments": called.arguments.concat() });
        json!({ "id": called.id, "type": "function", "function": function })
    });
    let calls: Vec<_> = calls.collect();
    kept.run["status"] = "requires_action".into();
    kept.run["required_action"] =
        json!({ "type": "submit_tool_outputs", "submit_tool_outputs": { "tool_calls": calls } });
    told.push(("thread.run.requires_action".to_owned(), kept.run.clone()));
}

/// The pieces in which a call is streamed: who, and then its arguments.
fn pieces(index: usize, called: &Called) -> Vec<Value> {
    let function = json!({ "name": called.name, "arguments": "", "output": null });
    let opening = json!({ "index": index, "id": called.id, "type": "function", "function": function });
    let piece =
        |text: &String| json!({ "index": index, "type": "function", "function": { "arguments": text } });
    std::iter::once(opening).chain(called.arguments.iter().map(piece)).collect()
}

/// The message of the assistant.
fn say(call: &Call<'_>, kept: &Kept, outcome: &Outcome, end: &str, told: &mut Told) {
    let tag = format!("{} {}", id(&kept.run), kept.rounds.len());
    let mut said = json!({
        "id": MESSAGE.id(call, &tag),
        "object": "thread.message",
        "created_at": tick(call),
        "thread_id": kept.run["thread_id"],
        "status": "in_progress",
        "incomplete_details": null,
        "completed_at": null,
        "incomplete_at": null,
        "role": "assistant",
        "content": [],
        "assistant_id": kept.run["assistant_id"],
        "run_id": kept.run["id"],
        "attachments": [],
        "metadata": {},
    });
    let saying = begin(call, kept, "said", &step::saying(id(&said)), told);
    for event in ["created", "in_progress"] {
        told.push((format!("thread.message.{event}"), said.clone()));
    }
    let (content, deltas) = content(outcome, &kept.found);
    for delta in deltas {
        let delta =
            json!({ "id": said["id"], "object": "thread.message.delta", "delta": { "content": [delta] } });
        told.push(("thread.message.delta".to_owned(), delta));
    }
    said["content"] = content;
    let status = if end == "completed" { end } else { "incomplete" };
    said["status"] = status.into();
    said[format!("{status}_at")] = tick(call).into();
    said["incomplete_details"] = match end {
        "completed" => Value::Null,
        "incomplete" => json!({ "reason": "max_tokens" }),
        other => json!({ "reason": format!("run_{other}") }),
    };
    MESSAGE.keep(call, &said);
    told.push((format!("thread.message.{status}"), said));
    let end = if end == "incomplete" { "completed" } else { end };
    let ended = step::ended(call, saying, end, &outcome.usage, &outcome.error);
    told.push((format!("thread.run.step.{end}"), ended));
}

/// A message's parts, and the same in pieces.
fn content(outcome: &Outcome, found: &[Hit]) -> (Value, Vec<Value>) {
    if !outcome.refusal.is_empty() {
        let part = json!({ "type": "refusal", "refusal": outcome.refusal });
        let delta = json!({ "index": 0, "type": "refusal", "refusal": outcome.refusal });
        return (json!([part]), vec![delta]);
    }
    let mut text = outcome.text.concat();
    let piece = |text: &str| json!({ "index": 0, "type": "text", "text": { "value": text } });
    let mut deltas: Vec<_> = outcome.text.iter().map(|text| piece(text)).collect();
    let mut annotations = Vec::new();
    if let Some(best) = found.first() {
        // The service marks a citation in the text.
        let mark = "\u{3010}0:0\u{2020}source\u{3011}";
        let start = text.chars().count();
        text.push_str(mark);
        let annotation = json!({
            "type": "file_citation",
            "text": mark,
            "start_index": start,
            "end_index": start + mark.chars().count(),
            "file_citation": { "file_id": best.file_id },
        });
        let mut cited = piece(mark);
        cited["text"]["annotations"] = json!([annotation]);
        cited["text"]["annotations"][0]["index"] = 0.into();
        deltas.push(cited);
        annotations.push(annotation);
    }
    (json!([{ "type": "text", "text": { "value": text, "annotations": annotations } }]), deltas)
}

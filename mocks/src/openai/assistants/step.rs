//! The steps of a run: what it called, and what it said.

use serde_json::{Value, json};

use super::outcome::Called;
use super::{RUN, STEP};
use crate::openai::resource::{Manner, empty, tick};
use crate::openai::vector_stores::Hit;
use crate::provider::Call;
use crate::script::Failure;

pub(super) fn list(call: &Call<'_>, _manner: &Manner) -> Result<Value, Failure> {
    let run = RUN.within(call, "thread_id")?;
    let mut page = STEP.page(call, |step| step["run_id"] == run["id"])?;
    if let Some(steps) = page["data"].as_array_mut() {
        steps.iter_mut().for_each(|step| *step = shown(call, step.take()));
    }
    Ok(page)
}

pub(super) fn retrieve(call: &Call<'_>, _manner: &Manner) -> Result<Value, Failure> {
    RUN.within(call, "thread_id")?;
    Ok(shown(call, STEP.within(call, "run_id")?))
}

/// What a search found is told only to whom it is included for.
fn shown(call: &Call<'_>, mut step: Value) -> Value {
    let query = call.request.query.as_deref().unwrap_or_default();
    if query.contains("file_search.results") {
        return step;
    }
    for call in step["step_details"]["tool_calls"].as_array_mut().into_iter().flatten() {
        for result in call["file_search"]["results"].as_array_mut().into_iter().flatten() {
            result.as_object_mut().map(|result| result.remove("content"));
        }
    }
    step
}

/// A step that begins.
pub(super) fn begun(call: &Call<'_>, run: &Value, tag: &str, details: &Value) -> Value {
    json!({
        "id": STEP.id(call, tag),
        "object": "thread.run.step",
        "created_at": tick(call),
        "assistant_id": run["assistant_id"],
        "thread_id": run["thread_id"],
        "run_id": run["id"],
        "type": details["type"],
        "status": "in_progress",
        "step_details": details,
        "last_error": null,
        "expired_at": null,
        "cancelled_at": null,
        "failed_at": null,
        "completed_at": null,
        "metadata": empty(),
        "usage": null,
    })
}

/// A step that ends so.
pub(super) fn ended(call: &Call<'_>, mut step: Value, status: &str, usage: &Value, error: &Value) -> Value {
    step["status"] = status.into();
    step[format!("{status}_at")] = tick(call).into();
    step["usage"] = usage.clone();
    step["last_error"] = error.clone();
    STEP.keep(call, &step);
    step
}

/// What a step of functions calls.
pub(super) fn functions(calls: &[Called], outputs: &[Value]) -> Value {
    let of = |call: &Called| {
        let output = outputs.iter().find(|output| output["tool_call_id"] == *call.id);
        let output = output.map_or(Value::Null, |output| output["output"].clone());
        let function = json!({ "name": call.name, "arguments": call.arguments.concat(), "output": output });
        json!({ "id": call.id, "type": "function", "function": function })
    };
    json!({ "type": "tool_calls", "tool_calls": calls.iter().map(of).collect::<Vec<_>>() })
}

/// What a step of a search found.
pub(super) fn search(call: &Call<'_>, found: &[Hit]) -> Value {
    let result = |hit: &Hit| {
        let content = json!([{ "type": "text", "text": hit.text }]);
        json!({ "file_id": hit.file_id, "file_name": hit.name, "score": hit.score, "content": content })
    };
    let results: Vec<_> = found.iter().map(result).collect();
    let ranking = json!({ "ranker": "default_2024_08_21", "score_threshold": 0.0 });
    let search = json!({ "ranking_options": ranking, "results": results });
    let id = format!("call_{}", call.draw.text("search", 24));
    json!({ "type": "tool_calls", "tool_calls": [{ "id": id, "type": "file_search", "file_search": search }] })
}

/// What a step of the interpreter ran: the mock computes nothing, and its program says so.
pub(super) fn program(call: &Call<'_>, question: &str) -> Value {
    let input = format!("print({})", Value::from(question));
    let outputs = json!([{ "type": "logs", "logs": format!("{question}\n") }]);
    let id = format!("call_{}", call.draw.text("program", 24));
    let run = json!({ "input": input, "outputs": outputs });
    json!({ "type": "tool_calls", "tool_calls": [{ "id": id, "type": "code_interpreter", "code_interpreter": run }] })
}

/// What a step says.
pub(super) fn saying(message: &str) -> Value {
    json!({ "type": "message_creation", "message_creation": { "message_id": message } })
}

//! What a run asks: the thread as a chat.

use serde_json::{Map, Value, json};

use super::message;
use super::outcome::{Called, Outcome};
use crate::openai::resource::{Manner, items};
use crate::provider::Call;
use crate::request::Request;

/// What the run's functions returned: calls, and the outputs by their ids.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct Round {
    pub(super) calls: Vec<Called>,
    /// As the client sent them.
    pub(super) outputs: Vec<Value>,
}

/// The request of a run's chat.
pub(super) fn request(call: &Call<'_>, manner: &Manner, run: &Value, rounds: &[Round]) -> Request {
    let headers = call.request.headers.iter().filter(|(name, _)| !name.starts_with("content-")).cloned();
    Request {
        method: "POST".to_owned(),
        prefix: call.request.prefix.clone(),
        path: format!("{}/v1/chat/completions", manner.base),
        query: None,
        is_secure: false,
        is_bare: false,
        headers: headers.chain([("content-type".to_owned(), "application/json".to_owned())]).collect(),
        body: body(call, run, rounds).to_string().into(),
    }
}

/// Has the mock's own chat answer.
pub(super) fn answered(call: &Call<'_>, request: &Request) -> Outcome {
    Outcome::read(&call.inner.answer(request))
}

fn body(call: &Call<'_>, run: &Value, rounds: &[Round]) -> Value {
    let thread = run["thread_id"].as_str().unwrap_or_default();
    let system = json!({ "role": "system", "content": run["instructions"] });
    let said = message::all(call, thread);
    let mut messages: Vec<Value> = std::iter::once(system).chain(said.iter().map(turn)).collect();
    messages.extend(rounds.iter().flat_map(round));
    let mut body = json!({
        "model": run["model"],
        "messages": messages,
        "stream": true,
        "stream_options": { "include_usage": true },
    });
    let functions: Vec<_> = items(&run["tools"]).iter().filter(|tool| tool["type"] == "function").collect();
    if !functions.is_empty() {
        body["tools"] = json!(functions);
        body["parallel_tool_calls"] = run["parallel_tool_calls"].clone();
        // A tool of the service's own is not the model's to call here.
        let is_own = run["tool_choice"]["type"].as_str().is_some_and(|kind| kind != "function");
        body["tool_choice"] = if is_own { "none".into() } else { run["tool_choice"].clone() };
        if !rounds.is_empty() && run["tool_choice"] != "none" {
            // What was required has been done.
            body["tool_choice"] = "auto".into();
        }
    }
    let more = ["temperature", "top_p", "reasoning_effort"].map(|name| (name, run[name].clone()));
    let limit = ("max_completion_tokens", run["max_completion_tokens"].clone());
    let format = ("response_format", Some(&run["response_format"]).filter(|format| format.is_object()));
    let format = (format.0, format.1.cloned().unwrap_or_default());
    let set: Map<_, _> =
        more.into_iter().chain([limit, format]).map(|(name, value)| (name.to_owned(), value)).collect();
    for (name, value) in set.into_iter().filter(|(_, value)| !value.is_null()) {
        body[name] = value;
    }
    body
}

/// A message as the chat has it. What the chat cannot see is told by its name.
fn turn(message: &Value) -> Value {
    let is_assistant = message["role"] == "assistant";
    let part = |part: &Value| match part["type"].as_str() {
        Some("text") => json!({ "type": "text", "text": part["text"]["value"] }),
        Some("image_url") if !is_assistant => part.clone(),
        Some("image_file") => json!({ "type": "text", "text": part["image_file"]["file_id"] }),
        _ => json!({ "type": "text", "text": message::text(message) }),
    };
    let content: Vec<_> = items(&message["content"]).iter().map(part).collect();
    json!({ "role": message["role"], "content": content })
}

/// Calls and what they returned.
fn round(round: &Round) -> Vec<Value> {
    let call = |call: &Called| {
        let function = json!({ "name": call.name, "arguments": call.arguments.concat() });
        json!({ "id": call.id, "type": "function", "function": function })
    };
    let calls: Vec<_> = round.calls.iter().map(call).collect();
    let asked = json!({ "role": "assistant", "content": null, "tool_calls": calls });
    let output = |output: &Value| json!({ "role": "tool", "tool_call_id": output["tool_call_id"], "content": output["output"].as_str().unwrap_or_default() });
    std::iter::once(asked).chain(round.outputs.iter().map(output)).collect()
}

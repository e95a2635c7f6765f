//! [The response](https://platform.openai.com/docs/api-reference/responses/object): what came out, and all that it was asked for.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::list;
use crate::answer::{Answer, Usage};
use crate::openai::reasons;
use crate::openai::reply::service_tier;
use crate::provider::Call;
use crate::script::Finish;

pub(super) const COMPLETED: &str = "completed";
pub(super) const INCOMPLETE: &str = "incomplete";
pub(super) const FAILED: &str = "failed";
pub(super) const QUEUED: &str = "queued";
pub(super) const IN_PROGRESS: &str = "in_progress";
pub(super) const CANCELLED: &str = "cancelled";

/// Members in the service's own order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Response {
    pub(super) id: String,
    object: String,
    created_at: u64,
    pub(super) status: String,
    pub(super) background: bool,
    completed_at: Option<u64>,
    error: Value,
    incomplete_details: Value,
    instructions: Value,
    max_output_tokens: Value,
    max_tool_calls: Value,
    model: String,
    pub(super) output: Vec<Value>,
    parallel_tool_calls: bool,
    pub(super) previous_response_id: Option<String>,
    prompt_cache_key: Value,
    prompt_cache_retention: Value,
    reasoning: Value,
    safety_identifier: Value,
    service_tier: String,
    pub(super) store: bool,
    temperature: Value,
    text: Value,
    tool_choice: Value,
    tools: Vec<Value>,
    top_logprobs: Value,
    top_p: Value,
    truncation: Value,
    usage: Value,
    user: Value,
    metadata: Value,
}

impl Response {
    /// The response once all is said.
    pub(super) fn new(call: &Call<'_>, answer: &Answer<'_>, id: String, output: Vec<Value>) -> Self {
        let body = call.body;
        let given = |name: &str, otherwise: Value| {
            body.get(name).filter(|value| !value.is_null()).cloned().unwrap_or(otherwise)
        };
        let (status, reason) = status(answer.choices.first().map_or(Finish::Stop, |choice| choice.finish));
        let created_at = call.draw.created();
        // Fifty tokens a second.
        let completed_at = (status == COMPLETED).then(|| created_at + 1 + answer.usage.completion / 50);
        let failed = json!({ "code": "server_error", "message": "The model's output could not be read." });
        Self {
            id,
            object: "response".to_owned(),
            created_at,
            status: status.to_owned(),
            background: body["background"] == true,
            completed_at,
            error: if status == FAILED { failed } else { Value::Null },
            incomplete_details: reason.map_or(Value::Null, |reason| json!({ "reason": reason })),
            instructions: given("instructions", Value::Null),
            max_output_tokens: given("max_output_tokens", Value::Null),
            max_tool_calls: given("max_tool_calls", Value::Null),
            model: answer.model.clone().into_owned(),
            output,
            parallel_tool_calls: body["parallel_tool_calls"] != false,
            previous_response_id: body["previous_response_id"].as_str().map(str::to_owned),
            prompt_cache_key: given("prompt_cache_key", Value::Null),
            prompt_cache_retention: given("prompt_cache_retention", Value::Null),
            reasoning: reasoning(call),
            safety_identifier: given("safety_identifier", Value::Null),
            service_tier: service_tier(call).to_owned(),
            store: body["store"] != false,
            temperature: given("temperature", json!(1.0)),
            text: text(&body["text"]),
            tool_choice: given("tool_choice", "auto".into()),
            tools: list(&body["tools"]).iter().map(tool).collect(),
            top_logprobs: given("top_logprobs", 0.into()),
            top_p: given("top_p", json!(1.0)),
            truncation: given("truncation", "disabled".into()),
            usage: usage(answer.usage),
            user: given("user", Value::Null),
            metadata: given("metadata", json!({})),
        }
    }

    /// The same on its way there.
    pub(super) fn at(&self, status: &str) -> Self {
        Self {
            status: status.to_owned(),
            completed_at: None,
            error: Value::Null,
            incomplete_details: Value::Null,
            output: Vec::new(),
            usage: Value::Null,
            ..self.clone()
        }
    }

    /// The same, failed on its way.
    pub(super) fn failed(&self, code: &str, message: &str) -> Self {
        Self { error: json!({ "code": code, "message": message }), ..self.at(FAILED) }
    }
}

/// How a response ends, and why before its time.
pub(super) fn status(finish: Finish) -> (&'static str, Option<&'static str>) {
    match finish {
        Finish::Stop | Finish::StopSequence | Finish::Pause | Finish::ToolCalls => (COMPLETED, None),
        Finish::Length | Finish::Context => (INCOMPLETE, Some("max_output_tokens")),
        Finish::ContentFilter | Finish::Guardrail => (INCOMPLETE, Some("content_filter")),
        Finish::Malformed => (FAILED, None),
    }
}

fn reasoning(call: &Call<'_>) -> Value {
    let asked = &call.body["reasoning"];
    let model = call.body["model"].as_str().unwrap_or_default();
    let effort = match &asked["effort"] {
        Value::Null if reasons(model) => "medium".into(),
        effort => effort.clone(),
    };
    json!({ "effort": effort, "summary": asked["summary"] })
}

fn text(asked: &Value) -> Value {
    let mut format = asked["format"].clone();
    if format.is_null() {
        format = json!({ "type": "text" });
    }
    if format["type"] == "json_schema" {
        for (member, value) in [("description", Value::Null), ("strict", true.into())] {
            if format.get(member).is_none_or(Value::is_null) {
                format[member] = value;
            }
        }
        // A description is left out or text.
        if let Some(members) = format.as_object_mut().filter(|members| members["description"].is_null()) {
            members.remove("description");
        }
    }
    let verbosity = asked["verbosity"].as_str().unwrap_or("medium");
    json!({ "format": format, "verbosity": verbosity })
}

/// A tool with what the service fills in.
fn tool(asked: &Value) -> Value {
    let mut tool = asked.clone();
    if tool["type"] == "function" {
        for (member, value) in
            [("description", Value::Null), ("parameters", Value::Null), ("strict", true.into())]
        {
            if tool.get(member).is_none() {
                tool[member] = value;
            }
        }
    }
    tool
}

fn usage(usage: Usage) -> Value {
    let Usage { prompt, completion, cached, cache_write, reasoning } = usage;
    json!({
        "input_tokens": prompt,
        "input_tokens_details": { "cached_tokens": cached, "cache_write_tokens": cache_write },
        "output_tokens": completion,
        "output_tokens_details": { "reasoning_tokens": reasoning },
        "total_tokens": prompt + completion,
    })
}

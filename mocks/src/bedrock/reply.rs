//! A [whole reply](https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html). Members are in the order
//! of their names, and the arguments of calls stay as they were written: numbers beyond 64 bits are for the client to read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::trace;
use crate::answer::{Answer, Choice, Usage};
use crate::provider::Call;
use crate::script::{Block, Finish, Reasoning, ToolCall};

/// The body of a whole reply.
pub(super) fn body(call: &Call<'_>, answer: &Answer<'_>) -> Vec<u8> {
    let choice = answer.choices.first();
    let reply = Reply {
        additional_model_response_fields: choice.and_then(|choice| additional(call, choice)),
        metrics: metrics(call),
        output: output(call, answer),
        performance_config: call.body.get("performanceConfig"),
        service_tier: call.body.get("serviceTier"),
        stop_reason: stop_reason(choice),
        trace: trace::of(call, answer),
        usage: usage(answer.usage),
    };
    serde_json::to_vec(&reply).expect("texts and JSON")
}

/// The body of a model that answers so by itself.
pub(super) fn of_model(call: &Call<'_>, answer: &Answer<'_>, usage: &Value) -> Vec<u8> {
    let stop_reason = stop_reason(answer.choices.first());
    let reply = OfModel { output: output(call, answer), stop_reason, usage };
    serde_json::to_vec(&reply).expect("texts and JSON")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OfModel<'a> {
    output: Output,
    stop_reason: &'static str,
    usage: &'a Value,
}

fn output(call: &Call<'_>, answer: &Answer<'_>) -> Output {
    let blocks = answer.choices.first().map_or(&[][..], |choice| &choice.blocks);
    let content = blocks.iter().enumerate().map(|(at, block)| content(call, at, block)).collect();
    Output { message: Message { content, role: "assistant" } }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reply<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_model_response_fields: Option<Value>,
    metrics: Value,
    output: Output,
    #[serde(skip_serializing_if = "Option::is_none")]
    performance_config: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<&'a Value>,
    stop_reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<Value>,
    usage: Value,
}

#[derive(Serialize)]
struct Output {
    message: Message,
}

#[derive(Serialize)]
struct Message {
    content: Vec<Content>,
    role: &'static str,
}

/// A union: one member each.
#[derive(Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Content {
    Text(String),
    #[serde(rename = "reasoningContent")]
    Reasoning(Value),
    ToolUse {
        input: Box<RawValue>,
        name: String,
        tool_use_id: String,
    },
}

fn content(call: &Call<'_>, at: usize, block: &Block) -> Content {
    match block {
        Block::Text(text) | Block::Refusal(text) => Content::Text(text.join()),
        Block::Reasoning(Reasoning { redacted: Some(data), .. }) => {
            Content::Reasoning(json!({ "redactedContent": data }))
        }
        Block::Reasoning(reasoning) => {
            let signature = signature(call, at, reasoning);
            Content::Reasoning(
                json!({ "reasoningText": { "signature": signature, "text": reasoning.text.join() } }),
            )
        }
        Block::ToolCall(tool) => Content::ToolUse {
            input: input(tool),
            name: tool.name.clone(),
            tool_use_id: tool_id(call, at, tool),
        },
    }
}

/// The arguments as they were written; what a script wrote that is no object becomes an empty one.
fn input(tool: &ToolCall) -> Box<RawValue> {
    let written = RawValue::from_string(tool.arguments.join().trim().to_owned());
    let written = written.ok().filter(|json| json.get().starts_with('{'));
    written.unwrap_or_else(|| RawValue::from_string("{}".to_owned()).expect("an object"))
}

/// The id of a call: the script's, or drawn by the block's place.
pub(super) fn tool_id(call: &Call<'_>, at: usize, tool: &ToolCall) -> String {
    let drawn = || format!("tooluse_{}", call.draw.text(&format!("tool {at}"), 22));
    tool.id.clone().unwrap_or_else(drawn)
}

/// The signature over a thought: the script's, or drawn by the block's place.
pub(super) fn signature(call: &Call<'_>, at: usize, reasoning: &Reasoning) -> String {
    let drawn = || STANDARD.encode(call.draw.text(&format!("signature {at}"), 96));
    reasoning.signature.clone().unwrap_or_else(drawn)
}

/// Why an answer ended.
pub(super) fn stop_reason(choice: Option<&Choice<'_>>) -> &'static str {
    let calls = |choice: &Choice<'_>| choice.blocks.iter().any(|block| matches!(block, Block::ToolCall(_)));
    match choice.map_or(Finish::Stop, |choice| choice.finish) {
        Finish::Stop | Finish::Pause => "end_turn",
        Finish::Length => "max_tokens",
        Finish::ToolCalls => "tool_use",
        Finish::StopSequence => "stop_sequence",
        Finish::ContentFilter => "content_filtered",
        Finish::Guardrail => "guardrail_intervened",
        Finish::Context => "model_context_window_exceeded",
        Finish::Malformed if choice.is_some_and(calls) => "malformed_tool_use",
        Finish::Malformed => "malformed_model_output",
    }
}

/// Those members of the model's own reply that the request points at.
pub(super) fn additional(call: &Call<'_>, choice: &Choice<'_>) -> Option<Value> {
    let paths = call.body["additionalModelResponseFieldPaths"].as_array()?;
    let own = json!({ "stop_reason": stop_reason(Some(choice)), "stop_sequence": choice.stop_sequence });
    let mut found = Map::new();
    for name in paths.iter().filter_map(|path| path.as_str()?.strip_prefix('/')) {
        found.extend(own.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    (!found.is_empty()).then_some(Value::Object(found))
}

/// How long the model is said to have taken.
pub(super) fn metrics(call: &Call<'_>) -> Value {
    json!({ "latencyMs": 200 + call.draw.number("latency", 800) })
}

/// [Usage](https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html): what a cache gave or took is not
/// part of `inputTokens`, but of the total.
pub(super) fn usage(usage: Usage) -> Value {
    json!({
        "cacheReadInputTokens": usage.cached,
        "cacheWriteInputTokens": usage.cache_write,
        "inputTokens": usage.prompt.saturating_sub(usage.cached + usage.cache_write),
        "outputTokens": usage.completion,
        "totalTokens": usage.prompt.max(usage.cached + usage.cache_write) + usage.completion,
    })
}

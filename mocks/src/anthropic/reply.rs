//! A [message](https://docs.claude.com/en/api/messages#response). Text blocks have no `citations` unless they cite: clients refuse a null there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::answer::{Answer, Usage};
use crate::provider::Call;
use crate::script::{Block, Finish, Reasoning, ToolCall};

/// The body of a whole reply.
pub(super) fn body(call: &Call<'_>, answer: &Answer<'_>) -> Vec<u8> {
    let choice = answer.choices.first();
    let blocks = choice.map_or(&[][..], |choice| &choice.blocks);
    let content: Vec<Value> =
        blocks.iter().enumerate().map(|(at, block)| self::block(call, at, block)).collect();
    let mut message = start(call, answer);
    message["content"] = Value::Array(content);
    message["usage"] = usage(call, answer.usage);
    if let Value::Object(members) = &mut message {
        members.extend(end(answer));
    }
    message.to_string().into_bytes()
}

/// A message before its content: what `message_start` carries.
pub(super) fn start(call: &Call<'_>, answer: &Answer<'_>) -> Value {
    let drawn = || format!("msg_01{}", call.draw.text("id", 22));
    let usage = Usage { completion: answer.usage.completion.min(1), reasoning: 0, ..answer.usage };
    json!({
        "id": answer.id.map_or_else(drawn, str::to_owned),
        "type": "message",
        "role": "assistant",
        "model": answer.model,
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
        "stop_details": null,
        "container": null,
        "usage": self::usage(call, usage),
    })
}

/// How a message ends: what `message_delta` carries.
pub(super) fn end(answer: &Answer<'_>) -> serde_json::Map<String, Value> {
    let choice = answer.choices.first();
    let finish = choice.map_or(Finish::Stop, |choice| choice.finish);
    let refuses = finish == Finish::ContentFilter || finish == Finish::Guardrail;
    let details = refuses.then(|| json!({ "type": "refusal", "category": null, "explanation": null }));
    let stop = choice.and_then(|choice| choice.stop_sequence.as_deref());
    serde_json::Map::from_iter([
        ("stop_reason".to_owned(), stop_reason(finish).into()),
        ("stop_sequence".to_owned(), stop.into()),
        ("stop_details".to_owned(), details.into()),
        ("container".to_owned(), Value::Null),
    ])
}

fn stop_reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop | Finish::Malformed => "end_turn",
        Finish::Length => "max_tokens",
        Finish::ToolCalls => "tool_use",
        Finish::ContentFilter | Finish::Guardrail => "refusal",
        Finish::StopSequence => "stop_sequence",
        Finish::Context => "model_context_window_exceeded",
        Finish::Pause => "pause_turn",
    }
}

fn block(call: &Call<'_>, at: usize, block: &Block) -> Value {
    match block {
        Block::Text(text) | Block::Refusal(text) => json!({ "type": "text", "text": text.join() }),
        Block::Reasoning(Reasoning { redacted: Some(data), .. }) => {
            json!({ "type": "redacted_thinking", "data": data })
        }
        Block::Reasoning(reasoning) => json!({
            "type": "thinking",
            "thinking": reasoning.text.join(),
            "signature": signature(call, at, reasoning),
        }),
        Block::ToolCall(tool) => {
            json!({ "type": "tool_use", "id": tool_id(call, at, tool), "name": tool.name, "input": input(tool) })
        }
    }
}

/// The arguments as an object; what a script wrote that is none becomes an empty one.
fn input(tool: &ToolCall) -> Value {
    let text = tool.arguments.join();
    serde_json::from_str::<Value>(&text).ok().filter(Value::is_object).unwrap_or_else(|| json!({}))
}

/// The id of a call: the script's, or drawn by the block's place.
pub(super) fn tool_id(call: &Call<'_>, at: usize, tool: &ToolCall) -> String {
    let drawn = || format!("toolu_01{}", call.draw.text(&format!("tool {at}"), 22));
    tool.id.clone().unwrap_or_else(drawn)
}

/// The signature over a thought: the script's, or drawn by the block's place.
pub(super) fn signature(call: &Call<'_>, at: usize, reasoning: &Reasoning) -> String {
    let drawn = || STANDARD.encode(call.draw.text(&format!("signature {at}"), 96));
    reasoning.signature.clone().unwrap_or_else(drawn)
}

/// [Usage](https://docs.claude.com/en/api/messages#response-usage): what a cache gave or took is not part of `input_tokens`.
fn usage(call: &Call<'_>, usage: Usage) -> Value {
    let mut usage_members = delta_usage(usage);
    usage_members["cache_creation"] =
        json!({ "ephemeral_5m_input_tokens": usage.cache_write, "ephemeral_1h_input_tokens": 0 });
    usage_members["service_tier"] = "standard".into();
    usage_members["inference_geo"] = call.body.get("inference_geo").cloned().unwrap_or(Value::Null);
    usage_members
}

/// Counts of the whole message so far.
pub(super) fn delta_usage(usage: Usage) -> Value {
    json!({
        "input_tokens": usage.prompt.saturating_sub(usage.cached + usage.cache_write),
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cached,
        "output_tokens": usage.completion,
        "output_tokens_details": { "thinking_tokens": usage.reasoning },
        "server_tool_use": null,
    })
}

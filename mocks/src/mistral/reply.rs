//! A [whole answer](https://docs.mistral.ai/api/endpoint/chat).

use serde_json::{Value, json};

use super::logprobs;
use crate::answer::{Answer, Choice, Usage};
use crate::provider::Call;
use crate::script::{Block, Finish, Reasoning, ToolCall};

/// The body.
pub(super) fn body(call: &Call<'_>, answer: &Answer<'_>) -> Value {
    let choices = answer.choices.iter().enumerate().map(|(index, choice)| said(call, index, choice));
    json!({
        "id": id(call, answer),
        "object": "chat.completion",
        "created": call.draw.created(),
        "model": answer.model,
        "usage": usage(answer.usage),
        "choices": choices.collect::<Vec<_>>(),
    })
}

fn said(call: &Call<'_>, index: usize, choice: &Choice<'_>) -> Value {
    let calls = calls(call, index, choice);
    let mut said = json!({
        "index": index,
        "finish_reason": if choice.finish == Finish::Context { "model_length" } else { finish(choice.finish) },
        "message": {
            "role": "assistant",
            "content": content(choice),
            "tool_calls": if calls.is_empty() { Value::Null } else { Value::Array(calls) },
        },
    });
    let text: String = choice.blocks.iter().filter_map(text).collect();
    if let Some(logprobs) = logprobs::of(call, &text) {
        said["logprobs"] = logprobs;
    }
    said
}

/// A text, or chunks where there are thoughts.
fn content(choice: &Choice<'_>) -> Value {
    let is_thought = |block: &Block| matches!(block, Block::Reasoning(_));
    if !choice.blocks.iter().any(is_thought) {
        return choice.blocks.iter().filter_map(text).collect::<String>().into();
    }
    let chunks = choice.blocks.iter().filter_map(|block| match block {
        Block::Reasoning(thought) => Some(thinking(thought, &thought.text.join())),
        block => text(block).map(|text| json!({ "type": "text", "text": text })),
    });
    chunks.collect()
}

/// What a block says aloud. A refusal is a text like any other.
fn text(block: &Block) -> Option<String> {
    match block {
        Block::Text(text) | Block::Refusal(text) => Some(text.join()),
        Block::Reasoning(_) | Block::ToolCall(_) => None,
    }
}

/// A thought, with the script's proof of it; one that is hidden is its proof alone.
pub(super) fn thinking(thought: &Reasoning, text: &str) -> Value {
    if let Some(hidden) = &thought.redacted {
        return json!({ "type": "thinking", "thinking": [], "signature": hidden });
    }
    let mut chunk = json!({ "type": "thinking", "thinking": [{ "type": "text", "text": text }] });
    if let Some(signature) = &thought.signature {
        chunk["signature"] = json!(signature);
    }
    chunk
}

/// The calls of one choice, whole.
pub(super) fn calls(call: &Call<'_>, index: usize, choice: &Choice<'_>) -> Vec<Value> {
    let tools = choice.blocks.iter().filter_map(|block| match block {
        Block::ToolCall(tool) => Some(tool),
        _ => None,
    });
    tools.enumerate().map(|(at, tool)| called(call, (index, at), tool)).collect()
}

fn called(call: &Call<'_>, (choice, at): (usize, usize), tool: &ToolCall) -> Value {
    let id = tool.id.clone().unwrap_or_else(|| call.draw.text(&format!("call {choice} {at}"), 9));
    let arguments = tool.arguments.join();
    let arguments = if arguments.is_empty() { "{}" } else { &arguments };
    json!({
        "id": id,
        "type": "function",
        "index": at,
        "function": { "name": tool.name, "arguments": arguments },
    })
}

/// Why an answer ended. The service has no word for a filter: its guardrails refuse the request.
pub(super) fn finish(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop | Finish::StopSequence | Finish::Pause | Finish::ContentFilter | Finish::Guardrail => {
            "stop"
        }
        Finish::Length | Finish::Context => "length",
        Finish::ToolCalls => "tool_calls",
        Finish::Malformed => "error",
    }
}

pub(super) fn id(call: &Call<'_>, answer: &Answer<'_>) -> String {
    answer.id.map_or_else(|| call.draw.hex("id", 32), str::to_owned)
}

pub(super) fn usage(usage: Usage) -> Value {
    let mut counted = json!({
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "total_tokens": usage.prompt + usage.completion,
    });
    if usage.cached > 0 {
        counted["num_cached_tokens"] = json!(usage.cached);
        counted["prompt_tokens_details"] = json!({ "cached_tokens": usage.cached });
    }
    counted
}

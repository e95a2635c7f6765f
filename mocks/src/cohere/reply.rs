//! A whole reply of [version 2](https://docs.cohere.com/reference/chat). What is said before a tool is called is its plan.

use serde_json::{Value, json};

use super::cite;
use crate::answer::{self, Answer, Choice};
use crate::provider::Call;
use crate::script::{Block, Finish, ToolCall};
use crate::tokens;

/// The body of a whole reply.
pub(super) fn body(call: &Call<'_>, answer: &Answer<'_>) -> Value {
    let said = Said::of(answer);
    let mut message = json!({ "role": "assistant" });
    let mut content = Vec::new();
    if !said.thought.is_empty() {
        content.push(json!({ "type": "thinking", "thinking": said.thought }));
    }
    if said.calls.is_empty() {
        let citation = cite::of(call.body, &said.text, content.len());
        content.push(json!({ "type": "text", "text": said.text }));
        if let Some(citation) = citation {
            message["citations"] = json!([citation]);
        }
    } else {
        let calls = said.calls.iter().enumerate().map(|(at, tool)| called(call, at, tool));
        message["tool_calls"] = calls.collect();
        if !said.text.is_empty() {
            message["tool_plan"] = said.text.clone().into();
        }
    }
    if !content.is_empty() {
        message["content"] = content.into();
    }
    let mut body = json!({
        "id": id(call, answer),
        "message": message,
        "finish_reason": finish(answer),
        "usage": usage(answer.usage),
    });
    if call.body["logprobs"] == true {
        let likelihood = |token: Vec<u8>| likelihood(call, &String::from_utf8_lossy(&token));
        body["logprobs"] = tokens::split(&said.text).into_iter().map(likelihood).collect();
    }
    body
}

/// What an answer says, by kind.
pub(super) struct Said<'a> {
    pub(super) thought: String,
    pub(super) text: String,
    pub(super) calls: Vec<&'a ToolCall>,
}

impl<'a> Said<'a> {
    pub(super) fn of(answer: &'a Answer<'_>) -> Self {
        let mut said = Self { thought: String::new(), text: String::new(), calls: Vec::new() };
        for block in blocks(answer) {
            match block {
                Block::Text(pieces) | Block::Refusal(pieces) => said.text += &pieces.join(),
                Block::Reasoning(reasoning) => said.thought += &reasoning.text.join(),
                Block::ToolCall(tool) => said.calls.push(tool),
            }
        }
        said
    }
}

pub(super) fn blocks<'a>(answer: &'a Answer<'_>) -> &'a [Block] {
    answer.choices.first().map(|choice| &choice.blocks[..]).unwrap_or_default()
}

pub(super) fn id(call: &Call<'_>, answer: &Answer<'_>) -> String {
    answer.id.map_or_else(|| call.draw.uuid("id"), str::to_owned)
}

/// A call, its arguments as they are written.
fn called(call: &Call<'_>, at: usize, tool: &ToolCall) -> Value {
    let arguments = tool.arguments.join();
    let arguments = if arguments.is_empty() { "{}" } else { &arguments };
    let function = json!({ "name": tool.name, "arguments": arguments });
    json!({ "id": call_id(call, at, tool), "type": "function", "function": function })
}

/// The service names a call by its tool, and draws the rest.
pub(super) fn call_id(call: &Call<'_>, at: usize, tool: &ToolCall) -> String {
    let drawn = || format!("{}_{}", tool.name, call.draw.text(&format!("call {at}"), 12).to_lowercase());
    tool.id.clone().unwrap_or_else(drawn)
}

pub(super) fn finish(answer: &Answer<'_>) -> &'static str {
    match answer.choices.first().map(|choice: &Choice<'_>| choice.finish) {
        Some(Finish::StopSequence) => "STOP_SEQUENCE",
        Some(Finish::Length | Finish::Context) => "MAX_TOKENS",
        Some(Finish::ToolCalls) => "TOOL_CALL",
        Some(Finish::Malformed) => "ERROR",
        // What is filtered is refused before an answer begins, with 498.
        Some(Finish::ContentFilter | Finish::Guardrail | Finish::Stop | Finish::Pause) | None => "COMPLETE",
    }
}

/// Tokens, and how many of them are billed: those of Cohere's own preamble are not, which the mock has none of.
pub(super) fn usage(usage: answer::Usage) -> Value {
    let counts = json!({ "input_tokens": usage.prompt, "output_tokens": usage.completion });
    let mut all = json!({ "billed_units": counts, "tokens": counts });
    if usage.cached > 0 {
        all["cached_tokens"] = usage.cached.into();
    }
    all
}

/// How likely the tokens of a text were, drawn from the seed.
pub(super) fn likelihood(call: &Call<'_>, text: &str) -> Value {
    let (mut ids, mut likely) = (Vec::new(), Vec::new());
    for (at, _) in tokens::split(text).iter().enumerate() {
        ids.push(call.draw.number(&format!("token {at} {text}"), 255_000));
        #[expect(clippy::cast_precision_loss, reason = "below a thousand")]
        likely.push(-(call.draw.number(&format!("logprob {at} {text}"), 1_000) as f64) / 1_000.0);
    }
    json!({ "text": text, "token_ids": ids, "logprobs": likely })
}

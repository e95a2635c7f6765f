//! [A reply](https://ai.google.dev/api/generate-content#generatecontentresponse): candidates, usage, and what the prompt was found to be.

use serde_json::{Value, json};

use super::{is_vertex, model};
use crate::answer::arguments;
use crate::answer::{Answer, Choice, Usage};
use crate::provider::Call;
use crate::script::{Block, Finish, Reasoning, ToolCall};
use crate::tokens;

/// The body of a whole reply.
pub(super) fn body(call: &Call<'_>, answer: &Answer<'_>) -> Value {
    let mut body = head(call, answer);
    body["usageMetadata"] = usage(answer.usage);
    if is_blocked(answer) {
        body["promptFeedback"] = feedback();
        return body;
    }
    let candidates = answer.choices.iter().enumerate().map(|(index, choice)| {
        let mut parts = Vec::new();
        for block in choice.blocks.iter() {
            parts.extend(whole_part(call, parts.len(), block));
        }
        let mut candidate = candidate(index, &parts);
        finish(&mut candidate, choice.finish);
        withhold(&mut candidate);
        candidate
    });
    body["candidates"] = candidates.collect();
    body
}

/// What every reply, and every piece of one, has.
pub(super) fn head(call: &Call<'_>, answer: &Answer<'_>) -> Value {
    let model = if answer.model.is_empty() { model(call) } else { answer.model.to_string() };
    let id = answer.id.map_or_else(|| call.draw.text("id", 22), str::to_owned);
    let mut head = json!({ "modelVersion": model, "responseId": id });
    if is_vertex(call.request) {
        head["createTime"] = call.draw.rfc3339(0).into();
    }
    head
}

/// An answer without any content that a filter ended: the prompt itself was refused.
pub(super) fn is_blocked(answer: &Answer<'_>) -> bool {
    let blocked = |choice: &Choice<'_>| choice.blocks.is_empty() && choice.finish == Finish::ContentFilter;
    answer.choices.iter().all(blocked)
}

pub(super) fn feedback() -> Value {
    json!({ "blockReason": "SAFETY", "safetyRatings": ratings("HIGH") })
}

pub(super) fn candidate(index: usize, parts: &[Value]) -> Value {
    json!({ "content": { "role": "model", "parts": parts }, "index": index })
}

/// Why it ended. A call of a function ends like anything else.
pub(super) fn finish(candidate: &mut Value, finish: Finish) {
    let reason = match finish {
        Finish::Stop | Finish::StopSequence | Finish::ToolCalls | Finish::Pause => "STOP",
        Finish::Length | Finish::Context => "MAX_TOKENS",
        Finish::ContentFilter => "SAFETY",
        Finish::Guardrail => "PROHIBITED_CONTENT",
        Finish::Malformed => "MALFORMED_FUNCTION_CALL",
    };
    candidate["finishReason"] = reason.into();
    if reason == "SAFETY" {
        candidate["safetyRatings"] = ratings("HIGH");
    }
}

/// What a filter blocked is not returned, but for what a stream has said before:
/// <https://ai.google.dev/gemini-api/docs/safety-settings>.
fn withhold(candidate: &mut Value) {
    if candidate["finishReason"] == "SAFETY"
        && let Some(members) = candidate.as_object_mut()
    {
        members.remove("content");
    }
}

fn ratings(probability: &str) -> Value {
    json!([{ "category": "HARM_CATEGORY_HARASSMENT", "probability": probability, "blocked": true }])
}

fn whole_part(call: &Call<'_>, at: usize, block: &Block) -> Option<Value> {
    match block {
        Block::Text(text) | Block::Refusal(text) => Some(json!({ "text": text.join() })),
        Block::Reasoning(reasoning) if reasoning.redacted.is_some() => None,
        Block::Reasoning(reasoning) => {
            let mut part = json!({ "text": reasoning.text.join(), "thought": true });
            sign(&mut part, reasoning);
            Some(part)
        }
        Block::ToolCall(tool) => Some(called(call, at, tool)),
    }
}

/// The proof that the service wrote a thought.
pub(super) fn sign(part: &mut Value, reasoning: &Reasoning) {
    if let Some(signature) = &reasoning.signature {
        part["thoughtSignature"] = signature.clone().into();
    }
}

/// A call comes whole, its arguments as an object.
pub(super) fn called(call: &Call<'_>, at: usize, tool: &ToolCall) -> Value {
    let arguments = arguments::placeholder(call, tool);
    let drawn = || call.draw.text(&format!("call {at}"), 8).to_lowercase();
    let id = tool.id.clone().unwrap_or_else(drawn);
    json!({ "functionCall": { "id": id, "name": tool.name, "args": arguments } })
}

/// Thoughts are not among the tokens of the candidates.
pub(super) fn usage(usage: Usage) -> Value {
    let Usage { prompt, completion, cached, reasoning, .. } = usage;
    let mut metadata = json!({
        "promptTokenCount": prompt,
        "candidatesTokenCount": completion.saturating_sub(reasoning),
        "totalTokenCount": prompt + completion,
        "promptTokensDetails": [{ "modality": "TEXT", "tokenCount": prompt }],
    });
    if reasoning > 0 {
        metadata["thoughtsTokenCount"] = reasoning.into();
    }
    if cached > 0 {
        metadata["cachedContentTokenCount"] = cached.into();
    }
    metadata
}

/// Tokens of a text that was said so far.
pub(super) fn count(text: &str) -> u64 {
    tokens::count(text)
}

//! A whole reply: the last line of a stream, with all that the lines before it said.

use serde_json::{Value, json};

use super::{CHAT, nanoseconds};
use crate::answer::arguments;
use crate::answer::{Answer, Choice};
use crate::provider::Call;
use crate::script::{Block, Finish, ToolCall};
use crate::tokens;

/// The body of a whole reply.
pub(super) fn body(call: &Call<'_>, answer: &Answer<'_>) -> Value {
    let blocks = answer.choices.first().map(|choice| &choice.blocks[..]).unwrap_or_default();
    let (mut text, mut thinking, mut calls) = (String::new(), String::new(), Vec::new());
    for block in blocks {
        match block {
            Block::Text(pieces) | Block::Refusal(pieces) => text += &pieces.join(),
            Block::Reasoning(reasoning) => thinking += &reasoning.text.join(),
            Block::ToolCall(tool) => calls.push(called(call, calls.len(), tool)),
        }
    }
    let mut body = line(call, answer, &Piece { text: &text, thinking: &thinking, calls });
    if call.body["logprobs"] == true && !text.is_empty() {
        body["logprobs"] = logprobs(call, &text);
    }
    end(call, answer, &mut body);
    body
}

/// What one line brings.
#[derive(Default)]
pub(super) struct Piece<'a> {
    pub(super) text: &'a str,
    pub(super) thinking: &'a str,
    pub(super) calls: Vec<Value>,
}

/// A line that is not the last one.
pub(super) fn line(call: &Call<'_>, answer: &Answer<'_>, piece: &Piece<'_>) -> Value {
    let mut line = json!({ "model": answer.model, "created_at": call.draw.rfc3339(0) });
    let holder = if call.operation == CHAT {
        line["message"] = json!({ "role": "assistant", "content": piece.text });
        &mut line["message"]
    } else {
        line["response"] = piece.text.into();
        &mut line
    };
    if !piece.thinking.is_empty() {
        holder["thinking"] = piece.thinking.into();
    }
    if !piece.calls.is_empty() {
        holder["tool_calls"] = json!(piece.calls);
    }
    line["done"] = false.into();
    line
}

/// Makes a line the last one. A count of 0 is left out.
pub(super) fn end(call: &Call<'_>, answer: &Answer<'_>, line: &mut Value) {
    line["done"] = true.into();
    line["done_reason"] = reason(answer.choices.first()).into();
    if call.operation != CHAT {
        line["context"] = json!([1, 2, 3]);
    }
    let steps = ["load_duration", "prompt_eval_duration", "eval_duration"];
    let spent = steps.map(|step| (step, nanoseconds(call, step)));
    line["total_duration"] = spent.iter().map(|(_, time)| time).sum::<u64>().into();
    for (step, time) in spent {
        line[step] = time.into();
    }
    for (name, count) in [("prompt_eval_count", answer.usage.prompt), ("eval_count", answer.usage.completion)]
    {
        if count > 0 {
            line[name] = count.into();
        }
    }
}

/// [`done_reason`](https://github.com/ollama/ollama/blob/main/llm/server.go): there are no others for an answer.
fn reason(choice: Option<&Choice<'_>>) -> &'static str {
    match choice.map(|choice| choice.finish) {
        Some(Finish::Length | Finish::Context) => "length",
        _ => "stop",
    }
}

/// A call comes whole, its arguments as an object.
pub(super) fn called(call: &Call<'_>, index: usize, tool: &ToolCall) -> Value {
    let arguments = arguments::placeholder(call, tool);
    let drawn = || format!("call_{}", call.draw.text(&format!("call {index}"), 8).to_lowercase());
    json!({
        "id": tool.id.clone().unwrap_or_else(drawn),
        "function": { "index": index, "name": tool.name, "arguments": arguments },
    })
}

/// Likelihoods of the tokens of a text, drawn from the seed.
pub(super) fn logprobs(call: &Call<'_>, text: &str) -> Value {
    let alternatives = call.body["top_logprobs"].as_u64().unwrap_or(0);
    let entry = |(index, token): (usize, Vec<u8>)| {
        #[expect(clippy::cast_precision_loss, reason = "below a thousand")]
        let logprob = -(call.draw.number(&format!("logprob {index}"), 1_000) as f64) / 1_000.0;
        let one = json!({ "token": String::from_utf8_lossy(&token), "logprob": logprob, "bytes": token });
        let mut entry = one.clone();
        entry["top_logprobs"] = (0..alternatives.min(1)).map(|_| one.clone()).collect();
        entry
    };
    tokens::split(text).into_iter().enumerate().map(entry).collect()
}

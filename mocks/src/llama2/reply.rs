//! A reply: the prompt, and what comes after it.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::provider::Call;
use crate::script::{Block, Finish};

pub(super) fn body(call: &Call<'_>, answer: &Answer<'_>) -> Value {
    let choice = answer.choices.first();
    let text = |block: &Block| match block {
        Block::Text(pieces) | Block::Refusal(pieces) => pieces.join(),
        // It writes text, and knows neither tools nor thoughts.
        Block::Reasoning(_) | Block::ToolCall(_) => String::new(),
    };
    let said: String = choice.iter().flat_map(|choice| choice.blocks.iter()).map(text).collect();
    let prompt = call.body["inputs"].as_str().unwrap_or_default();
    let (prompt_tokens, completion_tokens) = (answer.usage.prompt, answer.usage.completion);
    let mut generated = json!({ "generated_text": format!("{prompt} {said}") });
    if call.body["parameters"]["details"] == true {
        let reason = finish_reason(choice.map(|choice| choice.finish));
        generated["details"] = json!({ "finish_reason": reason, "generated_tokens": completion_tokens });
    }
    json!({
        "data": [generated],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
        },
    })
}

fn finish_reason(finish: Option<Finish>) -> &'static str {
    match finish {
        Some(Finish::Length | Finish::Context) => "length",
        Some(Finish::StopSequence) => "stop_sequence",
        _ => "eos_token",
    }
}

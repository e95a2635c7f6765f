//! A [chat completion](https://platform.openai.com/docs/api-reference/chat/object).

use serde::Serialize;
use serde_json::{Value, json};

use super::call::{self, Called};
use super::{finish_reason, logprobs};
use crate::answer::{self, Answer, Choice};
use crate::provider::Call;
use crate::script::Block;

#[derive(Serialize)]
struct Completion<'a> {
    id: String,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: Vec<Said<'a>>,
    usage: Usage,
    service_tier: &'a str,
    system_fingerprint: String,
}

#[derive(Serialize)]
struct Said<'a> {
    index: usize,
    message: Message<'a>,
    logprobs: Option<Value>,
    finish_reason: &'a str,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: Option<String>,
    refusal: Option<String>,
    /// Not OpenAI's; DeepSeek's name for it, which others took over.
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Called>,
    annotations: [&'a str; 0],
}

/// The body of a whole reply.
/// `is_aloud`: whether it shows what the model thinks.
pub(super) fn body(call: &Call<'_>, answer: &Answer<'_>, is_aloud: bool) -> Vec<u8> {
    let said = |(index, choice): (usize, _)| said(call, index, choice, is_aloud);
    let completion = Completion {
        id: id(call, answer),
        object: "chat.completion",
        created: call.draw.created(),
        model: &answer.model,
        choices: answer.choices.iter().enumerate().map(said).collect(),
        usage: usage(answer.usage),
        service_tier: service_tier(call),
        system_fingerprint: fingerprint(call),
    };
    serde_json::to_vec(&completion).expect("strings and numbers")
}

fn said<'a>(call: &Call<'_>, index: usize, choice: &Choice<'_>, is_aloud: bool) -> Said<'a> {
    let reasoning_content = joined(choice, |block| match block {
        Block::Reasoning(reasoning) if is_aloud => Some(reasoning.text.join()),
        _ => None,
    });
    let text = joined(choice, |block| match block {
        Block::Text(text) => Some(text.join()),
        _ => None,
    });
    let refusal = joined(choice, |block| match block {
        Block::Refusal(text) => Some(text.join()),
        _ => None,
    });
    let tool_calls = call::whole(call, index, choice);
    // An answer without any block is an empty one; only calls and refusals leave the content null.
    let empty = (tool_calls.is_empty() && refusal.is_none()).then(String::new);
    let wanted = logprobs::wanted(call);
    Said {
        index,
        logprobs: wanted.map(|alternatives| {
            let of = |text: &Option<String>| text.as_ref().map(|text| logprobs::of(call, text, alternatives));
            json!({ "content": of(&text), "refusal": of(&refusal) })
        }),
        message: Message {
            role: "assistant",
            content: text.or(empty),
            refusal,
            reasoning_content,
            tool_calls,
            annotations: [],
        },
        finish_reason: finish_reason(choice.finish),
    }
}

fn joined(choice: &Choice<'_>, of: impl Fn(&Block) -> Option<String>) -> Option<String> {
    choice.blocks.iter().filter_map(of).reduce(|text, more| text + &more)
}

pub(super) fn id(call: &Call<'_>, answer: &Answer<'_>) -> String {
    answer.id.map_or_else(|| format!("chatcmpl-{}", call.draw.text("id", 29)), str::to_owned)
}

pub(super) fn fingerprint(call: &Call<'_>) -> String {
    format!("fp_{}", call.draw.hex("fingerprint", 10))
}

/// The tier that serves: the one asked for, where that is one and not a wish.
pub(super) fn service_tier<'a>(call: &Call<'a>) -> &'a str {
    match call.body["service_tier"].as_str() {
        None | Some("auto") => "default",
        Some(tier) => tier,
    }
}

/// [Usage](https://platform.openai.com/docs/api-reference/chat/object#chat/object-usage).
#[derive(Serialize)]
pub(super) struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    prompt_tokens_details: PromptDetails,
    completion_tokens_details: CompletionDetails,
}

#[derive(Serialize)]
struct PromptDetails {
    cached_tokens: u64,
    audio_tokens: u64,
    #[serde(skip_serializing_if = "is_zero")]
    cache_write_tokens: u64,
}

#[derive(Serialize)]
struct CompletionDetails {
    reasoning_tokens: u64,
    audio_tokens: u64,
    accepted_prediction_tokens: u64,
    rejected_prediction_tokens: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

pub(super) fn usage(usage: answer::Usage) -> Usage {
    let answer::Usage { prompt, completion, cached, cache_write, reasoning } = usage;
    Usage {
        prompt_tokens: prompt,
        completion_tokens: completion,
        total_tokens: prompt + completion,
        prompt_tokens_details: PromptDetails {
            cached_tokens: cached,
            audio_tokens: 0,
            cache_write_tokens: cache_write,
        },
        completion_tokens_details: CompletionDetails {
            reasoning_tokens: reasoning,
            audio_tokens: 0,
            accepted_prediction_tokens: 0,
            rejected_prediction_tokens: 0,
        },
    }
}

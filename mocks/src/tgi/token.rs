//! Tokens: a piece of the answer counts as one. Numbers and likelihoods are drawn from the seed.

use serde_json::{Value, json};

use super::check::TOP;
use crate::answer::Choice;
use crate::provider::Call;
use crate::script::{Block, Finish, Pieces};
use crate::tokens;

/// The mark that ends a text.
pub(super) const END: &str = "<|eot_id|>";
/// The mark that begins one.
const BEGIN: &str = "<|begin_of_text|>";
const VOCABULARY: u64 = 128_000;
/// Tokens of a prompt that are told, however many a script gives it: the window of the largest model that the server is run with.
const MOST: usize = 131_072;

/// One token.
pub(super) fn token(call: &Call<'_>, index: usize, text: &str) -> Value {
    json!({
        "id": call.draw.number(&format!("token {text}"), VOCABULARY),
        "text": text,
        "logprob": logprob(call, index),
        "special": false,
    })
}

/// The mark that ends a text, as a token.
pub(super) fn end(call: &Call<'_>, index: usize) -> Value {
    json!({ "id": 128_009, "text": END, "logprob": logprob(call, index), "special": true })
}

pub(super) fn logprob(call: &Call<'_>, index: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "below a thousand")]
    let thousandths = call.draw.number(&format!("logprob {index}"), 1_000) as f64;
    -thousandths / 1_000.0
}

/// The likeliest tokens at one place: the one that was taken, and others.
pub(super) fn top(call: &Call<'_>, index: usize, taken: &Value, count: u64) -> Vec<Value> {
    let other = |rank: u64| {
        let text = format!("{}{rank}", taken["text"].as_str().unwrap_or_default());
        token(call, index + usize::try_from(rank).unwrap_or_default(), &text)
    };
    let taken = (count > 0).then(|| taken.clone());
    taken.into_iter().chain((1..count.min(TOP)).map(other)).collect()
}

/// The tokens of a prompt, as many as it is said to have: what begins every text first, which follows nothing and so has no likelihood.
/// Where a script says that there are fewer than the text has, the last one has the rest of it.
pub(super) fn prefill(call: &Call<'_>, prompt: &str, count: u64) -> Vec<Value> {
    let mut texts = tokens::split(prompt);
    let count = usize::try_from(count).unwrap_or(MOST).clamp(1, MOST);
    if texts.len() > count {
        let rest = texts.split_off(count - 1).concat();
        texts.push(rest);
    }
    let begins = std::iter::repeat_n(BEGIN.as_bytes().to_vec(), count - texts.len());
    let of = |(index, bytes): (usize, Vec<u8>)| {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let mut token = token(call, index, &text);
        let members = token.as_object_mut().expect("an object");
        members.remove("special");
        if index == 0 {
            members.insert("logprob".to_owned(), Value::Null);
        }
        token
    };
    begins.chain(texts).enumerate().map(of).collect()
}

/// The tokens of a text, each with its place in bytes.
pub(super) fn places(call: &Call<'_>, text: &str) -> Value {
    let mut at = 0;
    let place = |bytes: Vec<u8>| {
        let start = at;
        at += bytes.len();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let id = call.draw.number(&format!("token {text}"), VOCABULARY);
        json!({ "id": id, "text": text, "start": start, "stop": at })
    };
    tokens::split(text).into_iter().map(place).collect()
}

/// The pieces of text of a choice. The server knows no other blocks; a refusal is text.
pub(super) fn pieces<'a>(choice: &'a Choice<'_>) -> impl Iterator<Item = &'a str> {
    let texts = choice.blocks.iter().filter_map(|block| match block {
        Block::Text(text) | Block::Refusal(text) => Some(text),
        Block::Reasoning(_) | Block::ToolCall(_) => None,
    });
    texts.flat_map(Pieces::iter)
}

/// [`FinishReason`](https://huggingface.co/docs/text-generation-inference/reference/api_reference).
pub(super) fn reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Length | Finish::Context => "length",
        Finish::StopSequence => "stop_sequence",
        _ => "eos_token",
    }
}

/// The same where the server speaks after OpenAI.
pub(super) fn plain_reason(finish: Finish) -> &'static str {
    match reason(finish) {
        "eos_token" => "stop",
        reason => reason,
    }
}

//! [Completions](https://platform.openai.com/docs/api-reference/completions): the predecessor of chat, whole and streamed.

use std::borrow::Cow;
use std::collections::VecDeque;

use bytes::Bytes;
use serde_json::{Value, json};

use super::{call, finish_reason, reply};
use crate::answer::{Answer, Ask, Choice, Choose, Effort, Format, Last};
use crate::provider::{Call, Event};
use crate::script::{Block, Finish, Pieces};
use crate::tokens;

/// Tokens that are answered where the request sets no limit.
const LIMIT: u64 = 16;

pub(super) fn ask<'a>(call: &Call<'a>) -> Ask<'a> {
    let body = call.body;
    let prompts = prompts(&body["prompt"]);
    let each = body["n"].as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(1);
    Ask {
        model: body["model"].as_str().unwrap_or_default(),
        last: Last::Said(Cow::Owned(prompts.join(" "))),
        choices: each * prompts.len().max(1),
        texts: prompts,
        extra_tokens: 0,
        images: 0,
        tools: Vec::new(),
        choose: Choose::None,
        parallel: false,
        format: Format::Text,
        limit: body["max_tokens"].as_u64().or(Some(LIMIT)),
        stop: match &body["stop"] {
            Value::String(stop) => vec![stop],
            Value::Array(stops) => stops.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        },
        reasoning: Effort::None,
        stream: body["stream"] == true,
    }
}

/// Every prompt as a text; tokens become the text that they stand for.
fn prompts(prompt: &Value) -> Vec<Cow<'_, str>> {
    match prompt {
        Value::String(text) => vec![Cow::Borrowed(text)],
        Value::Array(items) if items.iter().all(Value::is_u64) => vec![Cow::Owned(decoded(items))],
        Value::Array(items) => items
            .iter()
            .map(|item| match item {
                Value::Array(tokens) => Cow::Owned(decoded(tokens)),
                text => Cow::Borrowed(text.as_str().unwrap_or_default()),
            })
            .collect(),
        _ => vec![Cow::Borrowed("")],
    }
}

fn decoded(items: &[Value]) -> String {
    tokens::decode(items.iter().filter_map(Value::as_u64))
}

/// The body of a whole reply.
pub(super) fn body(call: &Call<'_>, answer: &Answer<'_>) -> Vec<u8> {
    let prompts = prompts(&call.body["prompt"]);
    let each = answer.choices.len().div_ceil(prompts.len().max(1)).max(1);
    let choices = answer.choices.iter().enumerate().map(|(index, choice)| {
        let text = pieces(choice).collect::<String>();
        let repeated = prompts.get(index / each).filter(|_| call.body["echo"] == true);
        let text = format!("{}{text}", repeated.map_or("", |prompt| prompt));
        said(call, index, &text, 0, Some(choice.finish))
    });
    let mut body = head(call, answer, &choices.collect::<Vec<_>>());
    body["usage"] = json!(reply::usage(answer.usage));
    body.to_string().into_bytes()
}

/// All events of a streamed reply.
pub(super) fn events(call: &Call<'_>, answer: &Answer<'_>) -> Vec<Event> {
    let has_usage = call.body["stream_options"]["include_usage"] == true;
    let prompts = prompts(&call.body["prompt"]);
    let each = answer.choices.len().div_ceil(prompts.len().max(1)).max(1);
    let lane = |(index, choice): (usize, &Choice<'_>)| {
        let mut offset = 0;
        let mut piece = |text: &str, finish| {
            let piece = said(call, index, text, offset, finish);
            offset += text.chars().count();
            piece
        };
        let mut lane = VecDeque::new();
        if let Some(prompt) = prompts.get(index / each).filter(|_| call.body["echo"] == true) {
            lane.push_back(piece(prompt, None));
        }
        lane.extend(pieces(choice).map(|text| piece(text, None)));
        lane.push_back(piece("", Some(choice.finish)));
        lane
    };
    let lanes = answer.choices.iter().enumerate().map(lane).collect();
    let event = |choices: &[Value], usage: Option<Value>| {
        let mut chunk = head(call, answer, choices);
        if has_usage {
            chunk["usage"] = usage.unwrap_or(Value::Null);
        }
        let bytes = crate::wire::sse::frame("", chunk.to_string().as_bytes());
        Event { name: "".into(), bytes }
    };
    let mut events: Vec<Event> =
        call::in_turn(lanes).into_iter().map(|choice| event(&[choice], None)).collect();
    if has_usage {
        events.push(event(&[], Some(json!(reply::usage(answer.usage)))));
    }
    events.push(Event { name: "[DONE]".into(), bytes: Bytes::from_static(b"data: [DONE]\n\n") });
    events
}

fn head(call: &Call<'_>, answer: &Answer<'_>, choices: &[Value]) -> Value {
    let id = answer.id.map_or_else(|| format!("cmpl-{}", call.draw.text("id", 29)), str::to_owned);
    json!({
        "id": id,
        "object": "text_completion",
        "created": call.draw.created(),
        "model": answer.model,
        "choices": choices,
        "system_fingerprint": reply::fingerprint(call),
    })
}

/// The texts of one choice. What is no text has no place in a completion.
fn pieces<'a>(choice: &'a Choice<'_>) -> impl Iterator<Item = &'a str> {
    let texts = choice.blocks.iter().filter_map(|block| match block {
        Block::Text(text) | Block::Refusal(text) => Some(text),
        Block::Reasoning(_) | Block::ToolCall(_) => None,
    });
    texts.flat_map(Pieces::iter)
}

fn said(call: &Call<'_>, index: usize, text: &str, offset: usize, finish: Option<Finish>) -> Value {
    let finish = finish.map(|finish| match finish {
        Finish::ToolCalls => "stop",
        finish => finish_reason(finish),
    });
    let logprobs = call.body["logprobs"].as_u64().filter(|_| !text.is_empty());
    let logprobs = logprobs.map(|alternatives| logprobs_of(call, text, offset, alternatives));
    json!({ "text": text, "index": index, "logprobs": logprobs, "finish_reason": finish })
}

/// The older form of likelihoods: lists side by side, drawn from the seed.
fn logprobs_of(call: &Call<'_>, text: &str, offset: usize, alternatives: u64) -> Value {
    let mut at = offset;
    let (mut shown, mut likely, mut tops, mut offsets) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (index, token) in tokens::split(text).into_iter().enumerate() {
        let token = String::from_utf8_lossy(&token).into_owned();
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let logprob = -(call.draw.number(&format!("logprob {offset} {index}"), 1_000) as f64) / 1_000.0;
        let others = (1..alternatives)
            .zip(1_u32..)
            .map(|(rank, less)| (format!("{token}{rank}"), json!(logprob - f64::from(less))));
        let top: serde_json::Map<_, _> =
            std::iter::once((token.clone(), json!(logprob))).chain(others).collect();
        offsets.push(at);
        at += token.chars().count();
        likely.push(logprob);
        tops.push(top);
        shown.push(token);
    }
    let tops = if alternatives == 0 { Value::Null } else { json!(tops) };
    json!({ "tokens": shown, "token_logprobs": likely, "top_logprobs": tops, "text_offset": offsets })
}

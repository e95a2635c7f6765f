//! [Text completions](https://docs.claude.com/en/api/complete), which models before Claude 3 still write.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::stream;
use crate::answer::{Answer, Ask, Choose, Effort, Format, Last};
use crate::provider::{Call, Event};
use crate::script::{Block, Failure, Finish, Kind, Pieces};
use crate::wire::sse;

/// What a request asks for: the whole conversation is in its prompt.
pub(super) fn ask<'a>(call: &Call<'a>) -> Ask<'a> {
    let body = call.body;
    let prompt = body["prompt"].as_str().unwrap_or_default();
    let stops = body["stop_sequences"].as_array().into_iter().flatten();
    Ask {
        model: body["model"].as_str().unwrap_or_default(),
        texts: vec![Cow::Borrowed(prompt)],
        extra_tokens: 0,
        last: Last::Said(Cow::Borrowed(last(prompt))),
        images: 0,
        tools: Vec::new(),
        choose: Choose::Auto,
        parallel: true,
        format: Format::Text,
        limit: body["max_tokens_to_sample"].as_u64(),
        stop: stops.filter_map(Value::as_str).collect(),
        choices: 1,
        reasoning: Effort::None,
        stream: body["stream"] == true,
    }
}

/// What the human said last.
fn last(prompt: &str) -> &str {
    let said = prompt.rsplit_once("\n\nHuman:").map_or(prompt, |(_, said)| said);
    said.split_once("\n\nAssistant:").map_or(said, |(said, _)| said).trim()
}

/// The models of this API, and [what a prompt must be](https://docs.claude.com/en/api/migrating-from-text-completions-to-messages).
///
/// # Errors
/// The first rule that is broken.
pub(super) fn check(body: &Value) -> Result<(), Failure> {
    let refused = |why: String| Err(Failure::new(Kind::InvalidRequest, why));
    let model = body["model"].as_str().unwrap_or_default();
    if !["claude-1", "claude-2", "claude-instant"].iter().any(|family| model.starts_with(family)) {
        let why = format!("\"{model}\" is not supported on this API. Please use the Messages API instead.");
        return refused(why);
    }
    let prompt = body["prompt"].as_str().unwrap_or_default();
    if !prompt.contains("\n\nHuman:") {
        let why = r#"prompt must start with "\n\nHuman:" turn after an optional system prompt"#;
        return refused(why.to_owned());
    }
    match prompt.rsplit_once("\n\nAssistant:") {
        Some((_, begun)) if !begun.contains("\n\nHuman:") => Ok(()),
        _ => refused(r#"prompt must end with "\n\nAssistant:" turn"#.to_owned()),
    }
}

/// A whole reply.
pub(super) fn body(call: &Call<'_>, answer: &Answer<'_>) -> Value {
    let said: String = texts(answer).map(Pieces::join).collect();
    piece(call, answer, &said, Some(reason(answer)))
}

/// The same in pieces, a ping after the first.
pub(super) fn events(call: &Call<'_>, answer: &Answer<'_>) -> Vec<Event> {
    let pieces = texts(answer).flat_map(Pieces::iter);
    let mut events: Vec<Event> = pieces.map(|text| event(&piece(call, answer, text, None))).collect();
    events.insert(events.len().min(1), stream::ping());
    events.push(event(&piece(call, answer, "", Some(reason(answer)))));
    events.into_iter().map(ended_by_two).collect()
}

/// It writes text, and knows neither tools nor thoughts.
fn texts<'a>(answer: &'a Answer<'_>) -> impl Iterator<Item = &'a Pieces> {
    let blocks = answer.choices.first().map_or(&[][..], |choice| &choice.blocks);
    blocks.iter().filter_map(|block| match block {
        Block::Text(text) | Block::Refusal(text) => Some(text),
        Block::Reasoning(_) | Block::ToolCall(_) => None,
    })
}

fn piece(call: &Call<'_>, answer: &Answer<'_>, text: &str, reason: Option<&str>) -> Value {
    let drawn = || format!("compl_01{}", call.draw.text("id", 22));
    json!({
        "type": "completion",
        "id": answer.id.map_or_else(drawn, str::to_owned),
        "completion": text,
        "stop_reason": reason,
        "model": answer.model,
    })
}

/// The natural end is a stop sequence too: the human's next turn.
fn reason(answer: &Answer<'_>) -> &'static str {
    match answer.choices.first().map(|choice| choice.finish) {
        Some(Finish::Length | Finish::Context) => "max_tokens",
        _ => "stop_sequence",
    }
}

fn event(data: &Value) -> Event {
    Event { name: "completion".into(), bytes: sse::frame("completion", data.to_string().as_bytes()) }
}

/// The lines of this older API end with CR LF, which the first clients of it looked for. Those of all its events: clients
/// that split at that alone would lose what follows one that ends otherwise.
pub(super) fn ended_by_two(event: Event) -> Event {
    Event { bytes: sse::crlf(&event.bytes), ..event }
}

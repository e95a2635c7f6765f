//! [A streamed reply](https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent): each piece is a reply of its own,
//! with the usage so far; calls come whole; the last piece of each candidate says why it ended.

use std::collections::VecDeque;

use bytes::Bytes;
use serde_json::{Value, json};

use super::reply::{called, candidate, count, feedback, finish, head, is_blocked, sign, usage};
use super::{framing, is_vertex};
use crate::answer::{Answer, Choice, Usage, arguments};
use crate::provider::{Call, Event, Framing};
use crate::script::Block;
use crate::wire::sse;

/// All pieces of a streamed reply.
pub(super) fn events(call: &Call<'_>, answer: &Answer<'_>) -> Vec<Event> {
    let mut pieces = Vec::new();
    if is_blocked(answer) {
        let mut piece = head(call, answer);
        piece["promptFeedback"] = feedback();
        piece["usageMetadata"] =
            json!({ "promptTokenCount": answer.usage.prompt, "totalTokenCount": answer.usage.prompt });
        pieces.push(piece);
    } else {
        let lanes = answer.choices.iter().enumerate().map(|(index, choice)| candidates(call, index, choice));
        let mut lanes: Vec<_> = lanes.collect();
        let mut said = 0;
        while lanes.iter().any(|lane| !lane.is_empty()) {
            for (candidate, tokens) in lanes.iter_mut().filter_map(VecDeque::pop_front) {
                said += tokens;
                let mut piece = head(call, answer);
                piece["candidates"] = json!([candidate]);
                piece["usageMetadata"] = match is_vertex(call.request) {
                    // It counts at the end only.
                    true => json!({ "trafficType": "ON_DEMAND" }),
                    false => usage(so_far(answer.usage, said)),
                };
                pieces.push(piece);
            }
        }
        if let Some(last) = pieces.last_mut() {
            last["usageMetadata"] = usage(answer.usage);
        }
    }
    framed(framing(call.request), &pieces, |piece| arguments::settle(call, answer, piece))
}

fn so_far(all: Usage, said: u64) -> Usage {
    let completion = said.min(all.completion);
    Usage { completion, reasoning: all.reasoning.min(completion), ..all }
}

/// The pieces of one candidate, each with the tokens that it brings.
fn candidates(call: &Call<'_>, index: usize, choice: &Choice<'_>) -> VecDeque<(Value, u64)> {
    let mut pieces = VecDeque::new();
    let mut calls = 0;
    for block in choice.blocks.iter() {
        match block {
            Block::Text(texts) | Block::Refusal(texts) => {
                let part = |text: &str| (candidate(index, &[json!({ "text": text })]), count(text));
                pieces.extend(texts.iter().map(part));
            }
            Block::Reasoning(reasoning) if reasoning.redacted.is_some() => {}
            Block::Reasoning(reasoning) => {
                let part =
                    |text: &str| (candidate(index, &[json!({ "text": text, "thought": true })]), count(text));
                pieces.extend(reasoning.text.iter().map(part));
                if let Some((last, _)) = pieces.back_mut() {
                    sign(&mut last["content"]["parts"][0], reasoning);
                }
            }
            Block::ToolCall(tool) => {
                pieces.push_back((candidate(index, &[called(call, calls, tool)]), 1));
                calls += 1;
            }
        }
    }
    let mut last = candidate(index, &[json!({ "text": "" })]);
    finish(&mut last, choice.finish);
    pieces.push_back((last, 0));
    pieces
}

fn framed(framing: Framing, pieces: &[Value], settle: impl Fn(String) -> String) -> Vec<Event> {
    let event = |(at, piece): (usize, &Value)| {
        let bytes = match framing {
            Framing::Sse => event_of(&settle(piece.to_string())),
            _ => {
                let before = if at == 0 { "[" } else { ",\r\n" };
                let after = if at + 1 == pieces.len() { "\n]\n" } else { "\n" };
                Bytes::from(settle(format!("{before}{piece:#}{after}")))
            }
        };
        Event { name: "".into(), bytes }
    };
    pieces.iter().enumerate().map(event).collect()
}

/// Google ends its lines with CR LF, as [its recorded answers](https://github.com/FirebaseExtended/vertexai-sdk-test-data) show.
fn event_of(data: &str) -> Bytes {
    sse::crlf(&sse::frame("", data.as_bytes()))
}

/// The service's own error, after so many pieces.
pub(super) fn interruption(framing: Framing, error: &Value, after: usize) -> Event {
    let before = if after == 0 { "[" } else { ",\r\n" };
    let bytes = match framing {
        Framing::Sse => event_of(&error.to_string()),
        _ => Bytes::from(format!("{before}{error:#}\n]\n")),
    };
    Event { name: "".into(), bytes }
}

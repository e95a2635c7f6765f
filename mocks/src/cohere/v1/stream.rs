//! A streamed reply of [version 1's chat](https://docs.cohere.com/v1/docs/streaming): a line for each event; the last has the whole reply.

use serde_json::{Value, json};

use super::reply::{body, called, finish};
use super::{framed, line};
use crate::answer::{Answer, arguments};
use crate::cohere::reply::{Said, blocks, id};
use crate::provider::{Call, Event};
use crate::script::{Block, Pieces, ToolCall};

/// All lines of a streamed reply.
pub(in crate::cohere) fn events(call: &Call<'_>, answer: &Answer<'_>) -> Vec<Event> {
    let said = Said::of(answer);
    let whole = body(call, answer);
    let start =
        json!({ "is_finished": false, "event_type": "stream-start", "generation_id": id(call, answer) });
    let mut events = vec![line(&start)];
    events.extend(found(&whole, "search-queries-generation", &["search_queries"]));
    if whole.get("search_results").is_some() {
        events.extend(found(&whole, "search-results", &["search_results", "documents"]));
    }
    if call.body["search_queries_only"] != true {
        events.extend(texts(answer));
    }
    events.extend(found(&whole, "citation-generation", &["citations"]));
    for (at, tool) in said.calls.iter().enumerate() {
        events.extend(chunks(at, tool));
    }
    if !said.calls.is_empty() {
        let mut calls = json!({ "is_finished": false, "event_type": "tool-calls-generation" });
        calls["tool_calls"] = called(call, &said.calls);
        if !said.text.is_empty() {
            calls["text"] = said.text.into();
        }
        events.push(framed(arguments::settle(call, answer, calls.to_string())));
    }
    let reason = super::finish(finish(answer));
    let end = json!({ "is_finished": true, "event_type": "stream-end", "finish_reason": reason, "response": whole });
    events.push(framed(arguments::settle(call, answer, end.to_string())));
    events
}

/// The last line, where generation failed before.
pub(in crate::cohere) fn failed(call: &Call<'_>) -> Event {
    let response = json!({ "response_id": call.draw.uuid("response"), "text": "", "finish_reason": "ERROR" });
    line(
        &json!({ "is_finished": true, "event_type": "stream-end", "finish_reason": "ERROR", "response": response }),
    )
}

/// An event about members of the whole reply, if the first is there.
fn found(whole: &Value, event: &str, members: &[&str]) -> Option<Event> {
    whole.get(members[0])?;
    let mut told = json!({ "is_finished": false, "event_type": event });
    for member in members {
        told[*member] = whole[*member].clone();
    }
    Some(line(&told))
}

/// A line around each piece: this is where most bytes of a stream are made.
fn texts<'a>(answer: &'a Answer<'_>) -> impl Iterator<Item = Event> + 'a {
    let pieces = blocks(answer).iter().filter_map(|block| match block {
        Block::Text(pieces) | Block::Refusal(pieces) => Some(pieces),
        _ => None,
    });
    pieces.flat_map(Pieces::iter).map(|piece| {
        const HEAD: &[u8] = b"{\"is_finished\":false,\"event_type\":\"text-generation\",\"text\":";
        let mut bytes = Vec::with_capacity(HEAD.len() + piece.len() + 8);
        bytes.extend_from_slice(HEAD);
        serde_json::to_writer(&mut bytes, piece).expect("writing to memory");
        bytes.extend_from_slice(b"}\n");
        Event { name: "".into(), bytes: bytes.into() }
    })
}

/// A call begins with its name; its arguments follow as text.
fn chunks(at: usize, tool: &ToolCall) -> Vec<Event> {
    let chunk = |delta: &Value| {
        line(&json!({ "is_finished": false, "event_type": "tool-calls-chunk", "tool_call_delta": delta }))
    };
    let opening = chunk(&json!({ "index": at, "name": tool.name }));
    let nothing = tool.arguments.0.is_empty().then_some("{}");
    let pieces = tool.arguments.iter().chain(nothing);
    let pieces = pieces.map(|piece| chunk(&json!({ "index": at, "parameters": piece })));
    std::iter::once(opening).chain(pieces).collect()
}

//! [The events of a stream](https://platform.openai.com/docs/api-reference/responses-streaming): the response begins, its items one
//! after the other, the response ends. Each event says which one it is.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::kept::Kept;
use super::output::{self, Item};
use super::response::{self, Response};
use super::{conversation::Conversation, kept};
use crate::answer::Answer;
use crate::openai::call::in_turn;
use crate::provider::{Call, Event};
use crate::script::{Failure, Kind};
use crate::wire::sse;

/// The response as it ends, and what is kept of it.
pub(super) fn written(call: &Call<'_>, answer: &Answer<'_>) -> (Response, Kept) {
    let output = output::items(call, answer).into_iter().map(|item| item.done).collect();
    let response = Response::new(call, answer, kept::id(call, answer), output);
    let input = Conversation::of(call).unwrap_or_default().input;
    let kept = Kept::new(response.clone(), input);
    (response, kept)
}

/// All events of a response. One that works in the background can be followed again later, so they are kept with it.
pub(super) fn events(call: &Call<'_>, answer: &Answer<'_>) -> Vec<Event> {
    let items = output::items(call, answer);
    let output = items.iter().map(|item| item.done.clone()).collect();
    let response = Response::new(call, answer, kept::id(call, answer), output);
    let mut log = Log::new(call);
    log.life("response.created", &response.at(first(&response)));
    if response.background {
        log.life("response.queued", &response.at(response::QUEUED));
    }
    log.life("response.in_progress", &response.at(response::IN_PROGRESS));
    for (name, data) in in_order(items, answer.interleave) {
        log.add(name, data);
    }
    let end = match response.status.as_str() {
        response::INCOMPLETE => "response.incomplete",
        response::FAILED => "response.failed",
        _ => "response.completed",
    };
    log.life(end, &response);
    let input = Conversation::of(call).unwrap_or_default().input;
    let events = if response.background { log.written.clone() } else { Vec::new() };
    kept::keep(call, &Kept::new(response, input).with(events));
    log.framed()
}

fn first(response: &Response) -> &'static str {
    if response.background { response::QUEUED } else { response::IN_PROGRESS }
}

/// The events of all items with their places: one item after the other, or those of calls in turn.
fn in_order(items: Vec<Item>, interleave: bool) -> Vec<(&'static str, Value)> {
    let lane = |(index, item): (usize, Item)| -> (bool, VecDeque<(&'static str, Value)>) {
        let (is_call, id) = (item.is_call(), item.done["id"].clone());
        let placed = |(name, mut data): (&'static str, Value)| {
            data["output_index"] = index.into();
            data["item_id"] = id.clone();
            (name, data)
        };
        let whole = |item: Value| json!({ "output_index": index, "item": item });
        let mut events = VecDeque::from([("response.output_item.added", whole(item.added))]);
        events.extend(item.events.into_iter().map(placed));
        events.push_back(("response.output_item.done", whole(item.done)));
        (is_call, events)
    };
    let (mut all, mut calls) = (Vec::new(), Vec::new());
    for (is_call, events) in items.into_iter().enumerate().map(lane) {
        if is_call && interleave {
            calls.push(events);
        } else {
            all.extend(in_turn(std::mem::take(&mut calls)));
            all.extend(events);
        }
    }
    all.extend(in_turn(calls));
    all
}

/// What comes where a stream breaks after so many events: what went wrong, and the response that failed of it.
pub(in crate::openai) fn interrupted(
    call: &Call<'_>,
    answer: &Answer<'_>,
    error: &Value,
    failure: &Failure,
    after: usize,
) -> Vec<Event> {
    let code = match failure.kind() {
        Kind::RateLimit | Kind::Quota => "rate_limit_exceeded",
        Kind::InvalidRequest | Kind::ContextLength | Kind::ContentFilter => "invalid_prompt",
        _ => "server_error",
    };
    let message = error["message"].as_str().unwrap_or_default().to_owned();
    let response = Response::new(call, answer, kept::id(call, answer), Vec::new()).failed(code, &message);
    let mut log = Log { next: after, ..Log::new(call) };
    log.add("error", json!({ "error": error }));
    log.life("response.failed", &response);
    kept::replace(call, &response);
    log.framed()
}

/// The events of a response that works in the background, from where the client left off.
///
/// # Errors
/// There is no such response, or it cannot be followed.
pub(in crate::openai) fn again(call: &Call<'_>) -> Result<Vec<Event>, Failure> {
    let after = call.request.parameter("starting_after").and_then(|after| after.parse::<usize>().ok());
    let written = kept::followed(call)?;
    let from = after.map_or(0, |after| after + 1);
    Ok(written.iter().skip(from).map(|(name, data)| event(name, data)).collect())
}

/// Events as they are written: names and data.
struct Log<'a> {
    call: &'a Call<'a>,
    next: usize,
    pads: bool,
    written: Vec<(String, String)>,
}

impl<'a> Log<'a> {
    fn new(call: &'a Call<'a>) -> Self {
        let pads = call.body["stream_options"]["include_obfuscation"] != false;
        Self { call, next: 0, pads, written: Vec::new() }
    }

    fn life(&mut self, name: &str, response: &Response) {
        let response = serde_json::to_string(response).expect("strings and numbers");
        self.write(name, &format!("\"response\":{response}"));
    }

    fn add(&mut self, name: &str, mut data: Value) {
        if self.pads && name.ends_with(".delta") {
            data["obfuscation"] = self.padding(&data["delta"]).into();
        }
        let data = data.to_string();
        self.write(name, &data[1..data.len() - 1]);
    }

    /// The kind and the number come first, as the service has them.
    fn write(&mut self, name: &str, members: &str) {
        let data = format!("{{\"type\":\"{name}\",\"sequence_number\":{},{members}}}", self.next);
        self.written.push((name.to_owned(), data));
        self.next += 1;
    }

    /// Letters that hide how long a piece is: together they fill sixteens.
    fn padding(&self, piece: &Value) -> String {
        let length = piece.as_str().map_or(0, |piece| piece.chars().count());
        self.call.draw.text(&format!("padding {}", self.next), 16 - length % 16)
    }

    fn framed(&self) -> Vec<Event> {
        self.written.iter().map(|(name, data)| event(name, data)).collect()
    }
}

fn event(name: &str, data: &str) -> Event {
    Event { name: name.to_owned().into(), bytes: sse::frame(name, data.as_bytes()) }
}

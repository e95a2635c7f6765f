//! An answer as items, each with the events between its beginning and its end.

use serde_json::{Map, Value, json};

use super::{hosted, includes, list, response};
use crate::answer::{Answer, Choice};
use crate::openai::{logprobs, reasons};
use crate::provider::Call;
use crate::script::{Block, Pieces, Reasoning, ToolCall};

/// One item.
#[derive(Debug)]
pub(super) struct Item {
    /// As it is added.
    pub(super) added: Value,
    /// As it is done.
    pub(super) done: Value,
    /// In between: names, and members besides those that tell the item.
    pub(super) events: Vec<(&'static str, Value)>,
}

impl Item {
    pub(super) fn is_call(&self) -> bool {
        self.done["type"] == "function_call" || self.done["type"] == "custom_tool_call"
    }
}

/// The items of an answer, in order. The service gives one answer only.
pub(super) fn items(call: &Call<'_>, answer: &Answer<'_>) -> Vec<Item> {
    let Some(choice) = answer.choices.first() else { return Vec::new() };
    let mut items = Vec::new();
    let is_thought = |block: &Block| matches!(block, Block::Reasoning(_));
    let model = call.body["model"].as_str().unwrap_or_default();
    if reasons(model) && answer.usage.reasoning > 0 && !choice.blocks.iter().any(is_thought) {
        items.push(reasoning(call, 0, None));
    }
    let mut said: Vec<&Block> = Vec::new();
    for block in choice.blocks.iter() {
        match block {
            Block::Text(_) | Block::Refusal(_) => said.push(block),
            Block::Reasoning(thought) => {
                speak(call, choice, &mut said, &mut items);
                items.push(reasoning(call, items.len(), Some(thought)));
            }
            Block::ToolCall(tool) => {
                speak(call, choice, &mut said, &mut items);
                items.push(called(call, items.len(), tool));
            }
        }
    }
    speak(call, choice, &mut said, &mut items);
    let (status, _) = response::status(choice.finish);
    let is_last = |item: &&mut Item| item.done["status"].is_string();
    if status == response::INCOMPLETE
        && let Some(item) = items.last_mut().filter(is_last)
    {
        item.done["status"] = response::INCOMPLETE.into();
    }
    items
}

/// What was said so far as one message, after what the service looked up for it.
fn speak(call: &Call<'_>, choice: &Choice<'_>, said: &mut Vec<&Block>, items: &mut Vec<Item>) {
    if said.is_empty() {
        return;
    }
    let looked_up = hosted::look_up(call, choice);
    let cites = looked_up.iter().filter_map(|found| found.citation.clone()).collect::<Vec<_>>();
    for found in looked_up {
        items.push(found.item);
    }
    items.push(message(call, items.len(), said, &cites));
    said.clear();
}

/// The id of the item at this place.
pub(super) fn id(call: &Call<'_>, prefix: &str, index: usize) -> String {
    format!("{prefix}_{}", call.draw.hex(&format!("item {index}"), 48))
}

fn message(call: &Call<'_>, index: usize, said: &[&Block], cites: &[Value]) -> Item {
    let id = id(call, "msg", index);
    let mut events = Vec::new();
    let parts = said.iter().enumerate();
    let parts: Vec<Value> = parts
        .map(|(index, block)| match block {
            Block::Refusal(text) => refusal(index, text, &mut events),
            Block::Text(text) => spoken(call, index, text, if index == 0 { cites } else { &[] }, &mut events),
            Block::Reasoning(_) | Block::ToolCall(_) => Value::Null,
        })
        .collect();
    let message = |status: &str, content: Value| json!({ "id": id, "type": "message", "status": status, "role": "assistant", "content": content });
    Item {
        added: message(response::IN_PROGRESS, json!([])),
        done: message(response::COMPLETED, parts.into()),
        events,
    }
}

/// A part of text: its pieces, what it cites, its end.
fn spoken(
    call: &Call<'_>,
    index: usize,
    text: &Pieces,
    cites: &[Value],
    events: &mut Vec<(&'static str, Value)>,
) -> Value {
    let wanted = includes(call.body, "message.output_text.logprobs")
        .then(|| call.body["top_logprobs"].as_u64().unwrap_or(0));
    let likely = |text: &str| wanted.map_or_else(|| json!([]), |count| logprobs::of(call, text, count));
    let part = |text: &str, cites: &[Value], logprobs: Value| json!({ "type": "output_text", "text": text, "annotations": cites, "logprobs": logprobs });
    let (whole, all) =
        (text.join(), text.iter().flat_map(|piece| list(&likely(piece)).to_vec()).collect::<Value>());
    events.push((
        "response.content_part.added",
        json!({ "content_index": index, "part": part("", &[], json!([])) }),
    ));
    for piece in text.iter().filter(|piece| !piece.is_empty()) {
        let delta = json!({ "content_index": index, "delta": piece, "logprobs": brief(&likely(piece)) });
        events.push(("response.output_text.delta", delta));
    }
    let cites: Vec<Value> = cites.iter().map(|cite| hosted::spanned(cite, &whole)).collect();
    for (number, cite) in cites.iter().enumerate() {
        let added = json!({ "content_index": index, "annotation_index": number, "annotation": cite });
        events.push(("response.output_text.annotation.added", added));
    }
    let done = json!({ "content_index": index, "text": whole, "logprobs": brief(&all) });
    events.push(("response.output_text.done", done));
    let part = part(&whole, &cites, all);
    events.push(("response.content_part.done", json!({ "content_index": index, "part": part })));
    part
}

/// Log probabilities as events have them: without bytes.
fn brief(logprobs: &Value) -> Value {
    let mut logprobs = logprobs.clone();
    let strip =
        |entry: &mut Value| entry.as_object_mut().and_then(|members: &mut Map<_, _>| members.remove("bytes"));
    for entry in logprobs.as_array_mut().into_iter().flatten() {
        strip(entry);
        entry["top_logprobs"].as_array_mut().into_iter().flatten().for_each(|other| drop(strip(other)));
    }
    logprobs
}

fn refusal(index: usize, text: &Pieces, events: &mut Vec<(&'static str, Value)>) -> Value {
    let part = |text: &str| json!({ "type": "refusal", "refusal": text });
    let whole = text.join();
    events.push(("response.content_part.added", json!({ "content_index": index, "part": part("") })));
    for piece in text.iter().filter(|piece| !piece.is_empty()) {
        events.push(("response.refusal.delta", json!({ "content_index": index, "delta": piece })));
    }
    events.push(("response.refusal.done", json!({ "content_index": index, "refusal": whole })));
    events.push(("response.content_part.done", json!({ "content_index": index, "part": part(&whole) })));
    part(&whole)
}

/// What the model thought: a summary where one is asked for, and for who keeps no state, the thought itself, encrypted.
fn reasoning(call: &Call<'_>, index: usize, thought: Option<&Reasoning>) -> Item {
    let own = Pieces::from("The question is plain, so the answer can be short.");
    let hidden = thought.and_then(|thought| thought.redacted.as_ref());
    let is_asked = call.body["reasoning"]["summary"].is_string() && hidden.is_none();
    let text =
        is_asked.then(|| thought.map_or(&own, |thought| &thought.text)).filter(|text| !text.0.is_empty());
    let mut events = Vec::new();
    let summary: Vec<Value> = text.map(|text| summary(text, &mut events)).into_iter().collect();
    let mut item = json!({ "id": id(call, "rs", index), "type": "reasoning", "summary": [] });
    if includes(call.body, "reasoning.encrypted_content") {
        let drawn = || format!("gAAAAAB{}", call.draw.text(&format!("encrypted {index}"), 233));
        let signed = hidden.or_else(|| thought.and_then(|thought| thought.signature.as_ref()));
        item["encrypted_content"] = signed.cloned().unwrap_or_else(drawn).into();
    }
    let mut done = item.clone();
    done["summary"] = summary.into();
    Item { added: item, done, events }
}

fn summary(text: &Pieces, events: &mut Vec<(&'static str, Value)>) -> Value {
    let part = |text: &str| json!({ "type": "summary_text", "text": text });
    let whole = text.join();
    events.push(("response.reasoning_summary_part.added", json!({ "summary_index": 0, "part": part("") })));
    for piece in text.iter().filter(|piece| !piece.is_empty()) {
        events.push(("response.reasoning_summary_text.delta", json!({ "summary_index": 0, "delta": piece })));
    }
    events.push(("response.reasoning_summary_text.done", json!({ "summary_index": 0, "text": whole })));
    events
        .push(("response.reasoning_summary_part.done", json!({ "summary_index": 0, "part": part(&whole) })));
    part(&whole)
}

/// A call of a function, or of a tool that takes text.
fn called(call: &Call<'_>, index: usize, tool: &ToolCall) -> Item {
    let is_text = list(&call.body["tools"])
        .iter()
        .any(|known| known["type"] == "custom" && known["name"] == tool.name.as_str());
    let (prefix, kind, member) =
        if is_text { ("ctc", "custom_tool_call", "input") } else { ("fc", "function_call", "arguments") };
    let (delta, end) = match is_text {
        true => ("response.custom_tool_call_input.delta", "response.custom_tool_call_input.done"),
        false => ("response.function_call_arguments.delta", "response.function_call_arguments.done"),
    };
    let nothing = (!is_text && tool.arguments.0.is_empty()).then_some("{}");
    let pieces: Vec<&str> = tool.arguments.iter().chain(nothing).collect();
    let whole = pieces.concat();
    let drawn = || format!("call_{}", call.draw.text(&format!("call {index}"), 24));
    let mut item = json!({
        "id": id(call, prefix, index),
        "type": kind,
        "status": response::IN_PROGRESS,
        "call_id": tool.id.clone().unwrap_or_else(drawn),
        "name": tool.name,
    });
    item[member] = "".into();
    let mut done = item.clone();
    done["status"] = response::COMPLETED.into();
    done[member] = whole.as_str().into();
    let said = pieces.into_iter().filter(|piece| !piece.is_empty());
    let mut events: Vec<_> = said.map(|piece| (delta, json!({ "delta": piece }))).collect();
    let mut ended = json!({ member: whole });
    if !is_text {
        ended["name"] = tool.name.as_str().into();
    }
    events.push((end, ended));
    Item { added: item, done, events }
}

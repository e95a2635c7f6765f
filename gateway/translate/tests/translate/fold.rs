//! Puts a streamed reply together, as a client would.

use serde_json::{Value, json};
use translate::call::Api;

use crate::golden::sse_events;

/// The data of each event; comments, which keep a connection alive, are none.
pub(crate) fn events(stream: &[u8]) -> Vec<&str> {
    let stream = std::str::from_utf8(stream).unwrap();
    let events = stream.split_terminator("\n\n").filter(|event| !event.starts_with(':'));
    let unnamed = |event: &'_ str| {
        if event.starts_with("event: ") { event.find('\n').map_or(0, |end| end + 1) } else { 0 }
    };
    events
        .map(|event| {
            event[unnamed(event)..].strip_prefix("data: ").unwrap_or_else(|| panic!("no event: {event:?}"))
        })
        .collect()
}

/// The same of a stream that is as its provider sent it.
fn data(stream: &[u8]) -> Vec<String> {
    sse_events(std::str::from_utf8(stream).unwrap()).into_iter().map(|(_, data)| data).collect()
}

/// The whole reply that a stream stands for, in whichever dialect.
pub(crate) fn fold(api: Api, stream: &[u8]) -> Value {
    match api {
        Api::Messages => message(stream),
        Api::Responses => response(stream),
        _ => completion(stream),
    }
}

/// The response that a stream ends with; that its pieces say the same is another law.
fn response(stream: &[u8]) -> Value {
    let last = events(stream).pop().unwrap();
    serde_json::from_str::<Value>(last).unwrap()["response"].take()
}

/// The whole message that a stream of Anthropic's stands for: each piece belongs to the block that is open.
fn message(stream: &[u8]) -> Value {
    let mut whole = Value::Null;
    let mut inputs = std::collections::BTreeMap::<usize, String>::new();
    for event in data(stream) {
        let event: Value = serde_json::from_str(&event).unwrap();
        let index = event["index"].as_u64().map(|index| usize::try_from(index).unwrap());
        match event["type"].as_str().unwrap() {
            "message_start" => whole = event["message"].clone(),
            "content_block_start" => {
                whole["content"].as_array_mut().unwrap().push(event["content_block"].clone());
            }
            "content_block_delta" => {
                let block = &mut whole["content"][index.unwrap()];
                let delta = &event["delta"];
                match delta["type"].as_str().unwrap() {
                    "text_delta" => join(&mut block["text"], &delta["text"]),
                    "thinking_delta" => join(&mut block["thinking"], &delta["thinking"]),
                    "signature_delta" => join(&mut block["signature"], &delta["signature"]),
                    "compaction_delta" => join(&mut block["content"], &delta["content"]),
                    "citations_delta" => {
                        if !block["citations"].is_array() {
                            block["citations"] = json!([]);
                        }
                        block["citations"].as_array_mut().unwrap().push(delta["citation"].clone());
                    }
                    "input_json_delta" => {
                        inputs
                            .entry(index.unwrap())
                            .or_default()
                            .push_str(delta["partial_json"].as_str().unwrap());
                    }
                    // A kind yet to come, which clients leave out.
                    "yet_to_come_delta" => (),
                    other => panic!("{other}"),
                }
            }
            "content_block_stop" => {
                let Some(input) = inputs.remove(&index.unwrap()).filter(|input| !input.is_empty()) else {
                    continue;
                };
                let read = serde_json::from_str(&input);
                whole["content"][index.unwrap()]["input"] = match read {
                    Ok(Value::Null) => json!({}),
                    Ok(read @ Value::Object(_)) => read,
                    _ => json!({ "INVALID_JSON": input }),
                };
            }
            "message_delta" => {
                for (name, value) in event["delta"].as_object().unwrap() {
                    whole[name] = value.clone();
                }
                for (name, value) in event["usage"].as_object().unwrap() {
                    if !value.is_null() || whole["usage"].get(name).is_none() {
                        whole["usage"][name] = value.clone();
                    }
                }
            }
            _ => (),
        }
    }
    whole
}

/// List entries are joined by `index`, strings by appending.
fn completion(stream: &[u8]) -> Value {
    let mut whole = json!({ "choices": [{ "index": 0, "logprobs": null }] });
    for event in data(stream).into_iter().filter(|data| data != "[DONE]") {
        let event: Value = serde_json::from_str(&event).unwrap();
        whole["object"] = event["object"].as_str().unwrap().trim_end_matches(".chunk").into();
        // Besides OpenAI's own members, whatever the provider adds.
        for (name, value) in event.as_object().unwrap() {
            if !["object", "choices", "usage", "obfuscation"].contains(&&**name) {
                whole[name] = value.clone();
            }
        }
        if event["usage"].is_object() {
            whole["usage"] = event["usage"].clone();
        }
        for choice in event["choices"].as_array().unwrap() {
            let index = usize::try_from(choice["index"].as_u64().unwrap()).unwrap();
            let choices = whole["choices"].as_array_mut().unwrap();
            while choices.len() <= index {
                choices.push(json!({ "index": choices.len(), "logprobs": null }));
            }
            join_choice(&mut choices[index], choice);
            // Kimi counts in its last choice.
            if choice["usage"].is_object() {
                whole["usage"] = choice["usage"].clone();
            }
        }
    }
    if whole["object"] == "chat.completion" {
        for choice in whole["choices"].as_array_mut().unwrap() {
            tidy(&mut choice["message"]);
        }
    }
    whole
}

fn join_choice(whole: &mut Value, choice: &Value) {
    for (name, value) in choice.as_object().unwrap() {
        match &**name {
            "delta" => join_member(whole, "message", value),
            "text" => join_member(whole, "text", value),
            "logprobs" => likelihoods(&mut whole["logprobs"], value),
            "usage" => (),
            _ if value.is_null() => (),
            _ => whole[name] = value.clone(),
        }
    }
}

fn join_member(choice: &mut Value, member: &str, piece: &Value) {
    match choice.get_mut(member) {
        Some(known) => join(known, piece),
        None => {
            choice[member] = if piece.is_object() { json!({}) } else { json!("") };
            join(&mut choice[member], piece);
        }
    }
}

/// What is said again, and not more of it.
const NAMES: [&str; 5] = ["id", "index", "name", "role", "type"];

fn join(whole: &mut Value, piece: &Value) {
    match piece {
        Value::Object(members) => {
            for (name, value) in members {
                match whole.get_mut(name) {
                    Some(known) if !known.is_null() && value.is_null() => (),
                    Some(known) if !known.is_null() && !NAMES.contains(&&**name) => join(known, value),
                    _ if value.is_array() => {
                        whole[name] = json!([]);
                        join(&mut whole[name], value);
                    }
                    _ => whole[name] = value.clone(),
                }
            }
        }
        Value::Array(items) => {
            let known = whole.as_array_mut().unwrap();
            for item in items {
                let at = item["index"].as_u64().map_or(known.len(), |at| usize::try_from(at).unwrap());
                if at == known.len() {
                    known.push(json!({}));
                }
                join(&mut known[at], item);
            }
        }
        Value::String(text) => *whole = Value::String(whole.as_str().unwrap().to_owned() + text),
        _ => *whole = piece.clone(),
    }
}

/// Adds the likelihoods of an event to those before it: each list to its own.
fn likelihoods(whole: &mut Value, piece: &Value) {
    if whole.is_null() {
        *whole = piece.clone();
        return;
    }
    for (name, more) in piece.as_object().into_iter().flatten() {
        if let Some(more) = more.as_array() {
            whole[name].as_array_mut().unwrap().extend(more.iter().cloned());
        }
    }
}

/// What only streams have.
fn tidy(message: &mut Value) {
    for list in ["tool_calls", "thinking_blocks"] {
        for entry in message.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            entry.as_object_mut().unwrap().remove("index");
        }
    }
}

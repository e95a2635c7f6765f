//! Puts a streamed reply together, as a client would.

use serde_json::{Value, json};
use translate::call::Api;

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
    let mut input = String::new();
    for event in events(stream) {
        let event: Value = serde_json::from_str(event).unwrap();
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
                    "input_json_delta" => input.push_str(delta["partial_json"].as_str().unwrap()),
                    other => panic!("{other}"),
                }
            }
            "content_block_stop" if !input.is_empty() => {
                let read = serde_json::from_str(&input);
                whole["content"][index.unwrap()]["input"] = match read {
                    Ok(Value::Null) => json!({}),
                    Ok(read @ Value::Object(_)) => read,
                    _ => json!({ "INVALID_JSON": input }),
                };
                input.clear();
            }
            "message_delta" => {
                for (name, value) in event["delta"].as_object().unwrap() {
                    whole[name] = value.clone();
                }
                whole["usage"] = event["usage"].clone();
            }
            _ => (),
        }
    }
    whole
}

/// List entries are joined by `index`, strings by appending.
fn completion(stream: &[u8]) -> Value {
    let mut whole = json!({ "choices": [{ "index": 0, "logprobs": null }] });
    for event in events(stream).into_iter().filter(|data| *data != "[DONE]") {
        let event: Value = serde_json::from_str(event).unwrap();
        whole["object"] = event["object"].as_str().unwrap().trim_end_matches(".chunk").into();
        // Besides OpenAI's own members, whatever the provider adds.
        for (name, value) in event.as_object().unwrap() {
            if !["object", "choices", "usage"].contains(&&**name) {
                whole[name] = value.clone();
            }
        }
        if event["usage"].is_object() {
            whole["usage"] = event["usage"].clone();
        }
        let Some(choice) = event["choices"].get(0) else { continue };
        if choice["finish_reason"].is_string() {
            whole["choices"][0]["finish_reason"] = choice["finish_reason"].clone();
        }
        for (piece, member) in [("delta", "message"), ("text", "text")] {
            if let Some(piece) = choice.get(piece) {
                join_member(&mut whole["choices"][0], member, piece);
            }
        }
        likelihoods(&mut whole["choices"][0]["logprobs"], &choice["logprobs"]);
    }
    if whole["object"] == "chat.completion" {
        tidy(&mut whole["choices"][0]["message"]);
    }
    whole
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

fn join(whole: &mut Value, piece: &Value) {
    match piece {
        Value::Object(members) => {
            for (name, value) in members {
                match whole.get_mut(name) {
                    Some(known) if !known.is_null() && name != "type" && name != "index" => {
                        join(known, value);
                    }
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
                let at = usize::try_from(item["index"].as_u64().unwrap()).unwrap();
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

/// Adds the likelihoods of an event to those before it.
fn likelihoods(whole: &mut Value, piece: &Value) {
    let Some(more) = piece["content"].as_array() else { return };
    if whole.is_null() {
        *whole = json!({ "content": [], "refusal": null });
    }
    whole["content"].as_array_mut().unwrap().extend(more.iter().cloned());
}

/// What only streams have.
fn tidy(message: &mut Value) {
    for list in ["tool_calls", "thinking_blocks"] {
        for entry in message.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            entry.as_object_mut().unwrap().remove("index");
        }
    }
}

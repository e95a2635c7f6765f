//! What a client makes of a stream, read by the rules of the official clients, to be compared with the whole reply.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::client::Reply;

/// An answer's content, one entry a choice: text, refusal, thoughts, calls as (id, name, arguments), reason.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) refusal: String,
    pub(crate) thought: String,
    pub(crate) calls: Vec<(String, String, Value)>,
    pub(crate) finish: String,
}

pub(crate) fn whole(provider: &str, reply: &Reply) -> Vec<Said> {
    let body = reply.json();
    match provider {
        "openai" => body["choices"].as_array().unwrap().iter().map(openai_choice).collect(),
        _ => vec![message(&body)],
    }
}

pub(crate) fn stream(provider: &str, reply: &Reply) -> Vec<Said> {
    match provider {
        "openai" => chunks(reply),
        _ => vec![message(&events(reply))],
    }
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn arguments(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::String(text.to_owned()))
}

fn openai_choice(choice: &Value) -> Said {
    let message = &choice["message"];
    let calls = message["tool_calls"].as_array().into_iter().flatten();
    Said {
        text: string(&message["content"]),
        refusal: string(&message["refusal"]),
        thought: String::new(),
        calls: calls
            .map(|call| {
                let what = &call[call["type"].as_str().unwrap()];
                let input = what["arguments"].as_str().or(what["input"].as_str()).unwrap();
                (string(&call["id"]), string(&what["name"]), arguments(input))
            })
            .collect(),
        finish: string(&choice["finish_reason"]),
    }
}

fn chunks(reply: &Reply) -> Vec<Said> {
    let mut said: BTreeMap<u64, Said> = BTreeMap::new();
    let mut inputs: BTreeMap<(u64, u64), (String, String, String)> = BTreeMap::new();
    for (_, data) in reply.events() {
        for choice in data["choices"].as_array().into_iter().flatten() {
            let index = choice["index"].as_u64().unwrap();
            let one = said.entry(index).or_default();
            one.text += &string(&choice["delta"]["content"]);
            one.refusal += &string(&choice["delta"]["refusal"]);
            one.finish += &string(&choice["finish_reason"]);
            for call in choice["delta"]["tool_calls"].as_array().into_iter().flatten() {
                let input = inputs.entry((index, call["index"].as_u64().unwrap())).or_default();
                let what = call.get("function").or(call.get("custom")).unwrap();
                input.0 += &string(&call["id"]);
                input.1 += &string(&what["name"]);
                input.2 += what["arguments"].as_str().or(what["input"].as_str()).unwrap_or_default();
            }
        }
    }
    for ((index, _), (id, name, input)) in inputs {
        said.get_mut(&index).unwrap().calls.push((id, name, arguments(&input)));
    }
    said.into_values().collect()
}

fn message(message: &Value) -> Said {
    let mut said = Said { finish: string(&message["stop_reason"]), ..Said::default() };
    for block in message["content"].as_array().unwrap() {
        match block["type"].as_str().unwrap() {
            "text" => said.text += &string(&block["text"]),
            "thinking" => {
                said.thought += &format!("{}|{}", string(&block["thinking"]), string(&block["signature"]));
            }
            "redacted_thinking" => said.thought += &string(&block["data"]),
            "tool_use" => {
                said.calls.push((string(&block["id"]), string(&block["name"]), block["input"].clone()));
            }
            other => panic!("{other}"),
        }
    }
    said
}

/// The message that a stream of events builds.
fn events(reply: &Reply) -> Value {
    let (mut message, mut inputs) = (Value::Null, BTreeMap::<u64, String>::new());
    for (name, data) in reply.events() {
        assert_eq!(name, data["type"].as_str().unwrap(), "an event is named as its type");
        let index = data["index"].as_u64().unwrap_or(0);
        let place = usize::try_from(index).unwrap();
        match name.as_str() {
            "message_start" => message = data["message"].clone(),
            "content_block_start" => {
                message["content"].as_array_mut().unwrap().push(data["content_block"].clone());
            }
            "content_block_delta" => {
                let block = &mut message["content"][place];
                let delta = &data["delta"];
                let (member, piece) = match delta["type"].as_str().unwrap() {
                    "text_delta" => ("text", &delta["text"]),
                    "thinking_delta" => ("thinking", &delta["thinking"]),
                    "signature_delta" => ("signature", &delta["signature"]),
                    "input_json_delta" => {
                        *inputs.entry(index).or_default() += delta["partial_json"].as_str().unwrap();
                        continue;
                    }
                    other => panic!("{other}"),
                };
                block[member] = json!(string(&block[member]) + piece.as_str().unwrap());
            }
            "content_block_stop" => {
                if let Some(input) = inputs.get(&index).filter(|input| !input.is_empty()) {
                    message["content"][place]["input"] = arguments(input);
                }
            }
            "message_delta" => {
                message["stop_reason"] = data["delta"]["stop_reason"].clone();
                message["stop_sequence"] = data["delta"]["stop_sequence"].clone();
            }
            "message_stop" | "ping" => {}
            other => panic!("{other}"),
        }
    }
    message
}

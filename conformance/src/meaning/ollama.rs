//! Ollama's requests: <https://github.com/ollama/ollama/blob/main/docs/api.md>.

use serde_json::Value;

use super::{Effort, Format, Meaning, Part, Picture, Tool, inputs, list, schema, strings, text};

/// What is read by name; the rest of `options` keeps OpenAI's names.
const READ: [&str; 5] = ["temperature", "top_p", "top_k", "num_predict", "stop"];

pub(crate) fn read(body: &Value) -> Meaning {
    let mut meaning = settings(body);
    meaning.tools = list(&body["tools"]).iter().map(tool).collect();
    for message in list(&body["messages"]) {
        match message["role"].as_str().unwrap_or_default() {
            "system" => meaning.system.push(text(&message["content"])),
            "assistant" => meaning.turn("assistant", answer(message)),
            "tool" => {
                let id = text(&message["tool_call_id"]);
                meaning.turn("user", vec![Part::Result { id, text: text(&message["content"]) }]);
            }
            _ => meaning.turn("user", said(message)),
        }
    }
    meaning
}

/// `/api/generate`: one prompt.
pub(crate) fn completion(body: &Value) -> Meaning {
    let mut meaning = settings(body);
    meaning.system.extend(body["system"].as_str().map(str::to_owned));
    meaning.said(text(&body["prompt"]));
    if !body["suffix"].is_null() {
        meaning.others.insert("suffix".to_owned(), body["suffix"].clone());
    }
    meaning
}

/// `/api/embed`: one text, or several.
pub(crate) fn embedding(body: &Value) -> Meaning {
    // `/api/embeddings`, the older path, takes one text, and by another name.
    let input = if body["input"].is_null() { &body["prompt"] } else { &body["input"] };
    Meaning { inputs: inputs(input), dimensions: body["dimensions"].as_u64(), ..Meaning::default() }
}

/// What chats and prompts have alike.
fn settings(body: &Value) -> Meaning {
    let options = &body["options"];
    let mut meaning = Meaning {
        max_tokens: options["num_predict"].as_u64(),
        temperature: options["temperature"].as_f64(),
        top_p: options["top_p"].as_f64(),
        top_k: options["top_k"].as_u64(),
        stop: strings(&options["stop"]),
        format: match &body["format"] {
            Value::Null => None,
            Value::String(_) => Some(Format::Object),
            schema => Some(Format::Schema(schema.clone())),
        },
        effort: match &body["think"] {
            Value::Bool(false) => Some(Effort::Off),
            Value::Bool(true) => Some(Effort::Adaptive),
            Value::String(level) => Some(Effort::Level(level.clone())),
            _ => None,
        },
        ..Meaning::default()
    };
    let own = options.as_object().into_iter().flatten().filter(|(name, _)| !READ.contains(&name.as_str()));
    meaning.others.extend(own.map(|(name, value)| (name.clone(), value.clone())));
    for name in ["logprobs", "top_logprobs"] {
        if !body[name].is_null() {
            meaning.others.insert(name.to_owned(), body[name].clone());
        }
    }
    meaning
}

fn said(message: &Value) -> Vec<Part> {
    let pictures = list(&message["images"]).iter();
    let pictures = pictures.map(|data| Part::Image(Picture::Data(media_type(&text(data)), text(data))));
    std::iter::once(Part::Text(text(&message["content"]))).chain(pictures).collect()
}

/// Pictures come without a media type: the server looks at their first bytes.
fn media_type(base64: &str) -> String {
    let first = [("iVBORw0KGgo", "png"), ("R0lGOD", "gif"), ("/9j/", "jpeg"), ("UklGR", "webp")];
    let known = first.iter().find(|(bytes, _)| base64.starts_with(bytes));
    known.map_or_else(String::new, |(_, kind)| format!("image/{kind}"))
}

fn answer(message: &Value) -> Vec<Part> {
    let thought = message["thinking"].as_str().map(|text| Part::Reasoning(text.to_owned(), String::new()));
    let calls = list(&message["tool_calls"]).iter().map(|call| Part::Call {
        id: text(&call["id"]),
        name: text(&call["function"]["name"]),
        arguments: call["function"]["arguments"].clone(),
    });
    thought.into_iter().chain(said(message)).chain(calls).collect()
}

fn tool(tool: &Value) -> Tool {
    let function = &tool["function"];
    Tool {
        name: text(&function["name"]),
        description: text(&function["description"]),
        schema: schema(&function["parameters"]),
    }
}

//! Mistral's requests: <https://docs.mistral.ai/api>.

use serde_json::Value;

use super::{Choice, Effort, Format, Meaning, Part, Picture, Tool, inputs, list, schema, strings, text};

/// Members that a neutral one stands for, or that say how to transport rather than what to answer.
const READ: [&str; 15] = [
    "model",
    "messages",
    "prompt",
    "stream",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "max_tokens",
    "temperature",
    "top_p",
    "top_k",
    "stop",
    "response_format",
    "reasoning_effort",
    "random_seed",
];

/// A chat.
pub(crate) fn read(body: &Value) -> Meaning {
    let mut meaning = Meaning {
        tools: list(&body["tools"]).iter().map(tool).collect(),
        choice: choice(&body["tool_choice"]),
        parallel: body["parallel_tool_calls"].as_bool(),
        format: format(&body["response_format"]),
        effort: effort(&body["reasoning_effort"]),
        ..sampled(body)
    };
    for message in list(&body["messages"]) {
        read_message(&mut meaning, message);
    }
    meaning
}

/// What stands before and behind a gap; or a chat, which models that are not of code are asked for instead.
pub(crate) fn completion(body: &Value) -> Meaning {
    let Some(prompt) = body["prompt"].as_str() else { return read(body) };
    let mut meaning = sampled(body);
    meaning.said(prompt.to_owned());
    meaning
}

/// Vectors.
pub(crate) fn embedding(body: &Value) -> Meaning {
    let mut meaning = Meaning {
        inputs: inputs(&body["input"]),
        dimensions: body["output_dimension"].as_u64(),
        ..Meaning::default()
    };
    for name in ["metadata", "output_dtype"] {
        if !body[name].is_null() {
            meaning.others.insert(name.to_owned(), body[name].clone());
        }
    }
    meaning
}

fn sampled(body: &Value) -> Meaning {
    let mut meaning = Meaning {
        max_tokens: body["max_tokens"].as_u64(),
        temperature: body["temperature"].as_f64(),
        top_p: body["top_p"].as_f64(),
        top_k: body["top_k"].as_u64(),
        stop: strings(&body["stop"]),
        ..Meaning::default()
    };
    for (name, value) in body.as_object().into_iter().flatten() {
        if !READ.contains(&name.as_str()) && !value.is_null() {
            let value = if name == "service_tier" && value == "standard_only" {
                "default".into()
            } else {
                value.clone()
            };
            meaning.others.insert(name.clone(), value);
        }
    }
    if !body["random_seed"].is_null() {
        meaning.others.insert("seed".to_owned(), body["random_seed"].clone());
    }
    meaning
}

fn read_message(meaning: &mut Meaning, message: &Value) {
    let chunks = list(&message["content"]);
    let plain = |chunk: &Value| chunk.as_str().map_or_else(|| text(&chunk["text"]), str::to_owned);
    match message["role"].as_str().unwrap_or_default() {
        "system" => meaning.system.extend(chunks.iter().map(plain)),
        "tool" => {
            let text = chunks.iter().map(plain).collect::<Vec<_>>().join("\n");
            meaning.turn("user", vec![Part::Result { id: self::text(&message["tool_call_id"]), text }]);
        }
        "assistant" => {
            let calls = list(&message["tool_calls"]).iter().map(call);
            meaning.turn("assistant", chunks.iter().map(part).chain(calls).collect());
        }
        _ => meaning.turn("user", chunks.iter().map(part).collect()),
    }
}

fn part(chunk: &Value) -> Part {
    if let Some(text) = chunk.as_str() {
        return Part::Text(text.to_owned());
    }
    match chunk["type"].as_str().unwrap_or_default() {
        "text" => Part::Text(text(&chunk["text"])),
        "image_url" => {
            let image = &chunk["image_url"];
            Part::Image(picture(image["url"].as_str().or_else(|| image.as_str()).unwrap_or_default()))
        }
        "input_audio" => {
            let data = text(&chunk["input_audio"]);
            Part::Audio(sound(&data).to_owned(), data)
        }
        "document_url" => {
            let url = text(&chunk["document_url"]);
            Part::File(url.rsplit_once(',').map_or(url.clone(), |(_, data)| data.to_owned()))
        }
        "file" => Part::File(text(&chunk["file_id"])),
        "thinking" => {
            let thought = list(&chunk["thinking"]).iter().map(|inner| text(&inner["text"])).collect();
            Part::Reasoning(thought, text(&chunk["signature"]))
        }
        _ => Part::Unknown(chunk.clone()),
    }
}

/// Sound says itself what it is: base64 of `RIFF` begins so.
fn sound(base64: &str) -> &'static str {
    if base64.starts_with("UklGR") { "wav" } else { "mp3" }
}

fn picture(url: &str) -> Picture {
    let data = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
    match data {
        Some((media, data)) => Picture::Data(media.to_owned(), data.to_owned()),
        None => Picture::Url(url.to_owned()),
    }
}

/// Arguments are an object, or the text of one.
fn call(call: &Value) -> Part {
    let function = &call["function"];
    let arguments = match &function["arguments"] {
        Value::String(json) => serde_json::from_str(json).unwrap_or_else(|_| json.as_str().into()),
        object => object.clone(),
    };
    Part::Call { id: text(&call["id"]), name: text(&function["name"]), arguments }
}

fn tool(tool: &Value) -> Tool {
    let function = &tool["function"];
    Tool {
        name: text(&function["name"]),
        description: text(&function["description"]),
        schema: schema(&function["parameters"]),
    }
}

fn choice(choice: &Value) -> Option<Choice> {
    Some(match (choice.as_str(), choice["function"]["name"].as_str()) {
        (Some("auto"), _) => Choice::Auto,
        (Some("none"), _) => Choice::None,
        (Some("any" | "required"), _) => Choice::Required,
        (_, Some(name)) => Choice::Named(name.to_owned()),
        _ if choice.is_null() => return None,
        _ => Choice::Other(choice.to_string()),
    })
}

fn format(format: &Value) -> Option<Format> {
    match format["type"].as_str()? {
        "json_object" => Some(Format::Object),
        "json_schema" => Some(Format::Schema(format["json_schema"]["schema"].clone())),
        _ => None,
    }
}

fn effort(effort: &Value) -> Option<Effort> {
    let level = effort.as_str()?;
    Some(if level == "none" { Effort::Off } else { Effort::Level(level.to_owned()) })
}

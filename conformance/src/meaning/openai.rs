//! `OpenAI`'s chat request: <https://platform.openai.com/docs/api-reference/chat/create>.

use serde_json::Value;

use super::{Choice, Effort, Format, Meaning, Part, Picture, Tool, list, schema, strings, text};

/// Members that a neutral one stands for, or that say how to transport rather than what to answer.
const READ: [&str; 18] = [
    "model",
    "messages",
    "stream",
    "stream_options",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "top_k",
    "stop",
    "response_format",
    "reasoning_effort",
    "user",
    "guardrailConfig",
    "extra_body",
];

pub(crate) fn read(body: &Value) -> Meaning {
    let guardrail = if body["guardrailConfig"].is_null() {
        &body["extra_body"]["guardrailConfig"]
    } else {
        &body["guardrailConfig"]
    };
    let mut meaning = Meaning {
        tools: list(&body["tools"]).iter().map(tool).collect(),
        choice: choice(&body["tool_choice"]),
        parallel: body["parallel_tool_calls"].as_bool(),
        max_tokens: body["max_completion_tokens"].as_u64().or_else(|| body["max_tokens"].as_u64()),
        temperature: body["temperature"].as_f64(),
        top_p: body["top_p"].as_f64(),
        top_k: body["top_k"].as_u64(),
        stop: strings(&body["stop"]),
        format: format(&body["response_format"]),
        effort: effort(&body["reasoning_effort"]).or_else(|| thinking(&body["thinking"])),
        user: body["user"].as_str().map(str::to_owned),
        guardrail: (!guardrail.is_null())
            .then(|| (text(&guardrail["guardrailIdentifier"]), text(&guardrail["guardrailVersion"]))),
        ..Meaning::default()
    };
    for message in list(&body["messages"]) {
        read_message(&mut meaning, message);
    }
    for (name, value) in body.as_object().into_iter().flatten() {
        if !READ.contains(&name.as_str()) && !is_default(name, value) {
            meaning.others.insert(name.clone(), value.clone());
        }
    }
    meaning
}

/// Saying what is so anyway asks for nothing.
fn is_default(name: &str, value: &Value) -> bool {
    match name {
        "n" => value == 1,
        "logprobs" | "store" => value == false,
        "presence_penalty" | "frequency_penalty" => value.as_f64() == Some(0.0),
        "service_tier" => value == "auto",
        _ => value.is_null(),
    }
}

fn read_message(meaning: &mut Meaning, message: &Value) {
    match message["role"].as_str().unwrap_or_default() {
        "system" | "developer" => {
            let texts: Vec<_> = list(&message["content"]).iter().map(part_text).collect();
            if !meaning.turns.is_empty() {
                meaning.later.extend(texts.iter().cloned());
            }
            meaning.system.extend(texts);
        }
        "tool" => {
            let text: Vec<String> = list(&message["content"]).iter().map(part_text).collect();
            let id = self::text(&message["tool_call_id"]);
            meaning.turn("user", vec![Part::Result { id, text: text.join("\n") }]);
        }
        "assistant" => {
            let mut parts = reasoning(message);
            parts.extend(list(&message["content"]).iter().map(part));
            parts.extend(message["refusal"].as_str().map(|text| Part::Refusal(text.to_owned())));
            parts.extend(list(&message["tool_calls"]).iter().map(call));
            meaning.turn("assistant", parts);
        }
        _ => meaning.turn("user", list(&message["content"]).iter().map(part).collect()),
    }
}

/// Reasoning that the client sends back, in `LiteLLM`'s and `OpenRouter`'s forms.
fn reasoning(message: &Value) -> Vec<Part> {
    let blocks = list(&message["thinking_blocks"]).iter().chain(list(&message["reasoning_details"]));
    let reasoning = |block: &Value| {
        let text_of =
            |names: [&str; 2]| names.into_iter().find_map(|name| block[name].as_str()).unwrap_or_default();
        Part::Reasoning(text_of(["thinking", "text"]).to_owned(), text_of(["signature", "data"]).to_owned())
    };
    blocks.map(reasoning).collect()
}

fn part_text(part: &Value) -> String {
    part.as_str().map_or_else(|| text(&part["text"]), str::to_owned)
}

fn part(part: &Value) -> Part {
    if let Some(text) = part.as_str() {
        return Part::Text(text.to_owned());
    }
    match part["type"].as_str().unwrap_or_default() {
        "text" => Part::Text(text(&part["text"])),
        "refusal" => Part::Refusal(text(&part["refusal"])),
        "image_url" => Part::Image(picture(part["image_url"]["url"].as_str().unwrap_or_default())),
        "input_audio" => {
            Part::Audio(text(&part["input_audio"]["format"]), text(&part["input_audio"]["data"]))
        }
        "file" => {
            let file = &part["file"];
            let data = file["file_data"].as_str().or_else(|| file["file_id"].as_str()).unwrap_or_default();
            Part::File(data.rsplit_once(',').map_or(data, |(_, data)| data).to_owned())
        }
        _ => Part::Unknown(part.clone()),
    }
}

pub(super) fn picture(url: &str) -> Picture {
    let data = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
    match data {
        Some((media, data)) => Picture::Data(media.to_owned(), data.to_owned()),
        None => Picture::Url(url.to_owned()),
    }
}

fn call(call: &Value) -> Part {
    let arguments = call["function"]["arguments"].as_str().unwrap_or_default();
    let arguments = match arguments.trim() {
        "" => Value::Object(serde_json::Map::new()),
        json => serde_json::from_str(json).unwrap_or_else(|_| Value::String(json.to_owned())),
    };
    Part::Call { id: text(&call["id"]), name: text(&call["function"]["name"]), arguments }
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
    match choice {
        Value::Null => None,
        Value::String(word) => Some(match word.as_str() {
            "auto" => Choice::Auto,
            "none" => Choice::None,
            "required" => Choice::Required,
            other => Choice::Other(other.to_owned()),
        }),
        object => Some(match object["function"]["name"].as_str() {
            Some(name) => Choice::Named(name.to_owned()),
            None => Choice::Other(object.to_string()),
        }),
    }
}

fn format(format: &Value) -> Option<Format> {
    match format["type"].as_str()? {
        "json_object" => Some(Format::Object),
        "json_schema" => Some(Format::Schema(format["json_schema"]["schema"].clone())),
        _ => None,
    }
}

/// DeepSeek's word: <https://api-docs.deepseek.com/guides/thinking_mode>.
fn thinking(thinking: &Value) -> Option<Effort> {
    Some(if thinking["type"].as_str()? == "disabled" { Effort::Off } else { Effort::Adaptive })
}

pub(super) fn effort(effort: &Value) -> Option<Effort> {
    let level = effort.as_str()?;
    Some(if level == "none" { Effort::Off } else { Effort::Level(level.to_owned()) })
}

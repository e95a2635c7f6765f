//! Cohere's requests: <https://docs.cohere.com/reference/about>. A chat of version 1 tells itself by its `message`.

use serde_json::Value;

use super::{
    Choice, Effort, Format, Meaning, Part, Picture, Tool, cohere_v1, inputs, list, schema, strings, text,
};

/// Members that a neutral one stands for, or that say how to transport rather than what to answer.
const READ: [&str; 14] = [
    "model",
    "messages",
    "prompt",
    "stream",
    "tools",
    "strict_tools",
    "tool_choice",
    "max_tokens",
    "temperature",
    "p",
    "k",
    "stop_sequences",
    "response_format",
    "thinking",
];

/// A chat, in either version.
pub(crate) fn read(body: &Value) -> Meaning {
    if body["messages"].is_null() {
        return cohere_v1::read(body);
    }
    let mut meaning = Meaning {
        tools: list(&body["tools"]).iter().map(tool).collect(),
        choice: match body["tool_choice"].as_str() {
            Some("REQUIRED") => Some(Choice::Required),
            Some("NONE") => Some(Choice::None),
            Some(other) => Some(Choice::Other(other.to_owned())),
            None => None,
        },
        format: format(&body["response_format"], "json_schema"),
        effort: effort(&body["thinking"]),
        ..sampled(body, &READ)
    };
    for message in list(&body["messages"]) {
        match message["role"].as_str().unwrap_or_default() {
            "system" => meaning.system.extend(texts(&message["content"])),
            "assistant" => meaning.turn("assistant", answer(message)),
            "tool" => {
                let id = text(&message["tool_call_id"]);
                let text = texts(&message["content"]).join("\n");
                meaning.turn("user", vec![Part::Result { id, text }]);
            }
            _ => meaning.turn("user", list(&message["content"]).iter().map(part).collect()),
        }
    }
    meaning
}

/// `/v1/generate`: one prompt.
pub(crate) fn completion(body: &Value) -> Meaning {
    let mut meaning = sampled(body, &READ);
    // The text is cut before the ones, and behind the others: https://docs.cohere.com/v1/reference/generate
    meaning.stop.extend(strings(&body["end_sequences"]));
    meaning.others.remove("end_sequences");
    meaning.said(text(&body["prompt"]));
    meaning
}

/// `/v2/embed`.
pub(crate) fn embedding(body: &Value) -> Meaning {
    Meaning {
        inputs: inputs(&body["texts"]),
        dimensions: body["output_dimension"].as_u64(),
        others: body
            .get("input_type")
            .map(|told| ("input_type".to_owned(), told.clone()))
            .into_iter()
            .collect(),
        ..Meaning::default()
    }
}

/// What all of them have alike; what is not among `read` keeps its name.
pub(super) fn sampled(body: &Value, read: &[&str]) -> Meaning {
    let mut meaning = Meaning {
        max_tokens: body["max_tokens"].as_u64(),
        temperature: body["temperature"].as_f64(),
        top_p: body["p"].as_f64(),
        top_k: body["k"].as_u64(),
        stop: strings(&body["stop_sequences"]),
        ..Meaning::default()
    };
    let others = body.as_object().into_iter().flatten();
    let others = others.filter(|(name, value)| !read.contains(&name.as_str()) && !value.is_null());
    meaning.others.extend(others.map(|(name, value)| (name.clone(), value.clone())));
    meaning
}

/// Each version has its own name for the schema.
pub(super) fn format(format: &Value, schema: &str) -> Option<Format> {
    let schema = format.get(schema).filter(|schema| !schema.is_null());
    (format["type"] == "json_object").then(|| schema.map_or(Format::Object, |it| Format::Schema(it.clone())))
}

fn effort(thinking: &Value) -> Option<Effort> {
    Some(match (thinking["type"].as_str()?, thinking["token_budget"].as_u64()) {
        ("disabled", _) => Effort::Off,
        (_, Some(budget)) => Effort::Tokens(budget),
        (_, None) => Effort::Adaptive,
    })
}

fn texts(content: &Value) -> Vec<String> {
    list(content)
        .iter()
        .map(|part| part.as_str().map_or_else(|| text(&part["text"]), str::to_owned))
        .collect()
}

/// Thoughts, what is said, or the plan of the calls, and the calls.
fn answer(message: &Value) -> Vec<Part> {
    let content = list(&message["content"]).iter().map(part);
    let plan = message["tool_plan"].as_str().map(|plan| Part::Text(plan.to_owned()));
    let calls = list(&message["tool_calls"]).iter().map(call);
    content.chain(plan).chain(calls).collect()
}

fn part(part: &Value) -> Part {
    if let Some(text) = part.as_str() {
        return Part::Text(text.to_owned());
    }
    match part["type"].as_str().unwrap_or_default() {
        "text" => Part::Text(text(&part["text"])),
        "thinking" => Part::Reasoning(text(&part["thinking"]), String::new()),
        "image_url" => {
            let url = text(&part["image_url"]["url"]);
            let data = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
            Part::Image(match data {
                Some((media, data)) => Picture::Data(media.to_owned(), data.to_owned()),
                None => Picture::Url(url.clone()),
            })
        }
        _ => Part::Unknown(part.clone()),
    }
}

fn call(call: &Value) -> Part {
    let function = &call["function"];
    let arguments = text(&function["arguments"]);
    Part::Call {
        id: text(&call["id"]),
        name: text(&function["name"]),
        arguments: serde_json::from_str(&arguments).unwrap_or(Value::String(arguments)),
    }
}

fn tool(tool: &Value) -> Tool {
    let function = &tool["function"];
    Tool {
        name: text(&function["name"]),
        description: text(&function["description"]),
        schema: schema(&function["parameters"]),
    }
}

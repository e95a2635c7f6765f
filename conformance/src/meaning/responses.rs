//! `OpenAI`'s responses request: <https://platform.openai.com/docs/api-reference/responses/create>.

use serde_json::Value;

use super::openai::{effort, picture};
use super::{Choice, Format, Meaning, Part, Tool, list, schema, text};

/// Members that a neutral one stands for, or that say how to transport, keep or show rather than what to answer.
const READ: [&str; 19] = [
    "model",
    "metadata",
    "input",
    "instructions",
    "previous_response_id",
    "stream",
    "stream_options",
    "include",
    "store",
    "background",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "max_output_tokens",
    "temperature",
    "top_p",
    "text",
    "reasoning",
    "user",
];

pub(crate) fn read(body: &Value) -> Meaning {
    let asks = body["user"].as_str().or_else(|| body["safety_identifier"].as_str());
    let mut meaning = Meaning {
        tools: list(&body["tools"]).iter().map(tool).collect(),
        choice: choice(&body["tool_choice"]),
        parallel: body["parallel_tool_calls"].as_bool(),
        max_tokens: body["max_output_tokens"].as_u64(),
        temperature: body["temperature"].as_f64(),
        top_p: body["top_p"].as_f64(),
        format: format(&body["text"]["format"]),
        effort: effort(&body["reasoning"]["effort"]),
        user: asks.map(str::to_owned),
        ..Meaning::default()
    };
    meaning.system.extend(body["instructions"].as_str().map(str::to_owned));
    match &body["input"] {
        Value::String(said) => meaning.said(said.clone()),
        items => list(items).iter().for_each(|item| read_item(&mut meaning, item)),
    }
    for (name, value) in body.as_object().into_iter().flatten() {
        let is_read = READ.contains(&name.as_str()) || name == "safety_identifier" && meaning.user.is_some();
        if !is_read && !is_default(name, value) {
            meaning.others.insert(name.clone(), value.clone());
        }
    }
    if let Some(verbosity) = body["text"]["verbosity"].as_str().filter(|level| *level != "medium") {
        meaning.others.insert("verbosity".to_owned(), verbosity.into());
    }
    meaning
}

/// Saying what is so anyway asks for nothing.
fn is_default(name: &str, value: &Value) -> bool {
    match name {
        "truncation" => value == "disabled",
        "service_tier" => value == "auto",
        _ => value.is_null(),
    }
}

fn read_item(meaning: &mut Meaning, item: &Value) {
    match item["type"].as_str().unwrap_or("message") {
        "message" => message(meaning, item),
        "function_call" => meaning.turn("assistant", vec![call(item)]),
        "function_call_output" => {
            let said: Vec<String> = list(&item["output"]).iter().map(said).collect();
            meaning.turn("user", vec![Part::Result { id: text(&item["call_id"]), text: said.join("\n") }]);
        }
        "reasoning" => {
            let thoughts =
                if list(&item["content"]).is_empty() { &item["summary"] } else { &item["content"] };
            let thought = list(thoughts).iter().map(|part| text(&part["text"])).collect::<String>();
            meaning.turn("assistant", vec![Part::Reasoning(thought, text(&item["encrypted_content"]))]);
        }
        _ => meaning.turn("user", vec![Part::Unknown(item.clone())]),
    }
}

fn message(meaning: &mut Meaning, item: &Value) {
    match item["role"].as_str().unwrap_or_default() {
        "system" | "developer" => {
            let texts: Vec<_> = list(&item["content"]).iter().map(said).collect();
            if !meaning.turns.is_empty() {
                meaning.later.extend(texts.iter().cloned());
            }
            meaning.system.extend(texts);
        }
        "assistant" => meaning.turn("assistant", list(&item["content"]).iter().map(part).collect()),
        _ => meaning.turn("user", list(&item["content"]).iter().map(part).collect()),
    }
}

fn said(part: &Value) -> String {
    part.as_str().map_or_else(|| text(&part["text"]), str::to_owned)
}

fn part(part: &Value) -> Part {
    if let Some(text) = part.as_str() {
        return Part::Text(text.to_owned());
    }
    match part["type"].as_str().unwrap_or_default() {
        "input_text" | "output_text" => Part::Text(text(&part["text"])),
        "refusal" => Part::Refusal(text(&part["refusal"])),
        "input_image" => Part::Image(picture(part["image_url"].as_str().unwrap_or_default())),
        "input_file" => {
            let names = ["file_data", "file_id", "file_url"];
            let data = names.into_iter().find_map(|name| part[name].as_str()).unwrap_or_default();
            Part::File(data.rsplit_once(";base64,").map_or(data, |(_, data)| data).to_owned())
        }
        _ => Part::Unknown(part.clone()),
    }
}

fn call(item: &Value) -> Part {
    let written = item["arguments"].as_str().unwrap_or_default();
    let arguments = match written.trim() {
        "" => Value::Object(serde_json::Map::new()),
        json => serde_json::from_str(json).unwrap_or_else(|_| Value::String(json.to_owned())),
    };
    Part::Call { id: text(&item["call_id"]), name: text(&item["name"]), arguments }
}

fn tool(tool: &Value) -> Tool {
    Tool {
        name: text(&tool["name"]),
        description: text(&tool["description"]),
        schema: schema(&tool["parameters"]),
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
        object => Some(match object["name"].as_str() {
            Some(name) if object["type"] == "function" => Choice::Named(name.to_owned()),
            _ => Choice::Other(object.to_string()),
        }),
    }
}

fn format(format: &Value) -> Option<Format> {
    match format["type"].as_str()? {
        "json_object" => Some(Format::Object),
        "json_schema" => Some(Format::Schema(format["schema"].clone())),
        _ => None,
    }
}

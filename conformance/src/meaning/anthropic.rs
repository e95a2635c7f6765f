//! Anthropic's messages request: <https://platform.claude.com/docs/en/api/messages>.

use serde_json::Value;

use super::{Choice, Effort, Format, Meaning, Part, Picture, Tool, list, schema, strings, text};

pub(crate) fn read(body: &Value) -> Meaning {
    let choice = &body["tool_choice"];
    // Its beta had the format at the top.
    let format = [&body["output_config"]["format"], &body["output_format"]];
    let format = format.into_iter().find(|format| !format.is_null()).unwrap_or(&Value::Null);
    let format = if format.is_null() { &body["output_format"] } else { format };
    let mut meaning = Meaning {
        system: list(&body["system"]).iter().map(block_text).collect(),
        tools: list(&body["tools"]).iter().map(tool).collect(),
        choice: read_choice(choice),
        parallel: choice["disable_parallel_tool_use"].as_bool().map(|disabled| !disabled),
        max_tokens: body["max_tokens"].as_u64(),
        temperature: body["temperature"].as_f64(),
        top_p: body["top_p"].as_f64(),
        top_k: body["top_k"].as_u64(),
        stop: strings(&body["stop_sequences"]),
        format: (format["type"] == "json_schema").then(|| Format::Schema(format["schema"].clone())),
        effort: effort(body),
        user: body["metadata"]["user_id"].as_str().map(str::to_owned),
        ..Meaning::default()
    };
    for message in list(&body["messages"]) {
        match message["role"].as_str().unwrap_or_default() {
            "system" => {
                let texts: Vec<_> = list(&message["content"]).iter().map(block_text).collect();
                meaning.later.extend(texts.iter().cloned());
                meaning.system.extend(texts);
            }
            "assistant" => meaning.turn("assistant", list(&message["content"]).iter().map(block).collect()),
            _ => meaning.turn("user", list(&message["content"]).iter().map(block).collect()),
        }
    }
    meaning
}

/// `/v1/complete`: a prompt between the human's mark and the assistant's. Later models are asked by messages.
pub(crate) fn completion(body: &Value) -> Meaning {
    let Some(prompt) = body["prompt"].as_str() else { return read(body) };
    // The members that both have say the same.
    let mut meaning = Meaning { max_tokens: body["max_tokens_to_sample"].as_u64(), ..read(body) };
    let said = prompt.strip_prefix("\n\nHuman: ").and_then(|rest| rest.strip_suffix("\n\nAssistant:"));
    meaning.said(said.unwrap_or(prompt).to_owned());
    meaning
}

fn block_text(block: &Value) -> String {
    block.as_str().map_or_else(|| text(&block["text"]), str::to_owned)
}

fn block(block: &Value) -> Part {
    if let Some(text) = block.as_str() {
        return Part::Text(text.to_owned());
    }
    match block["type"].as_str().unwrap_or_default() {
        "text" => Part::Text(text(&block["text"])),
        "image" => Part::Image(picture(&block["source"])),
        "document" => Part::File(document(&block["source"])),
        "thinking" => Part::Reasoning(text(&block["thinking"]), text(&block["signature"])),
        "redacted_thinking" => Part::Reasoning(String::new(), text(&block["data"])),
        "tool_use" => Part::Call {
            id: text(&block["id"]),
            name: text(&block["name"]),
            arguments: block["input"].clone(),
        },
        "tool_result" => {
            let texts: Vec<String> = list(&block["content"]).iter().map(block_text).collect();
            Part::Result { id: text(&block["tool_use_id"]), text: texts.join("\n") }
        }
        _ => Part::Unknown(block.clone()),
    }
}

fn picture(source: &Value) -> Picture {
    match source["type"].as_str() {
        Some("base64") => Picture::Data(text(&source["media_type"]), text(&source["data"])),
        _ => Picture::Url(text(&source["url"])),
    }
}

fn document(source: &Value) -> String {
    ["data", "file_id", "url"]
        .into_iter()
        .find_map(|name| source[name].as_str())
        .unwrap_or_default()
        .to_owned()
}

fn tool(tool: &Value) -> Tool {
    Tool {
        name: text(&tool["name"]),
        description: text(&tool["description"]),
        schema: schema(&tool["input_schema"]),
    }
}

fn read_choice(choice: &Value) -> Option<Choice> {
    Some(match choice["type"].as_str()? {
        "auto" => Choice::Auto,
        "none" => Choice::None,
        "any" => Choice::Required,
        "tool" => Choice::Named(text(&choice["name"])),
        other => Choice::Other(other.to_owned()),
    })
}

fn effort(body: &Value) -> Option<Effort> {
    if let Some(level) = body["output_config"]["effort"].as_str() {
        return Some(Effort::Level(level.to_owned()));
    }
    match body["thinking"]["type"].as_str()? {
        "enabled" => Some(Effort::Tokens(body["thinking"]["budget_tokens"].as_u64()?)),
        "disabled" => Some(Effort::Off),
        _ => Some(Effort::Adaptive),
    }
}

//! Chats of Cohere's version 1: <https://docs.cohere.com/v1/reference/chat>.

use serde_json::{Map, Value, json};

use super::cohere::{format, sampled};
use super::{Meaning, Part, Tool, list, schema, text};

/// Members that a neutral one stands for, or that say how to transport rather than what to answer.
const READ: [&str; 14] = [
    "model",
    "message",
    "preamble",
    "chat_history",
    "tool_results",
    "stream",
    "tools",
    "max_tokens",
    "temperature",
    "p",
    "k",
    "stop_sequences",
    "response_format",
    "force_single_step",
];

pub(super) fn read(body: &Value) -> Meaning {
    let mut meaning = Meaning {
        tools: list(&body["tools"]).iter().map(tool).collect(),
        format: format(&body["response_format"], "schema"),
        ..sampled(body, &READ)
    };
    meaning.system.extend(body["preamble"].as_str().map(str::to_owned));
    for turn in list(&body["chat_history"]) {
        match turn["role"].as_str().unwrap_or_default() {
            "SYSTEM" => meaning.system.push(text(&turn["message"])),
            "CHATBOT" => meaning.turn("assistant", answer(turn)),
            "TOOL" => meaning.turn("user", results(&turn["tool_results"])),
            _ => meaning.said(text(&turn["message"])),
        }
    }
    meaning.turn("user", results(&body["tool_results"]));
    meaning.said(text(&body["message"]));
    meaning
}

/// A call must not come without words, so a blank stands for none.
fn answer(turn: &Value) -> Vec<Part> {
    let said = Some(text(&turn["message"])).filter(|said| !said.trim().is_empty()).map(Part::Text);
    let calls = list(&turn["tool_calls"]).iter().map(|call| Part::Call {
        id: id(call),
        name: text(&call["name"]),
        arguments: call["parameters"].clone(),
    });
    said.into_iter().chain(calls).collect()
}

/// Calls have no ids: a result repeats the call that it answers.
fn id(call: &Value) -> String {
    format!("{} {}", call["name"], call["parameters"])
}

/// Outputs are objects; a text is wrapped in one.
fn results(results: &Value) -> Vec<Part> {
    let output = |output: &Value| match output.as_object().map(|members| (members.len(), &output["output"])) {
        Some((1, Value::String(text))) => text.clone(),
        _ => output.to_string(),
    };
    let result = |result: &Value| Part::Result {
        id: id(&result["call"]),
        text: list(&result["outputs"]).iter().map(output).collect::<Vec<_>>().join("\n"),
    };
    list(results).iter().map(result).collect()
}

fn tool(tool: &Value) -> Tool {
    let definitions = tool["parameter_definitions"].as_object().into_iter().flatten();
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for (name, definition) in definitions {
        let mut property = json!({ "type": kind(definition["type"].as_str().unwrap_or_default()) });
        if !definition["description"].is_null() {
            property["description"] = definition["description"].clone();
        }
        properties.insert(name.clone(), property);
        if definition["required"] == true {
            required.push(name.clone());
        }
    }
    let mut parameters = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        parameters["required"] = required.into();
    }
    Tool { name: text(&tool["name"]), description: text(&tool["description"]), schema: schema(&parameters) }
}

/// A type of Python's, as JSON Schema has it.
fn kind(python: &str) -> &str {
    match python {
        "str" => "string",
        "int" => "integer",
        "float" => "number",
        "bool" => "boolean",
        "dict" => "object",
        list if list.to_lowercase().starts_with("list") => "array",
        other => other,
    }
}

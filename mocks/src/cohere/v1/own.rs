//! The mock's own calls. [`parameter_definitions`](https://docs.cohere.com/v1/reference/chat) are no JSON Schema, but name Python's types.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::answer::{Answer, Choice, fill};
use crate::cohere::list;
use crate::provider::Call;
use crate::script::{Block, Pieces, ToolCall};
use crate::tokens;

/// The answer with arguments in the calls that the mock makes by itself; a script's are as it says.
pub(in crate::cohere) fn called<'a>(call: &Call<'_>, answer: &Answer<'a>) -> Answer<'a> {
    let mut answer = answer.clone();
    for Choice { blocks, .. } in &mut answer.choices {
        let Cow::Owned(blocks) = blocks else { continue };
        for block in blocks {
            if let Block::ToolCall(tool) = block {
                tool.arguments = arguments(call.body, tool);
            }
        }
    }
    answer
}

fn arguments(body: &Value, called: &ToolCall) -> Pieces {
    let tool = list(&body["tools"]).iter().find(|tool| tool["name"] == *called.name);
    let schema = tool.map(|tool| schema(&tool["parameter_definitions"])).unwrap_or_default();
    let filled = fill(&schema, body["message"].as_str().unwrap_or_default()).to_string();
    Pieces(tokens::pieces(&filled, None).pieces)
}

fn schema(definitions: &Value) -> Value {
    let definitions = definitions.as_object().into_iter().flatten();
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for (name, definition) in definitions {
        let kind = kind(definition["type"].as_str().unwrap_or_default());
        properties.insert(name.clone(), json!({ "type": kind, "description": definition["description"] }));
        if definition["required"] == true {
            required.push(name.clone());
        }
    }
    json!({ "type": "object", "properties": properties, "required": required })
}

fn kind(python: &str) -> &'static str {
    match python.to_lowercase() {
        name if name.starts_with("int") => "integer",
        name if name.starts_with("float") || name == "number" => "number",
        name if name.starts_with("bool") => "boolean",
        name if name.starts_with("list") || name == "array" => "array",
        name if name.starts_with("dict") || name == "object" => "object",
        _ => "string",
    }
}

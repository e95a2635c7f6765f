//! A chat as a request to `OpenAI`'s responses API: <https://platform.openai.com/docs/api-reference/responses/create>.

use serde_json::{Map, Value, json};

/// Members that say how to transport a reply, which is the harness's own affair.
const TRANSPORT: [&str; 2] = ["stream", "stream_options"];

/// Nothing, where it has no words for a member.
pub(super) fn write(chat: &Value) -> Option<Value> {
    let mut request = Map::new();
    for (name, value) in chat.as_object()?.iter().filter(|(_, value)| !value.is_null()) {
        let (name, value) = match name.as_str() {
            "messages" => {
                let (instructions, input) = said(value)?;
                if !instructions.is_null() {
                    request.insert("instructions".into(), instructions);
                }
                ("input", input)
            }
            "model" | "temperature" | "top_p" | "parallel_tool_calls" | "metadata" | "user" => {
                (name.as_str(), value.clone())
            }
            "max_tokens" | "max_completion_tokens" => ("max_output_tokens", value.clone()),
            "tools" => ("tools", list(value).iter().map(tool).collect()),
            "tool_choice" => ("tool_choice", choice(value)),
            "response_format" => ("text", json!({"format": format(value)})),
            // Who asks for thoughts wants to see them; nobody sees them here who does not say so.
            "reasoning_effort" => ("reasoning", json!({"effort": value, "summary": "auto"})),
            name if TRANSPORT.contains(&name) => continue,
            _ => return None,
        };
        request.insert(name.to_owned(), value);
    }
    Some(request.into())
}

/// Instructions and input: a single text where that is all that is said.
fn said(messages: &Value) -> Option<(Value, Value)> {
    let Some(messages) = messages.as_array() else { return Some((Value::Null, messages.clone())) };
    let (instructions, rest) = match messages.split_first() {
        Some((first, rest)) if first["role"] == "system" && first["content"].is_string() => {
            (first["content"].clone(), rest)
        }
        _ => (Value::Null, &messages[..]),
    };
    if let [one] = rest
        && one["role"] == "user"
        && one["content"].is_string()
    {
        return Some((instructions, one["content"].clone()));
    }
    let mut items = Vec::new();
    for message in rest {
        items.extend(spoken(message)?);
    }
    Some((instructions, items.into()))
}

fn spoken(message: &Value) -> Option<Vec<Value>> {
    let (role, content) = (message["role"].as_str()?, &message["content"]);
    if !message["thinking_blocks"].is_null() {
        return None;
    }
    if role == "tool" {
        let output = if content.is_string() { content.clone() } else { parts(role, content)? };
        return Some(vec![
            json!({"type": "function_call_output", "call_id": message["tool_call_id"], "output": output}),
        ]);
    }
    let mut items = Vec::new();
    if !content.is_null() {
        let content = if content.is_string() { content.clone() } else { parts(role, content)? };
        items.push(json!({"role": role, "content": content}));
    }
    let call = |call: &Value| {
        let function = &call["function"];
        json!({"type": "function_call", "call_id": call["id"], "name": function["name"], "arguments": function["arguments"]})
    };
    items.extend(list(&message["tool_calls"]).iter().map(call));
    Some(items)
}

fn parts(role: &str, parts: &Value) -> Option<Value> {
    let text = if role == "assistant" { "output_text" } else { "input_text" };
    let part = |part: &Value| {
        Some(match part["type"].as_str()? {
            "text" if role == "assistant" => json!({"type": text, "text": part["text"], "annotations": []}),
            "text" => json!({"type": text, "text": part["text"]}),
            "refusal" => json!({"type": "refusal", "refusal": part["refusal"]}),
            "image_url" => {
                let image = &part["image_url"];
                let detail = image["detail"].as_str().unwrap_or("auto");
                json!({"type": "input_image", "image_url": image["url"], "detail": detail})
            }
            "file" => {
                let file = &part["file"];
                json!({"type": "input_file", "filename": file["filename"], "file_data": file["file_data"]})
            }
            _ => return None,
        })
    };
    list(parts).iter().map(part).collect()
}

/// Tools are strict unless they say that they are not; those of chats are the other way round.
fn tool(tool: &Value) -> Value {
    let function = &tool["function"];
    let strict = function["strict"].as_bool().unwrap_or(false);
    let mut written = json!({"type": "function", "name": function["name"], "strict": strict});
    for name in ["description", "parameters"] {
        if !function[name].is_null() {
            written[name] = function[name].clone();
        }
    }
    written
}

fn choice(choice: &Value) -> Value {
    match &choice["function"]["name"] {
        Value::Null => choice.clone(),
        name => json!({"type": "function", "name": name}),
    }
}

fn format(format: &Value) -> Value {
    let mut written = json!({"type": format["type"]});
    for (name, value) in format["json_schema"].as_object().into_iter().flatten() {
        written[name] = value.clone();
    }
    written
}

fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(elements) => elements.clone(),
        one => vec![one.clone()],
    }
}

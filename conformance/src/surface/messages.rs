//! A chat as a request to Anthropic's messages API: <https://platform.claude.com/docs/en/api/messages>.

use serde_json::{Map, Value, json};

/// The limit is mandatory; a client that does not care says something like this.
const LIMIT: u64 = 4096;

/// Members that say how to transport a reply, which is the harness's own affair.
const TRANSPORT: [&str; 2] = ["stream", "stream_options"];

/// Nothing, where it has no words for a member.
pub(super) fn write(chat: &Value) -> Option<Value> {
    let mut request = Map::new();
    for (name, value) in chat.as_object()?.iter().filter(|(_, value)| !value.is_null()) {
        let (name, value) = match name.as_str() {
            "messages" => {
                said(value, &mut request)?;
                continue;
            }
            "model" | "max_tokens" | "temperature" | "top_p" | "top_k" => (name.as_str(), value.clone()),
            "max_completion_tokens" => ("max_tokens", value.clone()),
            "stop" => ("stop_sequences", list(value).into()),
            "user" => ("metadata", json!({"user_id": value})),
            "tools" => ("tools", list(value).iter().map(tool).collect()),
            "tool_choice" => ("tool_choice", merged(&request, choice(value)?)),
            "parallel_tool_calls" => {
                ("tool_choice", merged(&request, json!({"disable_parallel_tool_use": *value == false})))
            }
            "response_format" => ("output_config", json!({"format": format(value)?})),
            "reasoning_effort" => ("thinking", thinking(value)?),
            name if TRANSPORT.contains(&name) => continue,
            _ => return None,
        };
        request.insert(name.to_owned(), value);
    }
    if let Some(choice) = request.get_mut("tool_choice").filter(|choice| choice["type"].is_null()) {
        choice["type"] = json!("auto");
    }
    request.entry("max_tokens").or_insert(json!(LIMIT));
    Some(request.into())
}

/// What the system says at the beginning stands apart.
fn said(messages: &Value, request: &mut Map<String, Value>) -> Option<()> {
    let Some(messages) = messages.as_array() else {
        request.insert("messages".into(), messages.clone());
        return Some(());
    };
    let instructs = |message: &&Value| message["role"] == "system" || message["role"] == "developer";
    let (system, rest) = messages.split_at(messages.iter().take_while(instructs).count());
    match system {
        [] => {}
        [one] if one["content"].is_string() => {
            request.insert("system".into(), one["content"].clone());
        }
        several => {
            let blocks =
                several.iter().flat_map(|message| list(&message["content"])).map(|part| block(&part));
            request.insert("system".into(), blocks.collect::<Option<Vec<_>>>()?.into());
        }
    }
    let mut turns: Vec<Value> = Vec::new();
    for message in rest {
        let (turn, is_result) = (turn(message)?, message["role"] == "tool");
        // The results of one turn's calls are one turn, with what the user says behind them.
        let follows = turns
            .last()
            .is_some_and(|last| last["role"] == "user" && last["content"][0]["type"] == "tool_result");
        match turns.last_mut().and_then(|last| last["content"].as_array_mut()) {
            Some(content) if follows && (is_result || message["role"] == "user") => {
                content.extend(blocks(&turn["content"]));
            }
            _ => turns.push(turn),
        }
    }
    request.insert("messages".into(), turns.into());
    Some(())
}

fn turn(message: &Value) -> Option<Value> {
    let content = &message["content"];
    match message["role"].as_str()? {
        "tool" => {
            let content = match content {
                Value::String(_) => content.clone(),
                parts => list(parts).iter().map(block).collect::<Option<Vec<_>>>()?.into(),
            };
            let result =
                json!({"type": "tool_result", "tool_use_id": message["tool_call_id"], "content": content});
            Some(json!({"role": "user", "content": [result]}))
        }
        role @ ("user" | "assistant") if content.is_string() && message["tool_calls"].is_null() => {
            Some(json!({"role": role, "content": content}))
        }
        role @ ("user" | "assistant") => {
            let mut blocks = list(&message["thinking_blocks"]);
            let spoken = list(content).into_iter().filter(|part| *part != "");
            blocks.extend(spoken.map(|part| block(&part)).collect::<Option<Vec<_>>>()?);
            blocks.extend(list(&message["tool_calls"]).iter().map(call).collect::<Option<Vec<_>>>()?);
            Some(json!({"role": role, "content": blocks}))
        }
        _ => None,
    }
}

/// Content as blocks; a text is one.
fn blocks(content: &Value) -> Vec<Value> {
    match content {
        Value::String(text) => vec![json!({"type": "text", "text": text})],
        blocks => list(blocks),
    }
}

fn block(part: &Value) -> Option<Value> {
    if let Some(text) = part.as_str() {
        return Some(json!({"type": "text", "text": text}));
    }
    match part["type"].as_str()? {
        "text" => Some(json!({"type": "text", "text": part["text"]})),
        "refusal" => Some(json!({"type": "text", "text": part["refusal"]})),
        "image_url" => Some(json!({"type": "image", "source": source(part["image_url"]["url"].as_str()?)})),
        "file" => {
            let file = &part["file"];
            let source = source(file["file_data"].as_str()?);
            Some(json!({"type": "document", "title": file["filename"], "source": source}))
        }
        _ => None,
    }
}

fn source(url: &str) -> Value {
    match url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,")) {
        Some((media, data)) => json!({"type": "base64", "media_type": media, "data": data}),
        None => json!({"type": "url", "url": url}),
    }
}

/// Arguments are an object, so that what is none cannot be said. Numbers beyond a double are kept as they are written.
fn call(call: &Value) -> Option<Value> {
    let function = &call["function"];
    let arguments = function["arguments"].as_str()?.trim();
    let input: Value = if arguments.is_empty() { json!({}) } else { serde_json::from_str(arguments).ok()? };
    Some(json!({"type": "tool_use", "id": call["id"], "name": function["name"], "input": input}))
}

/// The text of a request with arguments as the chat writes them.
pub(super) fn exact(chat: &Value, mut text: String) -> String {
    let messages = chat["messages"].as_array().into_iter().flatten();
    for call in messages.flat_map(|message| message["tool_calls"].as_array().into_iter().flatten()) {
        let Some(written) = call["function"]["arguments"].as_str() else { continue };
        if let Ok(read) = serde_json::from_str::<Value>(written) {
            text = text.replace(&format!("\"input\":{read}"), &format!("\"input\":{written}"));
        }
    }
    text
}

fn tool(tool: &Value) -> Value {
    let function = &tool["function"];
    let schema = &function["parameters"];
    let schema = if schema.is_null() { json!({"type": "object", "properties": {}}) } else { schema.clone() };
    let mut written = json!({"name": function["name"], "input_schema": schema});
    for name in ["description", "strict"] {
        if !function[name].is_null() {
            written[name] = function[name].clone();
        }
    }
    written
}

fn choice(choice: &Value) -> Option<Value> {
    Some(match choice.as_str() {
        Some("auto") => json!({"type": "auto"}),
        Some("none") => json!({"type": "none"}),
        Some("required") => json!({"type": "any"}),
        Some(_) => return None,
        None => json!({"type": "tool", "name": choice["function"]["name"]}),
    })
}

/// The choice of a tool, and whether there may be several, are one member.
fn merged(request: &Map<String, Value>, said: Value) -> Value {
    let mut choice = request.get("tool_choice").cloned().unwrap_or_else(|| json!({}));
    if let (Some(choice), Value::Object(said)) = (choice.as_object_mut(), said) {
        choice.extend(said);
    }
    choice
}

fn format(format: &Value) -> Option<Value> {
    (format["type"] == "json_schema")
        .then(|| json!({"type": "json_schema", "schema": format["json_schema"]["schema"]}))
}

/// A budget is a part of the limit.
fn thinking(effort: &Value) -> Option<Value> {
    let budget = match effort.as_str()? {
        "none" => return Some(json!({"type": "disabled"})),
        "low" => 1024,
        "medium" => 2048,
        "high" => 3072,
        _ => return None,
    };
    Some(json!({"type": "enabled", "budget_tokens": budget}))
}

fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(elements) => elements.clone(),
        one => vec![one.clone()],
    }
}

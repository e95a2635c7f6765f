//! What a request of version 2 asks for, in neutral terms.

use std::borrow::Cow;

use serde_json::Value;

use super::list;
use crate::answer::{Ask, Choose, Effort, Format, Last, Tool};
use crate::provider::Call;

/// Marks around each message.
const MARKS: u64 = 4;
/// A picture, whatever its size.
const IMAGE: u64 = 256;

pub(super) fn read<'a>(call: &Call<'a>) -> Ask<'a> {
    let body = call.body;
    let messages = list(&body["messages"]);
    let mut texts: Vec<Cow<'a, str>> = Vec::new();
    messages.iter().for_each(|message| spoken(message, &mut texts));
    for member in ["tools", "documents"] {
        texts.extend(body.get(member).map(|value| Cow::Owned(value.to_string())));
    }
    let model = body["model"].as_str().unwrap_or_default();
    Ask {
        model,
        texts,
        extra_tokens: MARKS * messages.len() as u64
            + IMAGE * messages.iter().map(pictures).sum::<usize>() as u64,
        last: last(messages),
        images: messages.last().map_or(0, pictures),
        tools: list(&body["tools"]).iter().filter_map(tool).collect(),
        choose: match body["tool_choice"].as_str() {
            Some("REQUIRED") => Choose::Any,
            Some(_) => Choose::None,
            None => Choose::Auto,
        },
        parallel: true,
        format: format(&body["response_format"]),
        limit: body["max_tokens"].as_u64(),
        stop: list(&body["stop_sequences"]).iter().filter_map(Value::as_str).collect(),
        choices: 1,
        reasoning: thinks(model, &body["thinking"]),
        stream: body["stream"] == true,
    }
}

/// The form of the answer, whose schema has another name in each version.
pub(super) fn format(format: &Value) -> Format<'_> {
    if format["type"] != "json_object" {
        return Format::Text;
    }
    match format.get("json_schema").or_else(|| format.get("schema")) {
        Some(schema) => Format::Schema(schema),
        None => Format::Object,
    }
}

/// [Models that can reason](https://docs.cohere.com/docs/reasoning) do, unless told otherwise.
fn thinks(model: &str, thinking: &Value) -> Effort {
    let does = match thinking["type"].as_str() {
        Some(said) => said == "enabled",
        None => model.contains("reasoning"),
    };
    if does { Effort::Aloud } else { Effort::None }
}

fn pictures(message: &Value) -> usize {
    list(&message["content"]).iter().filter(|part| part["type"] == "image_url").count()
}

fn spoken<'a>(message: &'a Value, texts: &mut Vec<Cow<'a, str>>) {
    let mut add = |value: &'a Value| texts.extend(value.as_str().map(Cow::Borrowed));
    add(&message["content"]);
    add(&message["tool_plan"]);
    for part in list(&message["content"]) {
        add(&part["text"]);
        add(&part["thinking"]);
    }
    for call in list(&message["tool_calls"]) {
        add(&call["function"]["name"]);
        add(&call["function"]["arguments"]);
    }
    let documents = list(&message["content"]).iter().filter_map(|part| part.get("document"));
    texts.extend(documents.map(|document| Cow::Owned(document.to_string())));
}

fn last(messages: &[Value]) -> Last<'_> {
    let results = messages.iter().rev().take_while(|message| message["role"] == "tool");
    let mut results: Vec<_> = results.map(text).collect();
    if !results.is_empty() {
        results.reverse();
        return Last::Results(results);
    }
    let user = messages.iter().rev().find(|message| message["role"] == "user");
    Last::Said(user.or(messages.last()).map(text).unwrap_or_default())
}

/// What a message says, documents as JSON.
pub(super) fn text(message: &Value) -> Cow<'_, str> {
    match &message["content"] {
        Value::String(text) => Cow::Borrowed(text),
        parts => {
            let text = |part: &Value| match part.get("document") {
                Some(document) => Some(document["data"].to_string()),
                None => part["text"].as_str().map(str::to_owned),
            };
            Cow::Owned(list(parts).iter().filter_map(text).collect::<Vec<_>>().join(" "))
        }
    }
}

fn tool(tool: &Value) -> Option<Tool<'_>> {
    let function = &tool["function"];
    Some(Tool {
        name: function["name"].as_str()?,
        description: function["description"].as_str().unwrap_or_default(),
        schema: function.get("parameters"),
        is_text: false,
    })
}

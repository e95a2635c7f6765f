//! A chat in neutral terms.

use std::borrow::Cow;

use serde_json::Value;

use super::generate::format;
use super::{list, named};
use crate::answer::{Ask, Choose, Effort, Last, Tool};
use crate::provider::Call;

/// Marks around each message, as Llama's template has them.
const MARKS: u64 = 5;

pub(super) fn ask<'a>(call: &Call<'a>) -> Ask<'a> {
    let body = call.body;
    let messages = list(&body["messages"]);
    let mut texts: Vec<Cow<'a, str>> = messages.iter().map(text).collect();
    let tools = list(&body["tools"]);
    if !tools.is_empty() {
        texts.push(Cow::Owned(body["tools"].to_string()));
    }
    let is_image = |part: &&Value| part["type"] == "image_url";
    Ask {
        model: named(call),
        texts,
        extra_tokens: MARKS * (messages.len() as u64 + 1),
        last: last(messages),
        images: messages.last().map_or(0, |last| list(&last["content"]).iter().filter(is_image).count()),
        tools: tools.iter().filter_map(tool).collect(),
        choose: choose(&body["tool_choice"]),
        parallel: false,
        format: format(&body["response_format"]),
        limit: body["max_tokens"].as_u64().or_else(|| body["max_completion_tokens"].as_u64()),
        stop: list(&body["stop"]).iter().filter_map(Value::as_str).collect(),
        choices: 1,
        reasoning: Effort::None,
        stream: body["stream"] == true,
    }
}

/// A conversation as the prompt that it becomes.
pub(super) fn templated(body: &Value) -> String {
    let message = |message: &Value| {
        let role = message["role"].as_str().unwrap_or_default();
        format!("<|start_header_id|>{role}<|end_header_id|>\n\n{}<|eot_id|>", text(message))
    };
    let said: String = list(&body["messages"]).iter().map(message).collect();
    format!("<|begin_of_text|>{said}<|start_header_id|>assistant<|end_header_id|>\n\n")
}

fn last(messages: &[Value]) -> Last<'_> {
    let mut results: Vec<_> =
        messages.iter().rev().take_while(|message| message["role"] == "tool").map(text).collect();
    if !results.is_empty() {
        results.reverse();
        return Last::Results(results);
    }
    let user = messages.iter().rev().find(|message| message["role"] == "user");
    Last::Said(user.or(messages.last()).map(text).unwrap_or_default())
}

/// What a message says; pictures stand in the text, calls are text where there is no other.
fn text(message: &Value) -> Cow<'_, str> {
    match &message["content"] {
        Value::String(text) => Cow::Borrowed(text),
        Value::Array(parts) => {
            let part = |part: &Value| match part["text"].as_str() {
                Some(text) => text.to_owned(),
                None => format!("![]({})", part["image_url"]["url"].as_str().unwrap_or_default()),
            };
            Cow::Owned(parts.iter().map(part).collect())
        }
        _ => Cow::Owned(message["tool_calls"].to_string()),
    }
}

fn tool(tool: &Value) -> Option<Tool<'_>> {
    let function = &tool["function"];
    Some(Tool {
        name: function["name"].as_str()?,
        description: function["description"].as_str().unwrap_or_default(),
        schema: function.get("arguments").or_else(|| function.get("parameters")),
        is_text: false,
    })
}

fn choose(choice: &Value) -> Choose<'_> {
    match choice.as_str() {
        Some("none") => Choose::None,
        Some("required") => Choose::Any,
        Some("auto") => Choose::Auto,
        Some(name) => Choose::Named(name),
        None => choice["function"]["name"].as_str().map_or(Choose::Auto, Choose::Named),
    }
}

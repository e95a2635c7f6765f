//! What is asked, in neutral terms.

use std::borrow::Cow;

use serde_json::Value;

use super::GENERATE;
use crate::answer::{Ask, Choose, Effort, Format, Last, Tool};
use crate::provider::Call;

/// Marks around each message.
const MARKS: u64 = 4;
/// A picture, whatever its size.
const IMAGE: u64 = 256;

pub(super) fn read<'a>(call: &Call<'a>) -> Ask<'a> {
    let body = call.body;
    let messages = list(&body["messages"]);
    let options = &body["options"];
    let mut texts: Vec<Cow<'a, str>> = Vec::new();
    for value in [&body["system"], &body["prompt"], &body["suffix"]] {
        texts.extend(value.as_str().map(Cow::Borrowed));
    }
    messages.iter().for_each(|message| spoken(message, &mut texts));
    texts.extend(body.get("tools").map(|tools| Cow::Owned(tools.to_string())));
    let pictures = |holder: &Value| list(&holder["images"]).len();
    let images = pictures(body) + messages.iter().map(pictures).sum::<usize>();
    Ask {
        model: body["model"].as_str().unwrap_or_default(),
        texts,
        extra_tokens: MARKS * messages.len() as u64 + IMAGE * images as u64,
        last: if call.operation == GENERATE { Last::Said(text(&body["prompt"])) } else { last(messages) },
        images: if call.operation == GENERATE { pictures(body) } else { messages.last().map_or(0, pictures) },
        tools: list(&body["tools"]).iter().filter_map(tool).collect(),
        choose: Choose::Auto,
        parallel: true,
        format: match &body["format"] {
            Value::String(format) if format == "json" => Format::Object,
            schema @ Value::Object(_) => Format::Schema(schema),
            _ => Format::Text,
        },
        limit: options["num_predict"].as_u64(),
        stop: match &options["stop"] {
            Value::String(stop) => vec![stop],
            stops => list(stops).iter().filter_map(Value::as_str).collect(),
        },
        choices: 1,
        reasoning: match &body["think"] {
            Value::Bool(true) | Value::String(_) => Effort::Aloud,
            _ => Effort::None,
        },
        stream: body["stream"] != false,
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> Cow<'_, str> {
    Cow::Borrowed(value.as_str().unwrap_or_default())
}

fn spoken<'a>(message: &'a Value, texts: &mut Vec<Cow<'a, str>>) {
    for value in [&message["content"], &message["thinking"]] {
        texts.extend(value.as_str().map(Cow::Borrowed));
    }
    for call in list(&message["tool_calls"]) {
        texts.push(Cow::Owned(call["function"].to_string()));
    }
}

fn last(messages: &[Value]) -> Last<'_> {
    let results = messages.iter().rev().take_while(|message| message["role"] == "tool");
    let mut results: Vec<_> = results.map(|message| text(&message["content"])).collect();
    if !results.is_empty() {
        results.reverse();
        return Last::Results(results);
    }
    let user = messages.iter().rev().find(|message| message["role"] == "user");
    Last::Said(user.or(messages.last()).map(|message| text(&message["content"])).unwrap_or_default())
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

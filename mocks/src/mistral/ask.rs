//! What is asked, in neutral terms.

use std::borrow::Cow;

use serde_json::Value;

use crate::answer::{Ask, Choose, Effort, Format, Last, Tool};
use crate::provider::Call;

/// An image of usual size.
const IMAGE: u64 = 1_024;

/// A request for a chat.
pub(super) fn chat<'a>(call: &Call<'a>) -> Ask<'a> {
    let body = call.body;
    let messages = list(&body["messages"]);
    let mut texts = Vec::new();
    messages.iter().for_each(|message| spoken(message, &mut texts));
    texts.extend(body.get("tools").map(|tools| Cow::Owned(tools.to_string())));
    let images = |message: &Value| list(&message["content"]).iter().filter(|chunk| is_image(chunk)).count();
    let all_images = messages.iter().map(images).sum::<usize>() as u64;
    Ask {
        texts,
        extra_tokens: IMAGE * all_images + messages.len() as u64,
        last: last(messages),
        images: messages.last().map_or(0, images),
        tools: list(&body["tools"]).iter().filter_map(tool).collect(),
        choose: choose(&body["tool_choice"]),
        parallel: body["parallel_tool_calls"] != false,
        format: format(&body["response_format"]),
        choices: body["n"].as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(1),
        reasoning: if thinks(body) { Effort::Aloud } else { Effort::None },
        ..sampled(body)
    }
}

/// A request for what stands between a prompt and a suffix.
pub(super) fn middle<'a>(call: &Call<'a>) -> Ask<'a> {
    let body = call.body;
    let text = |name: &str| body[name].as_str().map(Cow::Borrowed);
    Ask {
        texts: text("prompt").into_iter().chain(text("suffix")).collect(),
        last: Last::Said(text("prompt").unwrap_or_default()),
        ..sampled(body)
    }
}

/// What both have, and nothing besides.
fn sampled(body: &Value) -> Ask<'_> {
    Ask {
        model: body["model"].as_str().unwrap_or_default(),
        texts: Vec::new(),
        extra_tokens: 0,
        last: Last::Said(Cow::Borrowed("")),
        images: 0,
        tools: Vec::new(),
        choose: Choose::None,
        parallel: false,
        format: Format::Text,
        limit: body["max_tokens"].as_u64(),
        stop: match &body["stop"] {
            Value::String(stop) => vec![stop],
            stops => list(stops).iter().filter_map(Value::as_str).collect(),
        },
        choices: 1,
        reasoning: Effort::None,
        stream: body["stream"] == true,
    }
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Magistral thinks unless it is told not to; others where they are told to.
fn thinks(body: &Value) -> bool {
    match body["reasoning_effort"].as_str() {
        Some(effort) => effort != "none",
        None => {
            let is_magistral = body["model"].as_str().is_some_and(|model| model.contains("magistral"));
            is_magistral || body["prompt_mode"] == "reasoning"
        }
    }
}

fn is_image(chunk: &Value) -> bool {
    chunk["type"] == "image_url"
}

/// The texts of one message that are counted.
fn spoken<'a>(message: &'a Value, texts: &mut Vec<Cow<'a, str>>) {
    let mut add = |value: &'a Value| texts.extend(value.as_str().map(Cow::Borrowed));
    add(&message["content"]);
    for chunk in list(&message["content"]) {
        add(&chunk["text"]);
        list(&chunk["thinking"]).iter().for_each(|thought| add(&thought["text"]));
    }
    for call in list(&message["tool_calls"]) {
        add(&call["function"]["name"]);
        add(&call["function"]["arguments"]);
    }
}

fn last(messages: &[Value]) -> Last<'_> {
    let is_result = |message: &&Value| message["role"] == "tool";
    let mut results: Vec<_> = messages.iter().rev().take_while(is_result).map(text).collect();
    if !results.is_empty() {
        results.reverse();
        return Last::Results(results);
    }
    let user = messages.iter().rev().find(|message| message["role"] == "user");
    Last::Said(user.or(messages.last()).map(text).unwrap_or_default())
}

fn text(message: &Value) -> Cow<'_, str> {
    match &message["content"] {
        Value::String(text) => Cow::Borrowed(text),
        chunks => {
            let texts: Vec<_> = list(chunks).iter().filter_map(|chunk| chunk["text"].as_str()).collect();
            Cow::Owned(texts.join(" "))
        }
    }
}

/// A function. What Mistral runs by itself, a mock does not run.
fn tool(tool: &Value) -> Option<Tool<'_>> {
    let function = &tool["function"];
    Some(Tool {
        name: function["name"].as_str()?,
        description: function["description"].as_str().unwrap_or_default(),
        schema: function.get("parameters"),
        is_text: false,
    })
}

fn choose(choice: &Value) -> Choose<'_> {
    match choice.as_str() {
        Some("none") => Choose::None,
        Some("any" | "required") => Choose::Any,
        _ => choice["function"]["name"].as_str().map_or(Choose::Auto, Choose::Named),
    }
}

fn format(format: &Value) -> Format<'_> {
    match format["type"].as_str() {
        Some("json_object") => Format::Object,
        Some("json_schema") => Format::Schema(&format["json_schema"]["schema"]),
        _ => Format::Text,
    }
}

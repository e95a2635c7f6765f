//! A chat completion request in neutral terms.

use std::borrow::Cow;

use serde_json::Value;

use super::reasons;
use crate::answer::{Ask, Choose, Effort, Format, Last, Tool};
use crate::provider::Call;

/// Marks around each message, and before the answer, as OpenAI's cookbook counts them.
pub(super) const MARKS: u64 = 3;
/// An image at low detail, and one of a megapixel at high.
pub(super) const IMAGE: [u64; 2] = [85, 765];

/// `is_aloud`: whether models show what they think.
pub(super) fn read<'a>(call: &Call<'a>, is_aloud: bool) -> Ask<'a> {
    let body = call.body;
    let messages = list(&body["messages"]);
    let tools: Vec<Tool<'a>> = list(&body["tools"]).iter().filter_map(tool).collect();
    let mut texts = Vec::new();
    messages.iter().for_each(|message| spoken(message, &mut texts));
    texts.extend(body.get("tools").map(|tools| Cow::Owned(tools.to_string())));
    let images = messages.iter().flat_map(|message| list(&message["content"])).filter_map(image).sum::<u64>();
    let model = body["model"].as_str().unwrap_or_default();
    Ask {
        model,
        texts,
        extra_tokens: MARKS * (messages.len() as u64 + 1) + images,
        last: last(messages),
        images: messages
            .last()
            .map_or(0, |message| list(&message["content"]).iter().filter_map(image).count()),
        choose: choose(&body["tool_choice"]),
        tools,
        parallel: body["parallel_tool_calls"] != false,
        format: format(&body["response_format"]),
        limit: body["max_completion_tokens"].as_u64().or_else(|| body["max_tokens"].as_u64()),
        stop: match &body["stop"] {
            Value::String(stop) => vec![stop],
            stops => list(stops).iter().filter_map(Value::as_str).collect(),
        },
        choices: body["n"].as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(1),
        reasoning: if is_aloud {
            if body["reasoning_effort"].is_string() { Effort::Aloud } else { Effort::None }
        } else if reasons(model) {
            Effort::Silent(thought(&body["reasoning_effort"]))
        } else {
            Effort::None
        },
        stream: body["stream"] == true,
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Tokens of silent thought: the service counts them by 64.
pub(super) fn thought(effort: &Value) -> u64 {
    match effort.as_str() {
        Some("none" | "minimal") => 0,
        Some("low") => 64,
        Some("high") => 256,
        Some("xhigh") => 512,
        Some("max") => 1_024,
        _ => 128,
    }
}

/// The texts of one message that are counted.
fn spoken<'a>(message: &'a Value, texts: &mut Vec<Cow<'a, str>>) {
    let mut add = |value: &'a Value| texts.extend(value.as_str().map(Cow::Borrowed));
    add(&message["content"]);
    add(&message["name"]);
    add(&message["refusal"]);
    for part in list(&message["content"]) {
        add(&part["text"]);
        add(&part["refusal"]);
    }
    for call in list(&message["tool_calls"]) {
        add(&call["function"]["name"]);
        add(&call["function"]["arguments"]);
        add(&call["custom"]["name"]);
        add(&call["custom"]["input"]);
    }
}

/// The tokens of a part that is an image.
fn image(part: &Value) -> Option<u64> {
    (part["type"] == "image_url").then(|| IMAGE[usize::from(part["image_url"]["detail"] != "low")])
}

fn last(messages: &[Value]) -> Last<'_> {
    let is_result = |message: &&Value| message["role"] == "tool" || message["role"] == "function";
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
        parts => {
            let texts: Vec<_> = list(parts).iter().filter_map(|part| part["text"].as_str()).collect();
            Cow::Owned(texts.join(" "))
        }
    }
}

fn tool(tool: &Value) -> Option<Tool<'_>> {
    let is_text = tool["type"] == "custom";
    let definition = if is_text { &tool["custom"] } else { &tool["function"] };
    Some(Tool {
        name: definition["name"].as_str()?,
        description: definition["description"].as_str().unwrap_or_default(),
        schema: definition.get("parameters"),
        is_text,
    })
}

fn choose(choice: &Value) -> Choose<'_> {
    match choice.as_str() {
        Some("none") => return Choose::None,
        Some("required") => return Choose::Any,
        _ => {}
    }
    if let Some(allowed) = choice.get("allowed_tools") {
        let names = list(&allowed["tools"]).iter().filter_map(named).collect();
        return Choose::Among(names, allowed["mode"] == "required");
    }
    named(choice).map_or(Choose::Auto, Choose::Named)
}

/// The tool that a choice names.
fn named(choice: &Value) -> Option<&str> {
    choice["function"]["name"].as_str().or_else(|| choice["custom"]["name"].as_str())
}

fn format(format: &Value) -> Format<'_> {
    match format["type"].as_str() {
        Some("json_object") => Format::Object,
        Some("json_schema") => match format["json_schema"].get("schema") {
            Some(schema) => Format::Schema(schema),
            None => Format::Object,
        },
        _ => Format::Text,
    }
}

//! A Messages request in neutral terms.

use std::borrow::Cow;

use serde_json::Value;

use crate::answer::{Ask, Choose, Effort, Format, Last, Tool};
use crate::provider::Call;

/// An image of a megapixel: its width times its height over 750.
const IMAGE: u64 = 1_590;
/// Marks around each message, and before the answer.
const MARKS: u64 = 3;

pub(super) fn read<'a>(call: &Call<'a>) -> Ask<'a> {
    let body = call.body;
    let messages = list(&body["messages"]);
    let mut texts = Vec::new();
    spoken(&body["system"], &mut texts);
    messages.iter().for_each(|message| spoken(&message["content"], &mut texts));
    texts.extend(body.get("tools").map(|tools| Cow::Owned(tools.to_string())));
    let images: usize = messages.iter().map(|message| images(&message["content"])).sum();
    Ask {
        model: body["model"].as_str().unwrap_or_default(),
        texts,
        extra_tokens: MARKS * (messages.len() as u64 + 1) + IMAGE * images as u64,
        last: last(messages),
        images: messages.last().map_or(0, |message| self::images(&message["content"])),
        tools: list(&body["tools"]).iter().filter_map(tool).collect(),
        choose: match body["tool_choice"]["type"].as_str() {
            Some("any") => Choose::Any,
            Some("none") => Choose::None,
            Some("tool") => Choose::Named(body["tool_choice"]["name"].as_str().unwrap_or_default()),
            _ => Choose::Auto,
        },
        parallel: body["tool_choice"]["disable_parallel_tool_use"] != true,
        format: schema(body).map_or(Format::Text, Format::Schema),
        limit: body["max_tokens"].as_u64(),
        stop: list(&body["stop_sequences"]).iter().filter_map(Value::as_str).collect(),
        choices: 1,
        reasoning: match body["thinking"]["type"].as_str() {
            Some("enabled" | "adaptive" | "between_tools") => Effort::Aloud,
            _ => Effort::None,
        },
        stream: body["stream"] == true,
    }
}

/// The schema of the answer, as it is asked for now, or as it was in its beta.
fn schema(body: &Value) -> Option<&Value> {
    [&body["output_config"]["format"], &body["output_format"]]
        .into_iter()
        .find_map(|format| format.get("schema"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The texts of a content that are counted: its own, those of tool results, and what tools were called with.
fn spoken<'a>(content: &'a Value, texts: &mut Vec<Cow<'a, str>>) {
    texts.extend(content.as_str().map(Cow::Borrowed));
    for block in list(content) {
        let known = ["text", "thinking", "name"].iter().filter_map(|member| block[*member].as_str());
        texts.extend(known.map(Cow::Borrowed));
        texts.extend(block.get("input").map(|input| Cow::Owned(input.to_string())));
        spoken(&block["content"], texts);
    }
}

/// How many images a content holds, those in tool results included.
fn images(content: &Value) -> usize {
    let of = |block: &Value| usize::from(block["type"] == "image") + images(&block["content"]);
    list(content).iter().map(of).sum()
}

fn last(messages: &[Value]) -> Last<'_> {
    let user = messages.iter().rev().find(|message| message["role"] == "user").or(messages.last());
    let Some(content) = user.map(|message| &message["content"]) else { return Last::Said(Cow::Borrowed("")) };
    let results = list(content).iter().filter(|block| block["type"] == "tool_result");
    let results: Vec<_> = results.map(|block| text(&block["content"])).collect();
    if results.is_empty() { Last::Said(text(content)) } else { Last::Results(results) }
}

fn text(content: &Value) -> Cow<'_, str> {
    match content {
        Value::String(text) => Cow::Borrowed(text),
        blocks => {
            let texts: Vec<_> = list(blocks).iter().filter_map(|block| block["text"].as_str()).collect();
            Cow::Owned(texts.join(" "))
        }
    }
}

/// A tool that the client runs; those of the service are not the mock's to call.
fn tool(tool: &Value) -> Option<Tool<'_>> {
    Some(Tool {
        name: tool["name"].as_str()?,
        description: tool["description"].as_str().unwrap_or_default(),
        schema: Some(tool.get("input_schema")?),
        is_text: false,
    })
}

//! A Converse request in neutral terms.

use std::borrow::Cow;

use serde_json::Value;

use crate::answer::{Ask, Choose, Effort, Format, Last, Tool};
use crate::provider::Call;

/// An image of a megapixel, as Claude counts it.
const IMAGE: u64 = 1_590;
/// Marks around each message, and before the answer.
const MARKS: u64 = 3;

pub(super) fn read<'a>(call: &Call<'a>) -> Ask<'a> {
    let body = call.body;
    let messages = list(&body["messages"]);
    let mut texts = Vec::new();
    spoken(&body["system"], &mut texts);
    messages.iter().for_each(|message| spoken(&message["content"], &mut texts));
    texts.extend(body.get("toolConfig").map(|tools| Cow::Owned(tools["tools"].to_string())));
    let pictures: usize = messages.iter().map(|message| images(&message["content"])).sum();
    let more = &body["additionalModelRequestFields"];
    Ask {
        // Replies do not name the model, so it stays as the path has it.
        model: call.request.path.split('/').nth(2).unwrap_or_default(),
        texts,
        extra_tokens: MARKS * (messages.len() as u64 + 1) + IMAGE * pictures as u64,
        last: last(messages),
        images: messages.last().map_or(0, |message| images(&message["content"])),
        tools: list(&body["toolConfig"]["tools"]).iter().filter_map(tool).collect(),
        choose: choose(&body["toolConfig"]["toolChoice"]),
        parallel: more["tool_choice"]["disable_parallel_tool_use"] != true,
        format: body["outputConfig"]["textFormat"]["structure"]["jsonSchema"]["schema"]
            .as_str()
            .map_or(Format::Text, Format::Written),
        limit: body["inferenceConfig"]["maxTokens"].as_u64(),
        stop: list(&body["inferenceConfig"]["stopSequences"]).iter().filter_map(Value::as_str).collect(),
        choices: 1,
        reasoning: effort(more),
        stream: call.operation == super::STREAM,
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The texts of blocks that are counted: their own, those of tool results, and what tools were called with.
fn spoken<'a>(blocks: &'a Value, texts: &mut Vec<Cow<'a, str>>) {
    for block in list(blocks) {
        let reasoning = &block["reasoningContent"]["reasoningText"]["text"];
        let call = &block["toolUse"];
        let known = [&block["text"], reasoning, &call["name"], &block["guardContent"]["text"]["text"]];
        texts.extend(known.into_iter().filter_map(Value::as_str).map(Cow::Borrowed));
        texts.extend(call.get("input").or(block.get("json")).map(|json| Cow::Owned(json.to_string())));
        spoken(&block["toolResult"]["content"], texts);
    }
}

/// How many images blocks hold, those in tool results included.
fn images(blocks: &Value) -> usize {
    let of =
        |block: &Value| usize::from(block.get("image").is_some()) + images(&block["toolResult"]["content"]);
    list(blocks).iter().map(of).sum()
}

fn last(messages: &[Value]) -> Last<'_> {
    let user = messages.iter().rev().find(|message| message["role"] == "user").or(messages.last());
    let Some(content) = user.map(|message| &message["content"]) else { return Last::Said(Cow::Borrowed("")) };
    let results = list(content).iter().filter_map(|block| block.get("toolResult"));
    let results: Vec<_> = results.map(|result| text(&result["content"])).collect();
    if results.is_empty() { Last::Said(text(content)) } else { Last::Results(results) }
}

fn text(blocks: &Value) -> Cow<'_, str> {
    let said = |block: &Value| match (&block["text"], block.get("json")) {
        (Value::String(text), _) => Some(text.clone()),
        (_, json) => json.map(Value::to_string),
    };
    match list(blocks) {
        [one] if one["text"].is_string() => Cow::Borrowed(one["text"].as_str().unwrap_or_default()),
        many => Cow::Owned(many.iter().filter_map(said).collect::<Vec<_>>().join(" ")),
    }
}

/// A tool that the client runs; those of the service are not the mock's to call.
fn tool(tool: &Value) -> Option<Tool<'_>> {
    let spec = tool.get("toolSpec")?;
    Some(Tool {
        name: spec["name"].as_str()?,
        description: spec["description"].as_str().unwrap_or_default(),
        schema: spec["inputSchema"].get("json"),
        is_text: false,
    })
}

fn choose(choice: &Value) -> Choose<'_> {
    match (choice.get("any"), choice["tool"]["name"].as_str()) {
        (Some(_), _) => Choose::Any,
        (None, Some(name)) => Choose::Named(name),
        (None, None) => Choose::Auto,
    }
}

/// Claude's `thinking` and Nova's `reasoningConfig`.
fn effort(more: &Value) -> Effort {
    let thinks = matches!(more["thinking"]["type"].as_str(), Some("enabled" | "adaptive"));
    let reasons = more["reasoningConfig"]["type"] == "enabled";
    if thinks || reasons { Effort::Aloud } else { Effort::None }
}

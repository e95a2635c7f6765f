//! A request for a response in neutral terms.

use std::borrow::Cow;

use serde_json::Value;

use super::conversation::Conversation;
use super::list;
use crate::answer::{Ask, Choose, Effort, Format, Last, Tool};
use crate::openai::ask::{IMAGE, MARKS, thought};
use crate::openai::reasons;
use crate::provider::Call;

pub(super) fn read<'a>(call: &Call<'a>) -> Ask<'a> {
    let body = call.body;
    // Where something is missing, the request was refused already, or is answered all the same.
    let conversation = Conversation::of(call).unwrap_or_default();
    let mut texts: Vec<Cow<'a, str>> = Vec::new();
    texts.extend(body["instructions"].as_str().map(Cow::Borrowed));
    conversation.items().for_each(|item| spoken(item, &mut texts));
    texts.extend(body.get("tools").map(|tools| Cow::Owned(tools.to_string())));
    let images = conversation.items().flat_map(|item| list(&item["content"])).filter_map(image).sum::<u64>();
    let model = body["model"].as_str().unwrap_or_default();
    Ask {
        model,
        texts,
        extra_tokens: MARKS * (conversation.items().count() as u64 + 1) + images,
        images: last_said(&conversation)
            .map_or(0, |item| list(&item["content"]).iter().filter_map(image).count()),
        last: last(&conversation),
        tools: list(&body["tools"]).iter().filter_map(tool).collect(),
        choose: choose(&body["tool_choice"]),
        parallel: body["parallel_tool_calls"] != false,
        format: format(&body["text"]["format"]),
        limit: body["max_output_tokens"].as_u64(),
        stop: Vec::new(),
        choices: 1,
        reasoning: match reasons(model) {
            true => Effort::Silent(thought(&body["reasoning"]["effort"])),
            false => Effort::None,
        },
        stream: body["stream"] == true,
    }
}

/// The texts of one item that are counted.
fn spoken(item: &Value, texts: &mut Vec<Cow<'_, str>>) {
    let mut add = |value: &Value| texts.extend(value.as_str().map(|text| Cow::Owned(text.to_owned())));
    for member in ["name", "arguments", "input", "output", "code", "result"] {
        add(&item[member]);
    }
    for part in ["content", "output", "summary"].iter().flat_map(|member| list(&item[*member])) {
        add(&part["text"]);
        add(&part["refusal"]);
    }
}

/// The tokens of a part that is an image.
fn image(part: &Value) -> Option<u64> {
    (part["type"] == "input_image").then(|| IMAGE[usize::from(part["detail"] != "low")])
}

fn last_said(conversation: &Conversation) -> Option<&Value> {
    conversation.items().rev().find(|item| item["role"] == "user")
}

fn last<'a>(conversation: &Conversation) -> Last<'a> {
    let is_result = |item: &&Value| item["type"].as_str().is_some_and(|kind| kind.ends_with("call_output"));
    let mut results: Vec<_> =
        conversation.items().rev().take_while(is_result).map(|item| text(&item["output"])).collect();
    if !results.is_empty() {
        results.reverse();
        return Last::Results(results);
    }
    let said = last_said(conversation).or_else(|| conversation.items().next_back());
    Last::Said(said.map(|item| text(&item["content"])).unwrap_or_default())
}

fn text<'a>(content: &Value) -> Cow<'a, str> {
    match content {
        Value::String(text) => Cow::Owned(text.clone()),
        parts => {
            let texts: Vec<_> = list(parts).iter().filter_map(|part| part["text"].as_str()).collect();
            Cow::Owned(texts.join(" "))
        }
    }
}

fn tool(tool: &Value) -> Option<Tool<'_>> {
    let is_text = tool["type"] == "custom";
    (is_text || tool["type"] == "function").then_some(())?;
    Some(Tool {
        name: tool["name"].as_str()?,
        description: tool["description"].as_str().unwrap_or_default(),
        schema: tool.get("parameters").filter(|schema| schema.is_object()),
        is_text,
    })
}

fn choose(choice: &Value) -> Choose<'_> {
    match (choice.as_str(), choice["type"].as_str()) {
        (Some("none"), _) => Choose::None,
        (Some("required"), _) => Choose::Any,
        (_, Some("function" | "custom")) => choice["name"].as_str().map_or(Choose::Auto, Choose::Named),
        (_, Some("allowed_tools")) => {
            let names = list(&choice["tools"]).iter().filter_map(|tool| tool["name"].as_str()).collect();
            Choose::Among(names, choice["mode"] == "required")
        }
        // A tool of the service's own.
        (_, Some(_)) => Choose::None,
        _ => Choose::Auto,
    }
}

fn format(format: &Value) -> Format<'_> {
    match format["type"].as_str() {
        Some("json_object") => Format::Object,
        Some("json_schema") => format.get("schema").map_or(Format::Object, Format::Schema),
        _ => Format::Text,
    }
}

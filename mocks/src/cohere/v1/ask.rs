//! What requests of version 1 ask for, in neutral terms.

use std::borrow::Cow;

use serde_json::Value;

use crate::answer::{Ask, Choose, Effort, Format, Last, Tool};
use crate::cohere::{ask, list};
use crate::provider::Call;

/// Marks around each message.
const MARKS: u64 = 4;

pub(in crate::cohere) fn chat<'a>(call: &Call<'a>) -> Ask<'a> {
    let body = call.body;
    let mut texts: Vec<Cow<'a, str>> = Vec::new();
    let mut add = |value: &'a Value| texts.extend(value.as_str().map(Cow::Borrowed));
    add(&body["preamble"]);
    add(&body["message"]);
    list(&body["chat_history"]).iter().for_each(|turn| add(&turn["message"]));
    for member in ["tools", "tool_results", "documents"] {
        texts.extend(body.get(member).map(|value| Cow::Owned(value.to_string())));
    }
    Ask {
        extra_tokens: MARKS * (1 + list(&body["chat_history"]).len() as u64),
        last: last(body),
        tools: list(&body["tools"]).iter().filter_map(tool).collect(),
        choose: Choose::Auto,
        parallel: true,
        format: ask::format(&body["response_format"]),
        choices: 1,
        ..plain(call, texts)
    }
}

pub(in crate::cohere) fn generate<'a>(call: &Call<'a>) -> Ask<'a> {
    let body = call.body;
    let prompt = Cow::Borrowed(body["prompt"].as_str().unwrap_or_default());
    let choices = body["num_generations"].as_u64().and_then(|count| usize::try_from(count).ok());
    Ask { last: Last::Said(prompt.clone()), choices: choices.unwrap_or(1), ..plain(call, vec![prompt]) }
}

fn plain<'a>(call: &Call<'a>, texts: Vec<Cow<'a, str>>) -> Ask<'a> {
    let body = call.body;
    let stops = ["stop_sequences", "end_sequences"].into_iter().flat_map(|name| list(&body[name]));
    Ask {
        model: body["model"].as_str().unwrap_or_default(),
        texts,
        extra_tokens: 0,
        last: Last::Said("".into()),
        images: 0,
        tools: Vec::new(),
        choose: Choose::None,
        parallel: false,
        format: Format::Text,
        limit: body["max_tokens"].as_u64(),
        stop: stops.filter_map(Value::as_str).collect(),
        choices: 1,
        reasoning: Effort::None,
        stream: body["stream"] == true,
    }
}

fn last(body: &Value) -> Last<'_> {
    let results = list(&body["tool_results"]);
    if !results.is_empty() {
        return Last::Results(
            results.iter().map(|result| Cow::Owned(result["outputs"].to_string())).collect(),
        );
    }
    Last::Said(Cow::Borrowed(body["message"].as_str().unwrap_or_default()))
}

/// Its parameters are defined in no JSON Schema: [`super::own`] fills them.
fn tool(tool: &Value) -> Option<Tool<'_>> {
    Some(Tool {
        name: tool["name"].as_str()?,
        description: tool["description"].as_str().unwrap_or_default(),
        schema: None,
        is_text: false,
    })
}

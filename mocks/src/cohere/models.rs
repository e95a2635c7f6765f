//! [Models](https://docs.cohere.com/reference/list-models), in pages.

use serde_json::{Value, json};

use super::check;
use crate::provider::Call;
use crate::script::Failure;

pub(super) const LIST: &str = "listModels";
pub(super) const GET: &str = "getModel";

/// What is listed where the options name no models, what each is for, and its context.
const KNOWN: [(&str, &[&str], u32); 8] = [
    ("command-a-03-2025", &["chat"], 288_000),
    ("command-a-reasoning-08-2025", &["chat"], 288_768),
    ("command-a-vision-07-2025", &["chat"], 128_000),
    ("command-r7b-12-2024", &["chat"], 132_000),
    ("command-r-plus-08-2024", &["generate", "chat", "summarize"], 132_096),
    ("embed-v4.0", &["embed"], 8_192),
    ("embed-multilingual-v3.0", &["embed"], 512),
    ("rerank-v3.5", &["rerank"], 4_096),
];

/// How many are on a page where the request does not say.
const PAGE: usize = 20;

/// The answer to what is no question for a model.
pub(super) fn answer(call: &Call<'_>) -> Result<Value, Failure> {
    let known: Vec<Value> = match call.models {
        Some(models) => models.iter().map(|name| shown(name)).collect(),
        None => KNOWN.iter().map(|(name, ..)| shown(name)).collect(),
    };
    if call.operation == GET {
        let wanted = call.found.and_then(|found| found.parameter("model")).unwrap_or_default();
        return known
            .into_iter()
            .find(|model| model["name"] == *wanted)
            .ok_or_else(|| check::absent(&wanted));
    }
    let fits = |model: &Value| {
        parameter(call, "endpoint").is_none_or(|wanted| holds(&model["endpoints"], wanted))
            && (parameter(call, "default_only") != Some("true") || model["default_endpoints"] != json!([]))
    };
    let fitting: Vec<Value> = known.into_iter().filter(fits).collect();
    let number = |name: &str| parameter(call, name).and_then(|value| value.parse::<usize>().ok());
    let start = number("page_token").unwrap_or(0).min(fitting.len());
    let end = start.saturating_add(number("page_size").unwrap_or(PAGE).max(1)).min(fitting.len());
    let mut page = json!({ "models": fitting[start..end] });
    if end < fitting.len() {
        page["next_page_token"] = end.to_string().into();
    }
    Ok(page)
}

fn parameter<'a>(call: &Call<'a>, name: &str) -> Option<&'a str> {
    let mut pairs = call.request.query.as_deref()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
}

fn holds(list: &Value, wanted: &str) -> bool {
    super::list(list).iter().any(|value| value == wanted)
}

fn shown(name: &str) -> Value {
    let (endpoints, context): (&[&str], u32) = KNOWN
        .iter()
        .find(|(known, ..)| *known == name)
        .map_or((&["chat"], 128_000), |(_, endpoints, context)| (endpoints, *context));
    let first = KNOWN.iter().find(|(_, known, _)| known[0] == endpoints[0]);
    let is_default = first.is_some_and(|(known, ..)| *known == name);
    json!({
        "name": name,
        "is_deprecated": false,
        "endpoints": endpoints,
        "finetuned": false,
        "context_length": context,
        "tokenizer_url": format!("https://storage.googleapis.com/cohere-public/tokenizers/{name}.json"),
        "default_endpoints": if is_default { endpoints } else { &[] },
        "features": if endpoints.contains(&"chat") { json!(["chat-completions", "tools", "json_mode"]) } else { json!([]) },
    })
}

//! `generationConfig`: sampling, form of the answer, thinking.
//!
//! <https://ai.google.dev/api/generate-content#generationconfig>

use serde::Deserialize;
use serde_json::value::RawValue;

use super::native::Native;
use crate::call::{Losses, Options};
use crate::json::Object;
use crate::openai::{Chat, ResponseFormat, Stop};

/// Writes `generationConfig`, if there is any.
pub(super) fn write(
    chat: &Chat<'_>,
    options: &Options<'_>,
    model: &str,
    native: &Native<'_>,
    losses: &mut Losses,
    body: &mut Object<'_>,
) {
    let mut written = Vec::new();
    {
        let config = &mut Object::new(&mut written);
        sampling(chat, options, config);
        format(chat, losses, config);
        thinking(chat, model, losses, config);
        native.config().for_each(|(name, value)| {
            config.foreign(name).extend_from_slice(value.get().as_bytes());
        });
    }
    if written != b"{}" {
        body.member("generationConfig").extend_from_slice(&written);
    }
}

fn sampling(chat: &Chat<'_>, options: &Options<'_>, config: &mut Object<'_>) {
    if let Some(limit) = options.max_tokens(chat.max_tokens) {
        config.number("maxOutputTokens", limit.into());
    }
    let numbers = [
        ("temperature", options.temperature(chat.temperature)),
        ("topP", options.top_p(chat.top_p)),
        ("topK", options.top_k(chat.top_k)),
    ];
    for (name, value) in numbers {
        if let Some(value) = value {
            value.write(config.member(name));
        }
    }
    let stop = chat.stop.as_ref().map(Stop::strings).unwrap_or_default();
    if !stop.is_empty() {
        let mut sequences = config.array("stopSequences");
        stop.iter().for_each(|text| sequences.text(*text));
    }
    if let Some(n) = chat.n.filter(|n| *n != 1) {
        config.number("candidateCount", n.into());
    }
    for (ours, theirs) in CARRIED {
        if let Some(value) = chat.other(ours) {
            config.raw(theirs, value.get());
        }
    }
}

/// Members that only have another name.
pub(super) const CARRIED: &[(&str, &str)] = &[
    ("seed", "seed"),
    ("frequency_penalty", "frequencyPenalty"),
    ("presence_penalty", "presencePenalty"),
    ("logprobs", "responseLogprobs"),
    ("top_logprobs", "logprobs"),
];

fn format(chat: &Chat<'_>, losses: &mut Losses, config: &mut Object<'_>) {
    match &chat.response_format {
        None | Some(ResponseFormat::Text) => (),
        Some(ResponseFormat::JsonObject) => config.word("responseMimeType", "application/json"),
        Some(ResponseFormat::JsonSchema(format)) => {
            config.word("responseMimeType", "application/json");
            if format.description.is_some() {
                losses.drop("response_format.json_schema.description");
            }
            if let Some(schema) = format.schema {
                config.raw("responseJsonSchema", schema.get());
            }
        }
    }
}

/// How much to think: Gemini 3 knows levels, those before it a budget in tokens, of which Google's own OpenAI-compatible
/// endpoint makes the same. Thoughts are shown where thinking was asked for.
fn thinking(chat: &Chat<'_>, model: &str, losses: &mut Losses, config: &mut Object<'_>) {
    #[derive(Deserialize)]
    struct Thinking {
        budget_tokens: Option<u64>,
    }
    let own: Option<Thinking> =
        chat.thinking.and_then(|thinking: &RawValue| serde_json::from_str(thinking.get()).ok());
    if let Some(budget) = own.and_then(|own| own.budget_tokens) {
        let mut thinking = config.object("thinkingConfig");
        thinking.number("thinkingBudget", budget);
        return thinking.boolean("includeThoughts", true);
    }
    if chat.thinking.is_some() {
        losses.drop("thinking");
    }
    let Some(effort) = chat.reasoning_effort else { return };
    let effort = effort.plain();
    let has_levels = model.trim_start_matches("models/").starts_with("gemini-3");
    let mut thinking = config.object("thinkingConfig");
    match (has_levels, &*effort) {
        (true, "none") => {
            // It cannot be switched off.
            losses.drop("reasoning_effort");
            thinking.word("thinkingLevel", "MINIMAL");
        }
        (true, "minimal") => thinking.word("thinkingLevel", "MINIMAL"),
        (true, "low") => thinking.word("thinkingLevel", "LOW"),
        (true, "medium") => thinking.word("thinkingLevel", "MEDIUM"),
        (true, _) => thinking.word("thinkingLevel", "HIGH"),
        (false, "none") => thinking.number("thinkingBudget", 0),
        (false, "minimal" | "low") => thinking.number("thinkingBudget", 1024),
        (false, "medium") => thinking.number("thinkingBudget", 8192),
        (false, _) => thinking.number("thinkingBudget", 24_576),
    }
    thinking.boolean("includeThoughts", effort != "none");
}

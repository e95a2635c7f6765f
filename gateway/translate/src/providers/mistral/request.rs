//! OpenAI's chat request as Mistral's.
//!
//! What is not carried as it is, and why:
//!
//! | member | what becomes of it |
//! |---|---|
//! | `functions`, spoken answers, custom tools | refused: there is no such thing |
//! | `max_completion_tokens`, `seed` | `max_tokens`, `random_seed` |
//! | `temperature` above 1.5 | 1.5, and named: OpenAI's scale ends at 2 |
//! | `tool_choice` `required`, or some functions | `any`; only those are offered |
//! | ids of calls | 9 letters and digits, made of those that are not |
//! | a system message behind an answer or a result | moved to the front, and named: its place is lost |
//! | a user's message right behind a result | stays where it is: Mistral answers 400, and only the client knows what to say between |
//! | an assistant's message at the end | a `prefix`, which the answer goes on with |
//! | `safe_prompt`, `prompt_mode`, `guardrails`, … | Mistral's own, carried where the client sends them, also in `extra_body` |
//! | `stream_options` | nothing: usage always comes |
//! | `user`, `logit_bias`, `store`, … | dropped |

use serde::Deserialize;

use super::{messages, native, tools};
use crate::call::{Losses, Options};
use crate::json::Object;
use crate::openai::{Chat, Number, ResponseFormat, Stop};
use crate::{Error, Text};

const PREDICTION: &str = "prediction";

/// Mistral's scale of `temperature` ends here.
const HOTTEST: f64 = 1.5;

/// Writes the body of a request to `out`.
pub(in crate::providers) fn write(
    chat: &Chat<'_>,
    options: &Options<'_>,
    (model, stream): (&str, bool),
    losses: &mut Losses,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    chat.plain_choices()?;
    let body = &mut Object::new(out);
    body.string("model", model);
    messages::write(chat, losses, body)?;
    tools::write(chat, losses, body)?;
    sampling(chat, options, losses, body);
    format(chat, body);
    reasoning(chat, losses, body);
    service_tier(chat, losses, body);
    let others = chat.others.iter().filter(|member| member.name != PREDICTION);
    native::write(others, native::CHAT, losses, body);
    if chat.user.is_some() {
        losses.drop("user");
    }
    if chat.stream_options.include_obfuscation == Some(true) {
        losses.drop("stream_options.include_obfuscation");
    }
    if stream {
        body.boolean("stream", true);
    }
    Ok(())
}

fn sampling(chat: &Chat<'_>, options: &Options<'_>, losses: &mut Losses, body: &mut Object<'_>) {
    if let Some(limit) = options.max_tokens(chat.max_tokens) {
        body.number("max_tokens", limit.into());
    }
    let numbers = [
        ("temperature", temperature(options.temperature(chat.temperature), losses)),
        ("top_p", options.top_p(chat.top_p)),
        ("top_k", options.top_k(chat.top_k)),
    ];
    for (name, value) in numbers {
        if let Some(value) = value {
            value.write(body.member(name));
        }
    }
    if let Some(words) = &chat.stop {
        stop(words, body);
    }
    if let Some(n) = chat.n.filter(|n| *n != 1) {
        body.number("n", n.into());
    }
}

/// What is asked for, as far as Mistral's scale goes.
pub(super) fn temperature<'a>(asked: Option<Number<'a>>, losses: &mut Losses) -> Option<Number<'a>> {
    let hotter = asked.filter(|value| value.value() > HOTTEST);
    if hotter.is_some() {
        losses.drop("temperature");
    }
    hotter.map(|_| Number::Value(HOTTEST)).or(asked)
}

/// Writes where to stop.
pub(super) fn stop(stop: &Stop<'_>, body: &mut Object<'_>) {
    match stop {
        Stop::One(text) => body.text("stop", *text),
        Stop::Many(texts) if texts.is_empty() => (),
        Stop::Many(texts) => {
            let mut strings = body.array("stop");
            texts.iter().for_each(|text| strings.text(*text));
        }
    }
}

fn format(chat: &Chat<'_>, body: &mut Object<'_>) {
    match &chat.response_format {
        None | Some(ResponseFormat::Text) => (),
        Some(ResponseFormat::JsonObject) => body.object("response_format").string("type", "json_object"),
        Some(ResponseFormat::JsonSchema(format)) => {
            let mut written = body.object("response_format");
            written.string("type", "json_schema");
            let mut schema = written.object("json_schema");
            schema.text("name", format.name);
            if let Some(description) = format.description {
                schema.text("description", description);
            }
            schema.raw("schema", format.schema.map_or("{}", |schema| schema.get()));
            if let Some(strict) = format.strict {
                schema.boolean("strict", strict);
            }
        }
    }
}

fn reasoning(chat: &Chat<'_>, losses: &mut Losses, body: &mut Object<'_>) {
    const EFFORTS: &[&str] = &["none", "minimal", "low", "medium", "high", "xhigh", "max"];
    if chat.thinking.is_some() {
        losses.drop("thinking");
    }
    match chat.reasoning_effort {
        Some(effort) if EFFORTS.contains(&&*effort.plain()) => body.text("reasoning_effort", effort),
        Some(_) => losses.drop("reasoning_effort"),
        None => (),
    }
    if let Some(prediction) = chat.other(PREDICTION) {
        match serde_json::from_str::<Prediction<'_>>(prediction.get()) {
            Ok(Prediction { content: Predicted::Text(text) }) => predict(&[text], body),
            Ok(Prediction { content: Predicted::Parts(parts) }) => {
                predict(&parts.iter().map(|part| part.text).collect::<Vec<_>>(), body);
            }
            Err(_) => losses.drop(PREDICTION),
        }
    }
}

fn predict(texts: &[Text<'_>], body: &mut Object<'_>) {
    let mut prediction = body.object("prediction");
    prediction.string("type", "content");
    let out = prediction.member("content");
    out.push(b'"');
    texts.iter().for_each(|text| text.write_inner(out));
    out.push(b'"');
}

/// OpenAI's `prediction`, whose content is a text or a list of texts.
#[derive(Deserialize)]
struct Prediction<'a> {
    #[serde(borrow)]
    content: Predicted<'a>,
}

enum Predicted<'a> {
    Text(Text<'a>),
    Parts(Vec<Part<'a>>),
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow)]
    text: Text<'a>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Predicted<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&serde_json::value::RawValue>::deserialize(deserializer)?.get();
        let parts = || serde_json::from_str(json).map(Self::Parts).map_err(serde::de::Error::custom);
        Text::token(json).map_or_else(parts, |text| Ok(Self::Text(text)))
    }
}

/// Mistral has two: its own choice, and that of no other than the standard one.
fn service_tier(chat: &Chat<'_>, losses: &mut Losses, body: &mut Object<'_>) {
    let Some(tier) = chat.service_tier else { return };
    match &*tier.plain() {
        "auto" => (),
        "default" | "standard_only" => body.string("service_tier", "standard_only"),
        _ => losses.drop("service_tier"),
    }
}

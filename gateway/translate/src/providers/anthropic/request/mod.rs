//! OpenAI's chat request as a Messages request.
//!
//! What is not carried, and why:
//!
//! | member | what becomes of it |
//! |---|---|
//! | `n` above 1, `functions`, spoken answers, spoken input, custom tools, uploaded files | refused: there is no such thing |
//! | `response_format` `json_object` | dropped: only schemas can be enforced, and OpenAI wants the prompt to ask for JSON as well |
//! | `temperature` above 1 | 1, and named: the scale ends there |
//! | `temperature`, `top_p`, `top_k` | dropped where the version or the model refuses them |
//! | a system message after the first turn | stays where the model and its neighbours allow it; else it moves to the system prompt, and is named |
//! | `name`, `seed`, `logprobs`, `logit_bias`, penalties, `metadata`, … | dropped |

mod blocks;
pub(super) mod complete;
mod tools;
mod turns;

use crate::call::{Losses, Options};
use crate::json::Object;
use crate::openai::{Chat, ResponseFormat};
use crate::providers::claude::{Claude, Reasoning, Sampling};
use crate::{Error, Text};

/// What is asked for when the client named no limit, which Anthropic must have. Every model takes it.
const MAX_TOKENS: u32 = 4096;
/// The longest `metadata.user_id`, in characters.
const USER_LIMIT: usize = 512;

/// What stands around a message.
#[derive(Clone, Copy)]
pub(super) struct Envelope<'a> {
    /// Whether it is of the newest version, which takes no sampling parameters.
    pub(super) newest: bool,
    /// The version, where the body names it, and the path names the model.
    pub(super) version: Option<&'a str>,
}

/// Writes the body; returns the model, and whether the reply will stream.
pub(super) fn write(
    chat: &Chat<'_>,
    options: &Options<'_>,
    envelope: Envelope<'_>,
    losses: &mut Losses,
    out: &mut Vec<u8>,
) -> Result<(String, bool), Error> {
    chat.plain()?;
    chat.others.iter().for_each(|member| losses.drop(&*member.name));
    let (model, stream) = (options.model(chat.model)?, options.stream(chat.stream));
    let claude = Claude::of(&model);
    let limit = options.max_tokens(chat.max_tokens);
    let reasoning = Reasoning::new(chat, claude, limit, losses)?;
    {
        let mut body = Object::new(out);
        match envelope.version {
            None => body.string("model", &model),
            Some(version) => body.string("anthropic_version", version),
        }
        body.number("max_tokens", limit.unwrap_or(MAX_TOKENS.saturating_add(reasoning.budget())).into());
        body.boolean("stream", stream);
        reasoning.write(&mut body);
        output_config(chat, &reasoning, losses, &mut body);
        let asked = Sampling::asked(chat, options, losses);
        let sampling = if envelope.newest {
            asked.nothing(losses)
        } else {
            asked.of(claude, reasoning.thinks(), losses)
        };
        write_sampling(&sampling, &mut body);
        stop(chat, losses, &mut body);
        account(chat, losses, &mut body);
        turns::write(chat, claude, losses, &mut body)?;
        tools::write(chat, losses, &mut body)?;
    }
    Ok((model, stream))
}

fn output_config(chat: &Chat<'_>, reasoning: &Reasoning<'_>, losses: &mut Losses, body: &mut Object<'_>) {
    let schema = match &chat.response_format {
        Some(ResponseFormat::JsonSchema(format)) if format.schema.is_some() => {
            if format.description.is_some() {
                losses.drop("response_format.json_schema.description");
            }
            format.schema
        }
        Some(ResponseFormat::JsonSchema(_) | ResponseFormat::JsonObject) => {
            losses.drop("response_format");
            None
        }
        Some(ResponseFormat::Text) | None => None,
    };
    let effort = reasoning.effort();
    if schema.is_none() && effort.is_none() {
        return;
    }
    let mut config = body.object("output_config");
    if let Some(effort) = effort {
        config.string("effort", effort);
    }
    if let Some(schema) = schema {
        let mut format = config.object("format");
        format.word("type", "json_schema");
        format.raw("schema", schema.get());
    }
}

fn write_sampling(sampling: &Sampling<'_>, body: &mut Object<'_>) {
    let members =
        [("temperature", sampling.temperature), ("top_p", sampling.top_p), ("top_k", sampling.top_k)];
    for (name, value) in members {
        if let Some(value) = value {
            value.write(body.member(name));
        }
    }
}

/// Anthropic refuses a stop sequence without a visible character.
fn stop(chat: &Chat<'_>, losses: &mut Losses, body: &mut Object<'_>) {
    let Some(stop) = &chat.stop else { return };
    let visible = |text: &&Text<'_>| !text.is_blank();
    let strings = stop.strings();
    if strings.iter().filter(visible).count() < strings.len() {
        losses.drop("stop");
    }
    if strings.iter().any(|text| visible(&text)) {
        let mut sequences = body.array("stop_sequences");
        strings.iter().filter(visible).for_each(|text| sequences.text(*text));
    }
}

/// Who asks, and at which price.
fn account(chat: &Chat<'_>, losses: &mut Losses, body: &mut Object<'_>) {
    if let Some(user) = chat.user.filter(|user| !user.is_empty()) {
        if user.plain().chars().count() > USER_LIMIT {
            losses.drop("user");
        } else {
            body.object("metadata").text("user_id", user);
        }
    }
    if let Some(tier) = chat.service_tier {
        // OpenAI's `default` is the price without a contract, as Anthropic's `standard_only` is.
        match &*tier.plain() {
            "auto" => body.word("service_tier", "auto"),
            "default" => body.word("service_tier", "standard_only"),
            _ => losses.drop("service_tier"),
        }
    }
    if chat.stream_options.include_obfuscation == Some(true) {
        losses.drop("stream_options.include_obfuscation");
    }
}

//! OpenAI's chat request as a Converse request.
//!
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_RequestSyntax>
//!
//! What is not carried, and why:
//!
//! | member | what becomes of it |
//! |---|---|
//! | `n` above 1, `functions`, spoken answers, custom tools, uploaded files, images on the web | refused: there is no such thing |
//! | a conversation that the assistant begins, results of tools that no one names | refused, as the service would, with a reason |
//! | `tool_choice` `none` | no tools; where the messages hold calls they must stay, and it is named |
//! | `parallel_tool_calls` `false`, `response_format` `json_object` | dropped: Converse has no word for it |
//! | `reasoning_effort`, `top_k` | what the model's maker calls it; dropped where that is not known |
//! | `temperature` above 1 | 1, and named: the scale ends there |
//! | a system message after the first turn | moved to the system prompt, and named: its place is lost |
//! | `user`, `metadata` | `requestMetadata`, as far as its letters and limits allow |
//! | `name`, `seed`, `logprobs`, `logit_bias`, penalties, … | dropped |

use super::fields::Fields;
use super::native::Native;
use super::{metadata, tools, turns};
use crate::call::{Auth, Losses, Options, Target};
use crate::json::Object;
use crate::openai::{Chat, ResponseFormat};
use crate::providers::claude::Sampling;
use crate::{Error, path};

/// Writes the body of a request to `out`, and says where it goes.
pub(super) fn write(
    chat: &Chat<'_>,
    options: &Options<'_>,
    losses: &mut Losses,
    out: &mut Vec<u8>,
) -> Result<Target, Error> {
    chat.plain()?;
    let stream = options.stream(chat.stream);
    let verb = if stream { "converse-stream" } else { "converse" };
    let target = target(options.model(chat.model)?, verb, stream)?;
    let native = Native::of(chat, losses)?;
    let fields = Fields::of(chat, options, &target.model, &native, losses)?;
    let request = &mut Object::new(out);
    turns::write(request, chat, losses)?;
    inference(request, chat, options.max_tokens(chat.max_tokens), &fields.sampling, losses);
    tools::write(request, chat, losses)?;
    output(request, chat, fields.claude_effort(), losses);
    fields.write(request);
    metadata::write(request, chat, &native, losses);
    service_tier(request, chat, losses);
    native.write(request, target.stream, options.latency, losses)?;
    if chat.stream_options.include_obfuscation == Some(true) {
        losses.drop("stream_options.include_obfuscation");
    }
    Ok(target)
}

/// The model's id is one segment of the path, percent-encoded as AWS's own clients do, for that is what the signature
/// is checked against: the `:` of an id becomes `%3A`, the `/` of an ARN `%2F`.
pub(super) fn target(model: String, verb: &str, stream: bool) -> Result<Target, Error> {
    /// The longest id that the service takes.
    const LONGEST: usize = 2048;

    if model.len() > LONGEST {
        return Err(Error::request("model", "a model's id or ARN is not that long"));
    }
    let path = ["/model/", &path::segment(&model)?, "/", verb].concat();
    let auth = Auth::SigV4 { service: "bedrock" };
    Ok(Target { auth, anchor: Some("/model/"), ..Target::new(path, model, stream) })
}

/// Writes `inferenceConfig`, if there is any.
fn inference(
    request: &mut Object<'_>,
    chat: &Chat<'_>,
    max_tokens: Option<u32>,
    sampling: &Sampling<'_>,
    losses: &mut Losses,
) {
    let asked = chat.stop.as_ref().map_or(&[][..], |stop| stop.strings());
    let stop: Vec<_> = asked.iter().filter(|text| !text.is_empty()).collect();
    if stop.len() < asked.len() {
        losses.drop("stop");
    }
    let numbers = [("temperature", sampling.temperature), ("topP", sampling.top_p)];
    if max_tokens.is_none() && numbers.iter().all(|(_, value)| value.is_none()) && stop.is_empty() {
        return;
    }
    let mut config = request.object("inferenceConfig");
    if let Some(max_tokens) = max_tokens {
        config.number("maxTokens", max_tokens.into());
    }
    for (name, value) in numbers {
        if let Some(value) = value {
            value.write(config.member(name));
        }
    }
    if !stop.is_empty() {
        let mut sequences = config.array("stopSequences");
        stop.into_iter().for_each(|text| sequences.text(*text));
    }
}

/// Writes `outputConfig`, if there is any. The only format is a schema: JSON text in a string.
fn output(request: &mut Object<'_>, chat: &Chat<'_>, effort: Option<&str>, losses: &mut Losses) {
    let schema = match &chat.response_format {
        None | Some(ResponseFormat::Text) => None,
        Some(ResponseFormat::JsonSchema(format)) if let Some(schema) = format.schema => {
            Some((format, schema))
        }
        Some(ResponseFormat::JsonObject | ResponseFormat::JsonSchema(_)) => {
            losses.drop("response_format");
            None
        }
    };
    if schema.is_none() && effort.is_none() {
        return;
    }
    let mut config = request.object("outputConfig");
    if let Some((format, schema)) = schema {
        let mut text_format = config.object("textFormat");
        text_format.word("type", "json_schema");
        let mut structure = text_format.object("structure");
        let mut definition = structure.object("jsonSchema");
        definition.string("schema", schema.get());
        definition.text("name", format.name);
        if let Some(description) = format.description {
            definition.text("description", description);
        }
    }
    if let Some(effort) = effort {
        config.string("effort", effort);
    }
}

/// Writes `serviceTier`: OpenAI's names, but for `auto`, which is what no name means here.
fn service_tier(request: &mut Object<'_>, chat: &Chat<'_>, losses: &mut Losses) {
    let Some(tier) = chat.service_tier else {
        return;
    };
    match &*tier.plain() {
        "auto" => (),
        "default" | "flex" | "priority" => request.object("serviceTier").text("type", tier),
        _ => losses.drop("service_tier"),
    }
}

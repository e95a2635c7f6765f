//! OpenAI's chat request as the inference server reads it, which is nearly so.
//!
//! What is not carried as it is, and why:
//!
//! | member | what becomes of it |
//! |---|---|
//! | `n` above 1, `functions`, spoken answers, sounds, files, custom tools | refused: there is no such thing |
//! | `response_format` beside tools | refused: the server takes one or the other |
//! | `response_format` | a grammar: the schema; for `json_object` that of any object |
//! | `stop` | a list |
//! | `top_p` of 1 | nothing: the server takes less than 1 only, and means the same without |
//! | `top_p` of 0, a negative `seed` | dropped: not taken |
//! | `tool_choice` of some functions | only those are offered |
//! | `strict` | nothing: calls follow their schema |
//! | `parallel_tool_calls` `false`, `logit_bias`, `top_k`, `user`, `reasoning_effort`, … | dropped: not read |
//! | `tool_prompt` | the server's own, carried where the client sends it |

use super::{chunks, own, turns};
use crate::Error;
use crate::call::{Call, Losses, Options, Target};
use crate::chat::{self, Reader};
use crate::json::Object;
use crate::openai::{self, Number, ResponseFormat, Stop, ToolChoice};
use crate::wire::Framing;

/// `/v1/chat/completions`
pub(super) struct Chat;

/// What the server takes as it comes.
const OWN: &[&str] =
    &["frequency_penalty", "logprobs", "presence_penalty", "seed", "tool_prompt", "top_logprobs"];

impl chat::Chat for Chat {
    fn framings(&self) -> &'static [Framing] {
        &[Framing::Sse]
    }

    fn request(
        &self,
        chat: &openai::Chat<'_>,
        options: &Options<'_>,
        losses: &mut Losses,
        out: &mut Vec<u8>,
    ) -> Result<Target, Error> {
        chat.plain()?;
        let (model, stream) = (options.model(chat.model)?, options.stream(chat.stream));
        let body = &mut Object::new(out);
        body.string("model", &model);
        turns::write(chat, losses, body)?;
        tools(chat, losses, body)?;
        format(chat, losses, body)?;
        sampling(chat, options, losses, body);
        own::write(chat.others.iter(), OWN, losses, body);
        name_losses(chat, losses);
        if stream {
            body.boolean("stream", true);
            body.object("stream_options").boolean("include_usage", true);
        }
        Ok(Target::new("/v1/chat/completions", model, stream))
    }

    fn reader(&self, call: &Call) -> Box<dyn Reader> {
        Box::new(chunks::TgiReader::new(call))
    }
}

fn tools(chat: &openai::Chat<'_>, losses: &mut Losses, body: &mut Object<'_>) -> Result<(), Error> {
    if chat.tools.is_empty() {
        return Ok(());
    }
    {
        let mut tools = body.array("tools");
        for (at, tool) in chat.tools.iter().enumerate() {
            tool.name_cache(losses);
            let Some(function) = &tool.function else {
                let path = format!("tools[{at}]");
                return Err(Error::request(path, "only tools that are functions can be carried"));
            };
            if matches!(&chat.tool_choice, Some(ToolChoice::Allowed { names, .. }) if !names.contains(&function.name))
            {
                continue;
            }
            let mut tool = tools.object();
            tool.string("type", "function");
            let mut definition = tool.object("function");
            definition.text("name", function.name);
            if let Some(description) = function.description {
                definition.text("description", description);
            }
            function.write_schema(definition.member("parameters"));
        }
    }
    match &chat.tool_choice {
        None => (),
        Some(ToolChoice::Auto | ToolChoice::Allowed { required: false, .. }) => {
            body.string("tool_choice", "auto");
        }
        Some(ToolChoice::None) => body.string("tool_choice", "none"),
        Some(ToolChoice::Required | ToolChoice::Allowed { required: true, .. }) => {
            body.string("tool_choice", "required");
        }
        Some(ToolChoice::Function(name)) => {
            let mut choice = body.object("tool_choice");
            choice.string("type", "function");
            choice.object("function").text("name", *name);
        }
    }
    Ok(())
}

/// The form of the answer, as a grammar in the words that every version of the server knows.
fn format(chat: &openai::Chat<'_>, losses: &mut Losses, body: &mut Object<'_>) -> Result<(), Error> {
    let schema = match &chat.response_format {
        None | Some(ResponseFormat::Text) => return Ok(()),
        Some(ResponseFormat::JsonObject) => r#"{"type":"object"}"#,
        Some(ResponseFormat::JsonSchema(format)) => {
            if format.description.is_some() {
                losses.drop("response_format.json_schema.description");
            }
            format.schema.map_or(r#"{"type":"object"}"#, |schema| schema.get())
        }
    };
    if !chat.tools.is_empty() {
        let why = "this provider takes a form of the answer or tools, not both";
        return Err(Error::request("response_format", why));
    }
    let mut written = body.object("response_format");
    written.string("type", "json");
    written.raw("value", schema);
    Ok(())
}

fn sampling(chat: &openai::Chat<'_>, options: &Options<'_>, losses: &mut Losses, body: &mut Object<'_>) {
    if let Some(limit) = options.max_tokens(chat.max_tokens) {
        body.number("max_tokens", limit.into());
    }
    if let Some(temperature) = options.temperature(chat.temperature) {
        temperature.write(body.member("temperature"));
    }
    nucleus(options.top_p(chat.top_p), losses, body);
    if options.top_k(chat.top_k).is_some() {
        losses.drop("top_k");
    }
    if let Some(words) = &chat.stop {
        stop(words, body);
    }
}

/// `top_p`, which lies between 0 and 1 here: all of it is what is meant without.
pub(super) fn nucleus(top_p: Option<Number<'_>>, losses: &mut Losses, body: &mut Object<'_>) {
    match top_p {
        Some(value) if value.value() >= 1.0 => (),
        Some(value) if value.value() > 0.0 => value.write(body.member("top_p")),
        Some(_) => losses.drop("top_p"),
        None => (),
    }
}

/// Where to stop, as a list.
pub(super) fn stop(stop: &Stop<'_>, body: &mut Object<'_>) {
    if !stop.strings().is_empty() {
        let mut strings = body.array("stop");
        stop.strings().iter().for_each(|text| strings.text(*text));
    }
}

fn name_losses(chat: &openai::Chat<'_>, losses: &mut Losses) {
    for (name, is_set) in [
        ("user", chat.user.is_some()),
        ("parallel_tool_calls", chat.parallel_tool_calls == Some(false)),
        ("thinking", chat.thinking.is_some()),
        ("reasoning_effort", chat.reasoning_effort.is_some()),
        ("service_tier", chat.service_tier.is_some_and(|tier| !tier.is("auto"))),
        ("stream_options.include_obfuscation", chat.stream_options.include_obfuscation == Some(true)),
    ] {
        if is_set {
            losses.drop(name);
        }
    }
}

//! OpenAI's chat request as one to `/api/chat`.
//!
//! What is not carried, and why:
//!
//! | member | what becomes of it |
//! |---|---|
//! | `n` above 1, `functions`, spoken answers, sounds, files, custom tools, pictures on the web | refused: there is no such thing |
//! | `tool_choice` `none` | no tools |
//! | `tool_choice` `required`, or one or some functions | only those are offered; that one must be called is named |
//! | `parallel_tool_calls` `false`, `strict`, the name and description of a schema | dropped: there is no word for it |
//! | `reasoning_effort` | `think`: by level for gpt-oss, which alone has levels, else on or off |
//! | `keep_alive`, `options` | Ollama's own, carried where the client sends them |
//! | `user`, `metadata`, `logit_bias`, `service_tier`, … | dropped |

use super::{messages, options, read};
use crate::call::{Call, Losses, Options, Target};
use crate::chat::{self, Reader};
use crate::json::Object;
use crate::openai::{self, ResponseFormat, ToolChoice};
use crate::wire::Framing;
use crate::{Error, Text};

/// `/api/chat`
pub(super) struct Chat;

impl chat::Chat for Chat {
    fn framings(&self) -> &'static [Framing] {
        &[Framing::JsonLines]
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
        messages::write(chat, losses, body)?;
        tools(chat, losses, body)?;
        format(chat, losses, body);
        think(chat, &model, losses, body);
        options::of_chat(chat, options, losses, body);
        others(chat, losses, body);
        // The default is to stream.
        body.boolean("stream", stream);
        Ok(Target::new("/api/chat", model, stream))
    }

    fn reader(&self, call: &Call) -> Box<dyn Reader> {
        Box::new(read::LineReader::new(call))
    }
}

fn tools(chat: &openai::Chat<'_>, losses: &mut Losses, body: &mut Object<'_>) -> Result<(), Error> {
    let offered: Option<Vec<Text<'_>>> = match &chat.tool_choice {
        None | Some(ToolChoice::Auto) => None,
        Some(ToolChoice::None) => return Ok(()),
        Some(ToolChoice::Required) => None,
        Some(ToolChoice::Function(name)) => Some(vec![*name]),
        Some(ToolChoice::Allowed { names, .. }) => Some(names.clone()),
    };
    let must = matches!(
        &chat.tool_choice,
        Some(ToolChoice::Required | ToolChoice::Function(_) | ToolChoice::Allowed { required: true, .. })
    );
    if must {
        losses.drop("tool_choice");
    }
    if chat.parallel_tool_calls == Some(false) {
        losses.drop("parallel_tool_calls");
    }
    if chat.tools.is_empty() {
        return Ok(());
    }
    let mut tools = body.array("tools");
    for (at, tool) in chat.tools.iter().enumerate() {
        let Some(function) = &tool.function else {
            return Err(Error::request(
                format!("tools[{at}]"),
                "only tools that are functions can be carried",
            ));
        };
        if offered.as_ref().is_some_and(|names| !names.contains(&function.name)) {
            continue;
        }
        tool.name_cache(losses);
        if function.strict == Some(true) {
            losses.drop("tools[].function.strict");
        }
        let mut tool = tools.object();
        tool.word("type", "function");
        let mut definition = tool.object("function");
        definition.text("name", function.name);
        if let Some(description) = function.description {
            definition.text("description", description);
        }
        function.write_schema(definition.member("parameters"));
    }
    Ok(())
}

fn format(chat: &openai::Chat<'_>, losses: &mut Losses, body: &mut Object<'_>) {
    match &chat.response_format {
        None | Some(ResponseFormat::Text) => (),
        Some(ResponseFormat::JsonObject) => body.word("format", "json"),
        Some(ResponseFormat::JsonSchema(format)) => {
            if format.description.is_some() {
                losses.drop("response_format.json_schema.description");
            }
            match format.schema {
                Some(schema) => body.raw("format", schema.get()),
                None => body.word("format", "json"),
            }
        }
    }
}

fn think(chat: &openai::Chat<'_>, model: &str, losses: &mut Losses, body: &mut Object<'_>) {
    if chat.thinking.is_some() {
        losses.drop("thinking");
    }
    let Some(effort) = chat.reasoning_effort else { return };
    let has_levels = model.starts_with("gpt-oss");
    match &*effort.plain() {
        "none" => body.boolean("think", false),
        "minimal" | "low" if has_levels => body.word("think", "low"),
        "medium" if has_levels => body.word("think", "medium"),
        "high" | "xhigh" | "max" if has_levels => body.word("think", "high"),
        _ => body.boolean("think", true),
    }
}

/// What Ollama knows by OpenAI's name, or only the client by Ollama's; the rest is named.
fn others(chat: &openai::Chat<'_>, losses: &mut Losses, body: &mut Object<'_>) {
    for member in &chat.others {
        match &*member.name {
            "keep_alive" => body.raw("keep_alive", member.value.get()),
            "logprobs" => body.raw("logprobs", member.value.get()),
            "top_logprobs" => body.raw("top_logprobs", member.value.get()),
            name if options::TAKEN.contains(&name) => (),
            name => losses.drop(name),
        }
    }
    for (name, is_set) in [
        ("user", chat.user.is_some()),
        ("service_tier", chat.service_tier.is_some_and(|tier| !tier.is("auto"))),
        ("stream_options.include_obfuscation", chat.stream_options.include_obfuscation == Some(true)),
    ] {
        if is_set {
            losses.drop(name);
        }
    }
}

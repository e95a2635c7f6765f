//! Tools, and which of them must be called.
//!
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolConfiguration.html>

use super::cache;
use crate::Text;
use crate::chat::Losses;
use crate::json::{Array, Object};
use crate::openai::{Chat, Function, Role, Tool, ToolChoice};

/// Writes `toolConfig`, if there is to be one.
///
/// It is required where the messages hold calls or results, and there is no choice `none`. Without such messages `none`
/// means the same as no tools; with them the tools must stay, so that `none` is lost. Calls in the messages of a client
/// that names no tools (any more) get the tools that they called, of which nothing else is known.
pub(super) fn write(request: &mut Object<'_>, chat: &Chat<'_>, losses: &mut Losses) {
    let used = chat.messages.iter().any(|message| message.role == Role::Tool || message.tool_calls.is_some());
    let none = chat.tool_choice == Some(ToolChoice::None);
    if none && !used {
        return;
    }
    let tools: Vec<&Tool<'_>> = chat.tools.iter().filter(|tool| offered(tool, chat, losses)).collect();
    if !tools.is_empty() {
        if none {
            losses.drop("tool_choice");
        }
        let mut config = request.object("toolConfig");
        specifications(&mut config.array("tools"), &tools);
        choice(&mut config, chat.tool_choice.as_ref());
    } else if used {
        called(request, chat, losses);
    }
    if chat.parallel_tool_calls == Some(false) {
        losses.drop("parallel_tool_calls");
    }
}

/// Whether the model is to know of this tool.
fn offered(tool: &Tool<'_>, chat: &Chat<'_>, losses: &mut Losses) -> bool {
    let Some(function) = &tool.function else {
        losses.drop("tools[].custom");
        return false;
    };
    match &chat.tool_choice {
        Some(ToolChoice::Allowed { names, .. }) => names.contains(&function.name),
        _ => true,
    }
}

fn specifications(tools: &mut Array<'_>, offered: &[&Tool<'_>]) {
    for tool in offered {
        if let Some(function) = &tool.function {
            specification(&mut tools.object(), function);
        }
        cache::point(tools, tool.cache_control);
    }
}

fn specification(tool: &mut Object<'_>, function: &Function<'_>) {
    let mut tool = tool.object("toolSpec");
    tool.text("name", function.name);
    if let Some(description) = function.description.filter(|text| !text.is_empty()) {
        tool.text("description", description);
    }
    // OpenAI takes no parameters for an empty list of them; here a schema is required.
    let schema = function.parameters.map_or(NO_PARAMETERS, |parameters| parameters.get());
    tool.object("inputSchema")
        .raw("json", if schema == "null" || schema == "{}" { NO_PARAMETERS } else { schema });
    if let Some(strict) = function.strict.filter(|&strict| strict) {
        tool.boolean("strict", strict);
    }
}

const NO_PARAMETERS: &str = r#"{"type":"object"}"#;

fn choice(config: &mut Object<'_>, choice: Option<&ToolChoice<'_>>) {
    match choice {
        None | Some(ToolChoice::None) => (),
        Some(ToolChoice::Auto | ToolChoice::Allowed { required: false, .. }) => {
            config.object("toolChoice").object("auto");
        }
        Some(ToolChoice::Required | ToolChoice::Allowed { required: true, .. }) => {
            config.object("toolChoice").object("any");
        }
        Some(ToolChoice::Function(name)) => config.object("toolChoice").object("tool").text("name", *name),
    }
}

fn called(request: &mut Object<'_>, chat: &Chat<'_>, losses: &mut Losses) {
    let mut names: Vec<Text<'_>> = Vec::new();
    for call in chat.messages.iter().filter_map(|message| message.tool_calls.as_ref()).flatten() {
        if let Some(function) = &call.function
            && !names.contains(&function.name)
        {
            names.push(function.name);
        }
    }
    if names.is_empty() {
        return;
    }
    losses.drop("tool_choice");
    let mut config = request.object("toolConfig");
    let mut tools = config.array("tools");
    for name in names {
        specification(
            &mut tools.object(),
            &Function { name, description: None, parameters: None, strict: None },
        );
    }
}

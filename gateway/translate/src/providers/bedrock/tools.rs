//! Tools, and which of them must be called.
//!
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolConfiguration.html>

use super::cache;
use crate::call::Losses;
use crate::json::Object;
use crate::openai::{Chat, Function, Role, Tool, ToolChoice};
use crate::{Error, Text};

/// Writes `toolConfig`, if there is to be one.
///
/// It is required where the messages hold calls or results, and there is no choice `none`. Without such messages `none`
/// means the same as no tools; with them the tools must stay, so that `none` is lost. Calls in the messages of a client
/// that names no tools (any more) get the tools that they called, of which nothing else is known.
pub(super) fn write(request: &mut Object<'_>, chat: &Chat<'_>, losses: &mut Losses) -> Result<(), Error> {
    let offered = offered(chat)?;
    let used = chat.messages.iter().any(|message| {
        message.role == Role::Tool || message.tool_calls.as_ref().is_some_and(|calls| !calls.is_empty())
    });
    let none = chat.tool_choice == Some(ToolChoice::None);
    if none && !used {
        return Ok(());
    }
    if offered.is_empty() {
        return without_tools(request, chat, used, losses);
    }
    if none {
        losses.drop("tool_choice");
    }
    if chat.parallel_tool_calls == Some(false) {
        losses.drop("parallel_tool_calls");
    }
    let mut config = request.object("toolConfig");
    {
        let mut tools = config.array("tools");
        for (tool, function) in offered {
            specification(&mut tools.object(), function);
            cache::point(&mut tools, tool.cache_control);
        }
    }
    choice(&mut config, chat.tool_choice.as_ref());
    Ok(())
}

/// The functions that the model is to know of.
fn offered<'c, 'a>(chat: &'c Chat<'a>) -> Result<Vec<(&'c Tool<'a>, &'c Function<'a>)>, Error> {
    let mut offered = Vec::with_capacity(chat.tools.len());
    for (at, tool) in chat.tools.iter().enumerate() {
        match &tool.function {
            Some(function) if tool.r#type.is("function") => offered.push((tool, function)),
            _ => return Err(Error::request(format!("tools[{at}].type"), "only functions can be carried")),
        }
    }
    if let Some(ToolChoice::Allowed { names, .. }) = &chat.tool_choice {
        offered.retain(|(_, function)| names.contains(&function.name));
    }
    Ok(offered)
}

fn without_tools(
    request: &mut Object<'_>,
    chat: &Chat<'_>,
    used: bool,
    losses: &mut Losses,
) -> Result<(), Error> {
    let choice = &chat.tool_choice;
    if let Some(ToolChoice::Required | ToolChoice::Function(_) | ToolChoice::Allowed { required: true, .. }) =
        choice
    {
        return Err(Error::request("tool_choice", "a tool must be called, but there is none to call"));
    }
    if matches!(choice, Some(ToolChoice::Allowed { .. })) && !chat.tools.is_empty() {
        losses.drop("tools");
    }
    if used { called(request, chat, losses) } else { Ok(()) }
}

fn specification(tool: &mut Object<'_>, function: &Function<'_>) {
    let mut tool = tool.object("toolSpec");
    tool.text("name", function.name);
    if let Some(description) = function.description.filter(|text| !text.is_empty()) {
        tool.text("description", description);
    }
    function.write_schema(tool.object("inputSchema").member("json"));
    if function.strict == Some(true) {
        tool.boolean("strict", true);
    }
}

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

fn called(request: &mut Object<'_>, chat: &Chat<'_>, losses: &mut Losses) -> Result<(), Error> {
    let mut names: Vec<Text<'_>> = Vec::new();
    for call in chat.messages.iter().filter_map(|message| message.tool_calls.as_ref()).flatten() {
        if let Some(function) = &call.function
            && !names.contains(&function.name)
        {
            names.push(function.name);
        }
    }
    if names.is_empty() {
        return Err(Error::request("tools", "there are results of tools, but no tool is named"));
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
    Ok(())
}

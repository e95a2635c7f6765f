//! Tools, and which of them must be called.

use serde_json::value::RawValue;

use crate::call::Losses;
use crate::json::Object;
use crate::openai::{Chat, Function, ToolChoice};
use crate::{Error, Text};

/// Writes `tools` and `tool_choice`.
pub(super) fn write(chat: &Chat<'_>, losses: &mut Losses, body: &mut Object<'_>) -> Result<(), Error> {
    let mut functions = Vec::with_capacity(chat.tools.len());
    for (at, tool) in chat.tools.iter().enumerate() {
        match &tool.function {
            Some(function) if tool.r#type.is("function") => functions.push((function, tool.cache_control)),
            _ => return Err(Error::request(format!("tools[{at}].type"), "only functions can be carried")),
        }
    }
    if let Some(ToolChoice::Allowed { names, .. }) = &chat.tool_choice {
        functions.retain(|(function, _)| names.contains(&function.name));
    }
    if functions.is_empty() {
        return without_tools(chat, losses);
    }
    {
        let mut tools = body.array("tools");
        functions.iter().for_each(|(function, cache)| write_function(function, *cache, tools.object()));
    }
    write_choice(chat, body);
    Ok(())
}

fn without_tools(chat: &Chat<'_>, losses: &mut Losses) -> Result<(), Error> {
    match &chat.tool_choice {
        Some(ToolChoice::Required | ToolChoice::Function(_) | ToolChoice::Allowed { required: true, .. }) => {
            Err(Error::request("tool_choice", "a tool must be called, but there is none to call"))
        }
        Some(ToolChoice::Allowed { .. }) if !chat.tools.is_empty() => {
            losses.drop("tools");
            Ok(())
        }
        _ => Ok(()),
    }
}

fn write_function(function: &Function<'_>, cache_control: Option<&RawValue>, mut tool: Object<'_>) {
    tool.text("name", function.name);
    if let Some(description) = function.description {
        tool.text("description", description);
    }
    function.write_schema(tool.member("input_schema"));
    if function.strict == Some(true) {
        tool.boolean("strict", true);
    }
    if let Some(control) = cache_control {
        tool.raw("cache_control", control.get());
    }
}

fn write_choice(chat: &Chat<'_>, body: &mut Object<'_>) {
    let serial = chat.parallel_tool_calls == Some(false);
    let (kind, name): (_, Option<Text<'_>>) = match &chat.tool_choice {
        None if !serial => return,
        None | Some(ToolChoice::Auto | ToolChoice::Allowed { required: false, .. }) => ("auto", None),
        Some(ToolChoice::None) => ("none", None),
        Some(ToolChoice::Required | ToolChoice::Allowed { required: true, .. }) => ("any", None),
        Some(ToolChoice::Function(name)) => ("tool", Some(*name)),
    };
    let mut choice = body.object("tool_choice");
    choice.word("type", kind);
    if let Some(name) = name {
        choice.text("name", name);
    }
    if serial && kind != "none" {
        choice.boolean("disable_parallel_tool_use", true);
    }
}

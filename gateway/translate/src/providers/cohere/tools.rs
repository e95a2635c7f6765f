//! Tools, and which of them to call.
//!
//! <https://docs.cohere.com/docs/tool-use-overview>
//!
//! Cohere can be told to call some tool, but not which one. To offer one only and to require a call says the same, so nothing is
//! lost where a function is named.

use super::native;
use crate::call::Losses;
use crate::json::{Array, Object};
use crate::openai::{Chat, Function, Tool, ToolChoice};
use crate::{Error, Text};

/// Writes `tools` and `tool_choice`.
pub(super) fn write(chat: &Chat<'_>, losses: &mut Losses, body: &mut Object<'_>) -> Result<(), Error> {
    let offered = offered(chat)?;
    if chat.parallel_tool_calls == Some(false) && !offered.is_empty() {
        losses.drop("parallel_tool_calls");
    }
    if offered.is_empty() {
        return Ok(());
    }
    chat.tools.iter().for_each(|tool| tool.name_cache(losses));
    strictness(chat, &offered, losses, body);
    {
        let mut tools = body.array("tools");
        offered.iter().for_each(|function| tool(function, &mut tools));
    }
    match choice(chat) {
        Choice::Auto => (),
        Choice::None => body.string("tool_choice", "NONE"),
        Choice::Required => body.string("tool_choice", "REQUIRED"),
    }
    Ok(())
}

/// Whether a tool is to be called.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    Auto,
    None,
    Required,
}

/// Whether a tool is to be called, whichever it be.
pub(super) fn choice(chat: &Chat<'_>) -> Choice {
    match &chat.tool_choice {
        None | Some(ToolChoice::Auto | ToolChoice::Allowed { required: false, .. }) => Choice::Auto,
        Some(ToolChoice::None) => Choice::None,
        Some(ToolChoice::Required | ToolChoice::Function(_) | ToolChoice::Allowed { required: true, .. }) => {
            Choice::Required
        }
    }
}

/// The functions that may be called.
pub(super) fn offered<'c, 'a>(chat: &'c Chat<'a>) -> Result<Vec<&'c Function<'a>>, Error> {
    let names: Option<&[Text<'_>]> = match &chat.tool_choice {
        Some(ToolChoice::Function(name)) => Some(std::slice::from_ref(name)),
        Some(ToolChoice::Allowed { names, .. }) => Some(names),
        _ => None,
    };
    let function = |(at, tool): (usize, &'c Tool<'a>)| {
        let refused =
            || Error::request(format!("tools[{at}]"), "only tools that are functions can be carried");
        tool.function.as_ref().ok_or_else(refused)
    };
    let functions: Vec<_> = chat.tools.iter().enumerate().map(function).collect::<Result<_, _>>()?;
    let named = |function: &&Function<'_>| names.is_none_or(|names| names.contains(&function.name));
    let offered: Vec<_> = functions.into_iter().filter(named).collect();
    if offered.is_empty() && choice(chat) == Choice::Required {
        return Err(Error::request("tool_choice", "tool_choice names no tool that is offered"));
    }
    Ok(offered)
}

/// One word for all tools: said where all are strict, so that none is held to more than was asked.
fn strictness(chat: &Chat<'_>, offered: &[&Function<'_>], losses: &mut Losses, body: &mut Object<'_>) {
    let strict = offered.iter().filter(|function| function.strict == Some(true)).count();
    if strict == 0 || native::says(&chat.others, "strict_tools") {
        return;
    }
    if strict == offered.len() {
        body.boolean("strict_tools", true);
    } else {
        losses.drop("tools[].function.strict");
    }
}

fn tool(function: &Function<'_>, tools: &mut Array<'_>) {
    let mut tool = tools.object();
    tool.string("type", "function");
    let mut definition = tool.object("function");
    definition.text("name", function.name);
    if let Some(description) = function.description {
        definition.text("description", description);
    }
    function.write_schema(definition.member("parameters"));
}

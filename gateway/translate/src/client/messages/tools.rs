//! Tools, and which of them must be called.

use super::fields::{Fields, Wrong};
use super::teller::Teller;
use crate::json::Object;

/// Writes `tools`; says whether there are any.
pub(super) fn write(
    request: &Fields<'_>,
    teller: &mut Teller<'_, '_>,
    chat: &mut Object<'_>,
) -> Result<bool, Wrong> {
    let tools = request.list("tools")?;
    if tools.is_empty() {
        return Ok(false);
    }
    let mut array = chat.array("tools");
    for (at, tool) in tools.into_iter().enumerate() {
        let tool = Fields::read(tool.get());
        let written = tool.and_then(|tool| write_tool(&tool, teller, array.object()));
        written.map_err(|wrong| wrong.at(at).at("tools"))?;
    }
    Ok(true)
}

fn write_tool(tool: &Fields<'_>, teller: &mut Teller<'_, '_>, mut written: Object<'_>) -> Result<(), Wrong> {
    let kind = tool.text("type")?;
    if let Some(kind) = kind.filter(|kind| !kind.is("custom")) {
        let kind: String = kind.plain().chars().filter(char::is_ascii_graphic).take(60).collect();
        let why = format!("a tool of type {kind} is Anthropic's own, which this provider does not have");
        return Err(Wrong::new("type", why));
    }
    // A hint at how the input is streamed changes no answer.
    let known =
        ["type", "name", "description", "input_schema", "strict", "cache_control", "eager_input_streaming"];
    teller.name_others(tool, &known, "tools[].");
    written.word("type", "function");
    {
        let mut function = written.object("function");
        function.text("name", tool.needed("name")?);
        if let Some(description) = tool.text("description")? {
            function.text("description", description);
        }
        let schema =
            tool.get("input_schema").ok_or_else(|| Wrong::new("input_schema", "this is required"))?;
        function.raw("parameters", schema);
        if let Some(strict) = tool.boolean("strict")? {
            function.boolean("strict", strict);
        }
    }
    teller.extend("tools[].cache_control", &mut written, "cache_control", tool.get("cache_control"));
    Ok(())
}

/// Writes `tool_choice` and `parallel_tool_calls`, where there are tools to choose from.
pub(super) fn write_choice(
    request: &Fields<'_>,
    has_tools: bool,
    chat: &mut Object<'_>,
) -> Result<(), Wrong> {
    let Some(choice) = request.object("tool_choice")? else { return Ok(()) };
    let at = |wrong: Wrong| wrong.at("tool_choice");
    let kind = choice.needed("type").map_err(at)?.plain();
    match &*kind {
        "auto" | "none" if !has_tools => return Ok(()),
        "any" | "tool" if !has_tools => {
            return Err(Wrong::new("tool_choice", "there are no tools to choose from"));
        }
        "auto" => chat.word("tool_choice", "auto"),
        "none" => chat.word("tool_choice", "none"),
        "any" => chat.word("tool_choice", "required"),
        "tool" => {
            let name = choice.needed("name").map_err(at)?;
            let mut choice = chat.object("tool_choice");
            choice.word("type", "function");
            choice.object("function").text("name", name);
        }
        _ => return Err(at(Wrong::new("type", "this must be auto, any, tool or none"))),
    }
    if choice.boolean("disable_parallel_tool_use").map_err(at)? == Some(true) {
        chat.boolean("parallel_tool_calls", false);
    }
    Ok(())
}

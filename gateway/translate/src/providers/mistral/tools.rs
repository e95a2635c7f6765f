//! Functions, and how the model chooses among them.
//!
//! <https://docs.mistral.ai/capabilities/function_calling>

use crate::Error;
use crate::call::Losses;
use crate::json::{Array, Object};
use crate::openai::{Chat, Function, ToolChoice};

/// Writes `tools`, `tool_choice` and `parallel_tool_calls`.
pub(super) fn write(chat: &Chat<'_>, losses: &mut Losses, body: &mut Object<'_>) -> Result<(), Error> {
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
            if offers(chat, function) {
                define(function, &mut tools);
            }
        }
    }
    choose(chat, body);
    if let Some(parallel) = chat.parallel_tool_calls {
        body.boolean("parallel_tool_calls", parallel);
    }
    Ok(())
}

/// There is no word for some of the functions: the others are not offered.
fn offers(chat: &Chat<'_>, function: &Function<'_>) -> bool {
    match &chat.tool_choice {
        Some(ToolChoice::Allowed { names, .. }) => names.contains(&function.name),
        _ => true,
    }
}

fn define(function: &Function<'_>, tools: &mut Array<'_>) {
    let mut tool = tools.object();
    tool.string("type", "function");
    let mut definition = tool.object("function");
    definition.text("name", function.name);
    if let Some(description) = function.description {
        definition.text("description", description);
    }
    if let Some(strict) = function.strict {
        definition.boolean("strict", strict);
    }
    function.write_schema(definition.member("parameters"));
}

fn choose(chat: &Chat<'_>, body: &mut Object<'_>) {
    match &chat.tool_choice {
        None => (),
        Some(ToolChoice::Auto | ToolChoice::Allowed { required: false, .. }) => {
            body.string("tool_choice", "auto");
        }
        Some(ToolChoice::None) => body.string("tool_choice", "none"),
        Some(ToolChoice::Required | ToolChoice::Allowed { required: true, .. }) => {
            body.string("tool_choice", "any");
        }
        Some(ToolChoice::Function(name)) => {
            let mut choice = body.object("tool_choice");
            choice.string("type", "function");
            choice.object("function").text("name", *name);
        }
    }
}

//! Functions, and how the model chooses among them.
//!
//! <https://ai.google.dev/api/caching#FunctionDeclaration>

use crate::call::Losses;
use crate::json::Object;
use crate::openai::{Chat, ToolChoice};
use crate::{Error, Text};

/// Writes `tools` and `toolConfig`. Schemas go by `parametersJsonSchema`, which takes them as they are.
pub(super) fn write(chat: &Chat<'_>, losses: &mut Losses, body: &mut Object<'_>) -> Result<(), Error> {
    if chat.parallel_tool_calls == Some(false) {
        losses.drop("parallel_tool_calls");
    }
    if chat.tools.is_empty() {
        return Ok(());
    }
    {
        let mut tools = body.array("tools");
        let mut tool = tools.object();
        let mut declarations = tool.array("functionDeclarations");
        for (at, tool) in chat.tools.iter().enumerate() {
            let Some(function) = &tool.function else {
                let path = format!("tools[{at}]");
                return Err(Error::request(path, "only tools that are functions can be carried"));
            };
            tool.name_cache(losses);
            if function.strict == Some(true) {
                losses.drop("tools[].function.strict");
            }
            let mut declaration = declarations.object();
            declaration.text("name", function.name);
            if let Some(description) = function.description {
                declaration.text("description", description);
            }
            if function.parameters.is_some() {
                function.write_schema(declaration.member("parametersJsonSchema"));
            }
        }
    }
    choose(chat, body);
    Ok(())
}

fn choose(chat: &Chat<'_>, body: &mut Object<'_>) {
    let (mode, names): (_, &[Text<'_>]) = match &chat.tool_choice {
        None | Some(ToolChoice::Auto) => return,
        Some(ToolChoice::None) => ("NONE", &[]),
        Some(ToolChoice::Required) => ("ANY", &[]),
        Some(ToolChoice::Function(name)) => ("ANY", std::slice::from_ref(name)),
        Some(ToolChoice::Allowed { required: true, names }) => ("ANY", names),
        // The only mode besides that takes names.
        Some(ToolChoice::Allowed { required: false, names }) => ("VALIDATED", names),
    };
    let mut config = body.object("toolConfig");
    let mut calling = config.object("functionCallingConfig");
    calling.word("mode", mode);
    if !names.is_empty() {
        let mut allowed = calling.array("allowedFunctionNames");
        names.iter().for_each(|name| allowed.text(*name));
    }
}

//! An answer after a schema, from a model that takes no schema for its answers, but for its tools: it is given a tool to
//! answer by, and the call of it is turned back into content.

use crate::Text;
use crate::delta::{Delta, Finish};
use crate::openai::{Chat, Function, ResponseFormat, Tool, ToolChoice};

/// The tool's name, which no client gives a tool of its own.
const TOOL: &str = "touchstone_answer";
const DESCRIPTION: &str = "Gives the final answer to the user.";

/// Puts the tool in place of the schema that `chat` asks for, if it does.
///
/// Where there are other tools, one of them or this one must be called. Where the client says that one of its own must be,
/// there is no answer to give a form to.
pub(crate) fn by_tool(chat: &mut Chat<'_>) {
    let Some(ResponseFormat::JsonSchema(format)) = &chat.response_format else { return };
    let (Some(schema), description) = (format.schema, format.description) else { return };
    chat.response_format = None;
    match &chat.tool_choice {
        Some(ToolChoice::Required | ToolChoice::Function(_) | ToolChoice::Allowed { required: true, .. }) => {
            return;
        }
        Some(ToolChoice::None) => chat.tools.clear(),
        Some(ToolChoice::Allowed { names, .. }) => {
            chat.tools
                .retain(|tool| tool.function.as_ref().is_none_or(|function| names.contains(&function.name)));
        }
        None | Some(ToolChoice::Auto) => (),
    }
    let name = Text::Plain(TOOL);
    let alone = chat.tools.is_empty();
    chat.tool_choice = Some(if alone { ToolChoice::Function(name) } else { ToolChoice::Required });
    let description = Some(description.unwrap_or(Text::Plain(DESCRIPTION)));
    let function = Function { name, description, parameters: Some(schema), strict: None };
    chat.tools.push(Tool { r#type: Text::Plain("function"), function: Some(function), cache_control: None });
}

/// Turns the call of the tool back into content, delta by delta. Everything else passes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    /// The call of the tool, once it began.
    call: Option<u32>,
    /// Whether it has arguments.
    said: bool,
    /// Whether the model calls tools of the client's, too.
    others: bool,
}

impl Answer {
    /// Gives `pass` what the client is to see of `delta`.
    pub(crate) fn pass<'d>(&mut self, delta: Delta<'d>, mut pass: impl FnMut(Delta<'d>)) {
        match delta {
            Delta::ToolStart { call, name, .. } if self.call.is_none() && name.is(TOOL) => {
                self.call = Some(call);
            }
            Delta::ToolStart { call, id, name } => {
                self.others = true;
                pass(Delta::ToolStart { call: self.number(call), id, name });
            }
            Delta::ToolArgs { call, json } if self.call == Some(call) => {
                self.said |= !json.is_empty();
                pass(Delta::Text(json));
            }
            Delta::ToolArgs { call, json } => pass(Delta::ToolArgs { call: self.number(call), json }),
            Delta::ToolExtra { call, .. } if self.call == Some(call) => (),
            Delta::ToolExtra { call, json } => pass(Delta::ToolExtra { call: self.number(call), json }),
            Delta::Finish(Finish::ToolCalls) if self.call.is_some() => {
                // A call without arguments is one with none.
                if !self.said {
                    pass(Delta::Text(Text::Plain("{}")));
                }
                pass(Delta::Finish(if self.others { Finish::ToolCalls } else { Finish::Stop }));
            }
            other => pass(other),
        }
    }

    /// The number that a call has among those that the client sees.
    fn number(&self, call: u32) -> u32 {
        call - u32::from(self.call.is_some_and(|answer| answer < call))
    }
}

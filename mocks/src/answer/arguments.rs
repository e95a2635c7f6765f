//! Arguments of calls, where a provider gives them as an object: written as the script has them, digit by digit, which
//! [`serde_json::Value`] would not. While the reply is built a placeholder stands for them.

use serde_json::value::RawValue;

use super::Answer;
use crate::provider::Call;
use crate::script::{Block, ToolCall};

/// What stands for the arguments of a call.
pub(crate) fn placeholder(call: &Call<'_>, tool: &ToolCall) -> String {
    call.draw.hex(&format!("arguments {}", tool.arguments.join()), 40)
}

/// The rendered reply with the arguments of all its calls. What is no JSON object becomes an empty one.
pub(crate) fn settle(call: &Call<'_>, answer: &Answer<'_>, mut rendered: String) -> String {
    let blocks = answer.choices.iter().flat_map(|choice| choice.blocks.iter());
    for block in blocks {
        let Block::ToolCall(tool) = block else { continue };
        let given = tool.arguments.join();
        let is_object =
            given.trim_start().starts_with('{') && serde_json::from_str::<&RawValue>(&given).is_ok();
        let arguments = if is_object { given.as_str() } else { "{}" };
        rendered = rendered.replace(&format!("\"{}\"", placeholder(call, tool)), arguments);
    }
    rendered
}

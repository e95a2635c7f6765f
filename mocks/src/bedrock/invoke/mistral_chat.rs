//! [Mistral's chat](https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-chat-completion.html): of the second
//! Large, and of Pixtral. It asks as Mistral's own chat does.

use serde_json::{Value, json};

use super::{Words, blocks, finish, stop_or_length, texts, written};
use crate::answer::{Answer, Ask};
use crate::mistral::Mistral;
use crate::provider::{Call, Provider as _};
use crate::script::{Block, Finish};

pub(super) struct MistralChat;

impl Words for MistralChat {
    fn ask<'a>(&self, call: &Call<'a>) -> Ask<'a> {
        Mistral.ask(call)
    }

    fn whole(&self, call: &Call<'_>, answer: &Answer<'_>) -> Vec<u8> {
        let said: String = texts(blocks(answer)).collect();
        choice(&said, calls(call, answer), Some(reason(finish(answer))))
    }

    /// Calls come whole, with the reason.
    fn pieces(&self, call: &Call<'_>, answer: &Answer<'_>) -> Vec<Vec<u8>> {
        let pieces = texts(blocks(answer)).map(|text| choice(text, Vec::new(), None));
        pieces.chain([choice("", calls(call, answer), Some(reason(finish(answer))))]).collect()
    }
}

fn choice(text: &str, calls: Vec<Value>, reason: Option<&str>) -> Vec<u8> {
    let mut message = json!({ "role": "assistant", "content": text });
    if !calls.is_empty() {
        message["tool_calls"] = calls.into();
    }
    written(&json!({ "choices": [{ "index": 0, "message": message, "stop_reason": reason }] }))
}

fn calls(call: &Call<'_>, answer: &Answer<'_>) -> Vec<Value> {
    let tools = blocks(answer).iter().filter_map(|block| match block {
        Block::ToolCall(tool) => Some(tool),
        _ => None,
    });
    let called = tools.enumerate().map(|(at, tool)| {
        let id = tool.id.clone().unwrap_or_else(|| call.draw.text(&format!("tool {at}"), 9));
        json!({ "id": id, "function": { "name": tool.name, "arguments": tool.arguments.join() } })
    });
    called.collect()
}

fn reason(finish: Finish) -> &'static str {
    if finish == Finish::ToolCalls { "tool_calls" } else { stop_or_length(finish) }
}

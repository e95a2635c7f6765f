//! A [tool call](https://platform.openai.com/docs/api-reference/chat/object), whole or as the deltas that it is streamed in.

use std::collections::VecDeque;

use serde::Serialize;

use super::takes_text;
use crate::answer::{Answer, Choice};
use crate::provider::Call;
use crate::script::{Block, ToolCall};

/// A call, or a piece of one: what a piece does not bring is left out.
#[derive(Default, Serialize)]
pub(super) struct Called {
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(flatten)]
    what: What,
}

/// A function takes JSON, a custom tool text. The published schema of chunks knows functions only; that custom calls are
/// streamed in this form is [reported by clients](https://github.com/openai/openai-openapi/issues/576).
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum What {
    Function(Function),
    Custom(Custom),
}

#[derive(Default, Serialize)]
struct Function {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    arguments: String,
}

#[derive(Serialize)]
struct Custom {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    input: String,
}

impl Default for What {
    fn default() -> Self {
        Self::Function(Function::default())
    }
}

impl What {
    fn new(is_text: bool, name: Option<String>, input: String) -> Self {
        if is_text {
            Self::Custom(Custom { name, input })
        } else {
            Self::Function(Function { name, arguments: input })
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Function(_) => "function",
            Self::Custom(_) => "custom",
        }
    }
}

/// The calls of a whole answer.
pub(super) fn whole(call: &Call<'_>, index: usize, choice: &Choice<'_>) -> Vec<Called> {
    let called = |(at, tool): (usize, &ToolCall)| {
        let is_text = takes_text(call.body, &tool.name);
        let input = pieces(tool, is_text).collect();
        let what = What::new(is_text, Some(tool.name.clone()), input);
        Called { index: None, id: Some(id(call, index, at, tool)), kind: Some(what.kind()), what }
    };
    calls(choice).enumerate().map(called).collect()
}

/// The deltas of all calls, one call after the other or in turn.
pub(super) fn streamed(
    call: &Call<'_>,
    answer: &Answer<'_>,
    index: usize,
    choice: &Choice<'_>,
) -> VecDeque<Called> {
    let lanes: Vec<_> = calls(choice).enumerate().map(|(at, tool)| deltas(call, index, at, tool)).collect();
    if answer.interleave { in_turn(lanes) } else { lanes.into_iter().flatten().collect() }
}

fn deltas(call: &Call<'_>, index: usize, at: usize, tool: &ToolCall) -> VecDeque<Called> {
    let is_text = takes_text(call.body, &tool.name);
    let what = What::new(is_text, Some(tool.name.clone()), String::new());
    let opening =
        Called { index: Some(at), id: Some(id(call, index, at, tool)), kind: Some(what.kind()), what };
    let piece = |piece: &str| Called {
        index: Some(at),
        what: What::new(is_text, None, piece.to_owned()),
        ..Called::default()
    };
    std::iter::once(opening).chain(pieces(tool, is_text).map(piece)).collect()
}

/// The arguments; a function without any gets an empty object.
fn pieces(tool: &ToolCall, is_text: bool) -> impl Iterator<Item = &str> {
    let nothing = (!is_text && tool.arguments.0.is_empty()).then_some("{}");
    tool.arguments.iter().chain(nothing)
}

/// The tool calls of one answer, in order.
fn calls<'a>(choice: &'a Choice<'_>) -> impl Iterator<Item = &'a ToolCall> {
    choice.blocks.iter().filter_map(|block| match block {
        Block::ToolCall(call) => Some(call),
        _ => None,
    })
}

/// The id of a call: the script's, or drawn.
fn id(call: &Call<'_>, choice: usize, at: usize, tool: &ToolCall) -> String {
    let drawn = || format!("call_{}", call.draw.text(&format!("call {choice} {at}"), 24));
    tool.id.clone().unwrap_or_else(drawn)
}

/// One of each lane after the other, until all are empty.
pub(in crate::openai) fn in_turn<T>(mut lanes: Vec<VecDeque<T>>) -> VecDeque<T> {
    if lanes.len() == 1 {
        return lanes.pop().unwrap_or_default();
    }
    let mut all = VecDeque::new();
    while lanes.iter().any(|lane| !lane.is_empty()) {
        all.extend(lanes.iter_mut().filter_map(VecDeque::pop_front));
    }
    all
}

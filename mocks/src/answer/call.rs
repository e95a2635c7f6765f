//! Which tools the mock calls by itself, and with what.

use super::ask::{Ask, Choose, Format, Last, Tool};
use super::fill;
use super::own::topic;
use crate::script::{Pieces, ToolCall};
use crate::tokens;

/// The calls of one answer; none where the mock speaks instead. A tool's result is answered with words, unless a call is required.
pub(super) fn calls(ask: &Ask<'_>) -> Vec<ToolCall> {
    let asked = matches!(ask.last, Last::Said(_));
    let free = asked && matches!(ask.format, Format::Text);
    let chosen = match &ask.choose {
        Choose::None => Vec::new(),
        Choose::Named(name) => ask.tools.iter().filter(|tool| tool.name == *name).collect(),
        Choose::Any => fitting(ask, ask.tools.iter().collect()),
        Choose::Among(names, required) if *required || free => {
            fitting(ask, ask.tools.iter().filter(|tool| names.contains(&tool.name)).collect())
        }
        Choose::Auto if free => fitting(ask, ask.tools.iter().collect()),
        Choose::Auto | Choose::Among(..) => Vec::new(),
    };
    chosen.into_iter().map(|tool| call(ask, tool)).collect()
}

/// The tools that the question speaks of: all of them where parallel calls are welcome, else the first; without any, the first tool.
fn fitting<'a, 'b>(ask: &Ask<'a>, tools: Vec<&'b Tool<'a>>) -> Vec<&'b Tool<'a>> {
    let question = topic(&ask.last).to_lowercase();
    let by = |speaks: fn(&Tool<'_>, &str) -> bool| -> Vec<_> {
        tools.iter().copied().filter(|tool| speaks(tool, &question)).collect()
    };
    let mut spoken_of = by(names);
    if spoken_of.is_empty() {
        spoken_of = by(describes);
    }
    if spoken_of.is_empty() {
        spoken_of = tools;
        spoken_of.truncate(1);
    }
    if !ask.parallel {
        spoken_of.truncate(1);
    }
    spoken_of
}

/// Does the question hold a word of the tool's name? Short words, such as `get`, say nothing.
fn names(tool: &Tool<'_>, question: &str) -> bool {
    shares(tool.name, question, 4)
}

/// Does it hold a long word of the tool's description?
fn describes(tool: &Tool<'_>, question: &str) -> bool {
    shares(tool.description, question, 6)
}

fn shares(text: &str, question: &str, length: usize) -> bool {
    let text = text.to_lowercase();
    let mut words =
        text.split(|char: char| !char.is_alphanumeric()).filter(|word| word.chars().count() >= length);
    words.any(|word| question.contains(word))
}

fn call(ask: &Ask<'_>, tool: &Tool<'_>) -> ToolCall {
    let topic = topic(&ask.last);
    let arguments = match tool.schema {
        Some(schema) => fill(schema, &topic).to_string(),
        None if tool.is_text => topic.into_owned(),
        None => "{}".to_owned(),
    };
    let pieces = tokens::pieces(&arguments, None).pieces;
    ToolCall { id: None, name: tool.name.to_owned(), arguments: Pieces(pieces) }
}

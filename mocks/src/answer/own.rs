//! The mock's own answers: sensible, and the same to the same question.

use std::borrow::Cow;

use super::ask::{Ask, Effort, Format, Last};
use super::{Choice, Usage, call, fill};
use crate::script::{Block, Finish, Pieces, Reasoning};
use crate::tokens;

/// As many answers as were asked for, and what no block shows of their cost.
pub(super) fn choices<'a>(ask: &Ask<'a>) -> (Vec<Choice<'a>>, Option<Usage>) {
    let silent = match ask.reasoning {
        Effort::Silent(tokens) => tokens.min(ask.limit.unwrap_or(u64::MAX)),
        Effort::None | Effort::Aloud => 0,
    };
    let count = ask.count();
    let usage = Usage { reasoning: silent * count as u64, ..Usage::default() };
    ((0..count).map(|index| choice(ask, index, silent)).collect(), Some(usage))
}

fn choice<'a>(ask: &Ask<'a>, index: usize, silent: u64) -> Choice<'a> {
    let mut blocks = Vec::new();
    let mut left = ask.limit.map(|limit| limit - silent.min(limit));
    if ask.reasoning == Effort::Aloud {
        let thought = tokens::pieces("The question is plain, so the answer can be short.", left);
        left = left.map(|left| left - thought.tokens);
        blocks.push(Block::Reasoning(Reasoning {
            text: Pieces(thought.pieces),
            signature: None,
            redacted: None,
        }));
    }
    let calls = call::calls(ask);
    if !calls.is_empty() {
        blocks.extend(calls.into_iter().map(Block::ToolCall));
        return Choice { blocks: Cow::Owned(blocks), finish: Finish::ToolCalls, stop_sequence: None };
    }
    let text = said(ask, index);
    let stop = first_stop(&text, &ask.stop);
    let kept = stop.map_or(text.as_str(), |(at, _)| &text[..at]);
    let pieced = if ask.stream { tokens::pieces(kept, left) } else { tokens::whole(kept, left) };
    if !pieced.pieces.is_empty() {
        blocks.push(Block::Text(Pieces(pieced.pieces)));
    }
    let finish = match (pieced.is_cut, stop) {
        (true, _) => Finish::Length,
        (false, Some(_)) => Finish::StopSequence,
        (false, None) => Finish::Stop,
    };
    let stop_sequence = stop.filter(|_| finish == Finish::StopSequence).map(|(_, stop)| Cow::Borrowed(stop));
    Choice { blocks: Cow::Owned(blocks), finish, stop_sequence }
}

/// The stop string that comes up first, and where.
fn first_stop<'a>(text: &str, stops: &[&'a str]) -> Option<(usize, &'a str)> {
    let found =
        stops.iter().filter(|stop| !stop.is_empty()).filter_map(|stop| Some((text.find(stop)?, *stop)));
    found.min_by_key(|(at, _)| *at)
}

fn said(ask: &Ask<'_>, index: usize) -> String {
    match ask.format {
        Format::Schema(schema) => fill(schema, &topic(&ask.last)).to_string(),
        Format::Written(text) => {
            let schema = serde_json::from_str(text).unwrap_or_default();
            fill(&schema, &topic(&ask.last)).to_string()
        }
        Format::Object => serde_json::json!({ "answer": plain(ask, index) }).to_string(),
        Format::Text => plain(ask, index),
    }
}

fn plain(ask: &Ask<'_>, index: usize) -> String {
    let number = if index == 0 { String::new() } else { format!("{}. ", index + 1) };
    let images = match ask.images {
        0 => String::new(),
        1 => "There is an image with it. ".to_owned(),
        many => format!("There are {many} images with it. "),
    };
    match &ask.last {
        Last::Said(text) => format!("{number}This is a mock's answer. {images}You said: {}", shorten(text)),
        Last::Results(results) => {
            let results: Vec<&str> = results.iter().map(|result| shorten(result)).collect();
            format!("{number}This is a mock's answer. {images}The tools say: {}", results.join("; "))
        }
    }
}

/// The text that arguments and schemas are filled from.
pub(super) fn topic<'a>(last: &'a Last<'_>) -> Cow<'a, str> {
    match last {
        Last::Said(text) => Cow::Borrowed(text),
        Last::Results(results) => Cow::Owned(results.join(" ")),
    }
}

/// Quotes are cut here, at a whole character.
const QUOTED: usize = 400;

fn shorten(text: &str) -> &str {
    let text = text.trim();
    text.char_indices().nth(QUOTED).map_or(text, |(cut, _)| &text[..cut])
}

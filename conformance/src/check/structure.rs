//! Who said what: system texts, turns, pictures, files, reasoning.

use serde_json::Value;

use super::request::long_numbers;
use super::support::{Side, asked, carried, carried_or_named, differences, finding, unless, upstream};
use super::{Check, Judged, Verdict};
use crate::case::{Asked, Case};
use crate::dialect;
use crate::meaning::{Facet, Input, Meaning, Part, Turn};

pub(super) const TABLE: &[(&str, Check)] = &[
    ("chat.request.system.kept", |case| carried(case, Facet::System)),
    ("chat.request.system.several", |case| carried(case, Facet::System)),
    ("chat.request.system.developer", |case| carried(case, Facet::System)),
    ("chat.request.system.mid-conversation", |case| carried(case, Facet::System)),
    ("chat.request.turns.kept", |case| carried(case, Facet::Turns)),
    ("chat.request.turns.alternate", alternate),
    ("chat.request.text.unchanged", unchanged),
    ("chat.request.image.data-url", |case| carried(case, Facet::Images)),
    ("chat.request.image.https", |case| carried(case, Facet::Images)),
    ("chat.request.image.order", image_order),
    ("chat.request.audio.never-silent", |case| carried_or_named(case, Facet::Audio)),
    ("chat.request.file.never-silent", |case| carried_or_named(case, Facet::Files)),
    ("chat.request.reasoning.returned", |case| carried_or_named(case, Facet::Reasoning)),
    ("chat.request.empty-text", empty_text),
];

/// With some models Converse refuses two turns of one role in a row; no document says with which.
fn alternate(case: &Case) -> Judged {
    let messages = &asked(case)?.json["messages"];
    let roles: Vec<_> =
        messages.as_array().into_iter().flatten().filter_map(|message| message["role"].as_str()).collect();
    match roles.windows(2).position(|pair| pair[0] == pair[1]) {
        None => Ok(()),
        Some(first) => upstream(&format!("/messages/{}", first + 1), "the other role", roles[first]),
    }
}

/// Every text of the client is a part of some text upstream, character by character.
pub(super) fn unchanged(case: &Case) -> Judged {
    let asked = asked(case)?;
    let (Some(meant), Some(told)) = (&case.meant, &case.told) else {
        return Err(Verdict::Untestable("the request upstream cannot be read".to_owned()));
    };
    let sent = texts(told);
    let is_there = |text: &String| sent.iter().any(|sent| sent.contains(text.as_str()));
    let is_lost = |text: &String| {
        let is_result = is_result(meant, text);
        !(is_there(text) || is_result && (are_there(text, is_there) || stands_as_json(asked, text)))
    };
    let lost = texts(meant).into_iter().filter(is_lost);
    unless(lost.map(|text| finding(Side::Upstream, case.subject(), text, "no such text")).collect())
}

fn is_result(meant: &Meaning, text: &String) -> bool {
    let is_it = |part: &Part| matches!(part, Part::Result { text: result, .. } if result == text);
    meant.turns.iter().flat_map(|turn| &turn.parts).any(is_it)
}

/// Whether each part of a result is there: what stands between them is nowhere said.
fn are_there(text: &str, is_there: impl Fn(&String) -> bool) -> bool {
    text.split('\n').all(|part| is_there(&part.to_owned()))
}

/// Whether a result that is JSON stands there as that JSON, and no longer as a text: some providers want objects. No document says how
/// JSON is to be spelled, but every digit of a number counts.
fn stands_as_json(asked: &Asked, text: &str) -> bool {
    let Ok(json) = serde_json::from_str::<Value>(text) else { return false };
    let body = String::from_utf8_lossy(&asked.body);
    let has_digits = |number| long_numbers(&body).any(|sent| sent == number);
    (json.is_object() || json.is_array()) && has(&asked.json, &json) && long_numbers(text).all(has_digits)
}

/// Whether this value is anywhere in it.
fn has(json: &Value, value: &Value) -> bool {
    let is_in = |inner: &Value| has(inner, value);
    json == value
        || match json {
            Value::Object(members) => members.values().any(is_in),
            Value::Array(elements) => elements.iter().any(is_in),
            _ => false,
        }
}

fn texts(meaning: &Meaning) -> Vec<String> {
    let in_turn = |turn: &Turn| turn.parts.iter().filter_map(text).collect::<Vec<_>>();
    let input = |input: &Input| match input {
        Input::Text(text) => Some(text.clone()),
        Input::Tokens(_) => None,
    };
    let inputs = meaning.inputs.iter().filter_map(input);
    meaning.turns.iter().flat_map(in_turn).chain(meaning.system.iter().cloned()).chain(inputs).collect()
}

fn text(part: &Part) -> Option<String> {
    match part {
        Part::Text(text) | Part::Refusal(text) | Part::Result { text, .. } => Some(text.clone()),
        _ => None,
    }
}

/// Pictures stand where the client put them among the texts, if they arrived: what is lost has no place.
fn image_order(case: &Case) -> Judged {
    if dialect::of(case.provider()).is_some_and(|dialect| !dialect.mixes) {
        return Err(Verdict::NotHere);
    }
    let found = differences(case)?;
    let [meant, told] = [&case.meant, &case.told].map(|meaning| meaning.as_ref().map_or(0, pictures));
    if told < meant {
        return Err(Verdict::Untestable(format!("of {meant} pictures the provider was told {told}")));
    }
    let about = |facet| matches!(facet, Facet::Images | Facet::Turns);
    unless(
        found
            .into_iter()
            .filter(|difference| about(difference.facet))
            .map(super::support::as_finding)
            .collect(),
    )
}

fn pictures(meaning: &Meaning) -> usize {
    let parts = meaning.turns.iter().flat_map(|turn| &turn.parts);
    parts.filter(|part| matches!(part, Part::Image(_))).count()
}

/// Providers refuse empty text blocks.
fn empty_text(case: &Case) -> Judged {
    let messages = asked(case)?.json["messages"].as_array().cloned().unwrap_or_default();
    let is_empty = |block: &Value| {
        block["text"] == ""
            && (block["type"] == "text" || block.as_object().is_some_and(|block| block.len() == 1))
    };
    let empty = |message: &Value| message["content"].as_array().into_iter().flatten().any(is_empty);
    match messages.iter().position(empty) {
        None => Ok(()),
        Some(position) => upstream(&format!("/messages/{position}/content"), "no empty text block", "one"),
    }
}

//! Compares who said what: system texts and turns.

use serde::Serialize;
use serde_json::Value;

use super::compare::difference;
use super::{Difference, Facet, Meaning, Part, Turn};
use crate::text::{json, short};

pub(super) fn system(client: &Meaning, upstream: &Meaning, found: &mut Vec<Difference>) {
    if !carries(&client.system, &upstream.system) && !asks_for_json(client, upstream) {
        found.push(Difference {
            pointer: "/messages".to_owned(),
            absent: upstream.system.is_empty(),
            ..difference(Facet::System, "messages", &client.system, Some(&upstream.system))
        });
    }
}

/// The same with system texts that the client gave in mid-conversation, and that stand there among what the user says, where they
/// belong: not every provider lets the system speak again, and no document says what to do then but not to lose it.
pub(super) fn settled(client: &Meaning, upstream: &Meaning) -> Meaning {
    let mut settled = upstream.clone();
    let is_told = |text: &String| upstream.system.iter().any(|told| told.contains(text.as_str()));
    for text in client.later.iter().filter(|text| !is_told(text)) {
        for turn in settled.turns.iter_mut().filter(|turn| turn.role == "user") {
            let is_it = |part: &Part| matches!(part, Part::Text(said) if said.contains(text.as_str()));
            let Some(at) = turn.parts.iter().position(is_it) else { continue };
            turn.parts.remove(at);
            // A sentence before it may say whose it is.
            if at > 0 && matches!(&turn.parts[at - 1], Part::Text(said) if says_whose(said)) {
                turn.parts.remove(at - 1);
            }
            settled.system.push(text.clone());
            break;
        }
    }
    settled
}

fn says_whose(said: &str) -> bool {
    ["system", "operator", "developer"].iter().any(|word| said.to_lowercase().contains(word))
}

/// Who wants JSON may be helped by words that ask for it: `OpenAI`'s models insist on them, others know no better way.
pub(super) fn asks_for_json(client: &Meaning, upstream: &Meaning) -> bool {
    let told = upstream.system.join("\n");
    let mut rest = told.as_str();
    let mut added = String::new();
    for text in &client.system {
        let Some((before, behind)) = rest.split_once(text.as_str()) else { return false };
        added.push_str(before);
        rest = behind;
    }
    added.push_str(rest);
    client.format.is_some() && added.to_lowercase().contains("json")
}

pub(super) fn turns(client: &Meaning, upstream: &Meaning, found: &mut Vec<Difference>) {
    let roles = |meaning: &Meaning| meaning.turns.iter().map(|turn| turn.role).collect::<Vec<_>>();
    if roles(client) != roles(upstream) {
        found.push(Difference {
            pointer: "/messages".to_owned(),
            ..difference(Facet::Turns, "messages", &roles(client), Some(&roles(upstream)))
        });
    }
    let nothing = Turn { role: "none", parts: Vec::new() };
    for (position, said) in client.turns.iter().enumerate() {
        turn(position, said, upstream.turns.get(position).unwrap_or(&nothing), found);
    }
}

fn turn(position: usize, said: &Turn, sent: &Turn, found: &mut Vec<Difference>) {
    let mut note = |facet, expected: String, actual: String, absent| {
        let pointer = format!("/messages (turn {position})");
        found.push(Difference { facet, member: "messages".to_owned(), pointer, expected, actual, absent });
    };
    let (wanted, got) = (texts(said), texts(sent));
    if !carries(&wanted, &got) {
        note(Facet::Turns, told(&wanted), told(&got), got.is_empty());
    }
    let (wanted, got) = (kinds(said, sent), kinds(sent, said));
    if wanted != got {
        note(Facet::Turns, format!("parts in the order {}", wanted.join(", ")), got.join(", "), false);
    }
    for facet in [Facet::Images, Facet::Audio, Facet::Files, Facet::Calls, Facet::Reasoning] {
        let (wanted, got) = (about(facet, said), about(facet, sent));
        if wanted != got {
            note(facet, told(&wanted), told(&got), got.is_empty());
        }
    }
    let (wanted, got) = (about(Facet::Results, said), about(Facet::Results, sent));
    if wanted.len() != got.len() || wanted.iter().zip(&got).any(|(wanted, got)| !same_result(wanted, got)) {
        note(Facet::Results, told(&wanted), told(&got), got.is_empty());
    }
}

fn about(facet: Facet, turn: &Turn) -> Vec<&Part> {
    turn.parts.iter().filter(|part| facet_of(part) == facet).collect()
}

fn facet_of(part: &Part) -> Facet {
    match part {
        Part::Text(_) | Part::Refusal(_) => Facet::Turns,
        Part::Image(_) => Facet::Images,
        Part::Audio(..) => Facet::Audio,
        Part::File(_) => Facet::Files,
        Part::Call { .. } => Facet::Calls,
        Part::Result { .. } => Facet::Results,
        Part::Reasoning(..) => Facet::Reasoning,
        Part::Unknown(_) => Facet::Other,
    }
}

/// A refusal is what the assistant said, where a dialect has no other word for it.
fn texts(turn: &Turn) -> Vec<String> {
    let text = |part: &Part| match part {
        Part::Text(text) | Part::Refusal(text) => Some(text.clone()),
        _ => None,
    };
    turn.parts.iter().filter_map(text).collect()
}

/// Same id, and the same text or the same JSON. A provider whose results are objects may wrap another JSON in one member.
fn same_result(wanted: &Part, got: &Part) -> bool {
    let (Part::Result { id, text }, Part::Result { id: got_id, text: got }) = (wanted, got) else {
        return false;
    };
    let json = |text: &str| serde_json::from_str::<Value>(text).ok();
    let wraps = |got: &Value, wanted: &Value| {
        got.as_object().is_some_and(|members| members.len() == 1 && members.values().next() == Some(wanted))
    };
    // Where a result has several parts, what stands between them is nowhere said.
    let parts: Vec<_> = text.split('\n').map(str::to_owned).collect();
    id == got_id
        && (carries(&parts, std::slice::from_ref(got))
            || match (json(text), json(got)) {
                (Some(wanted), Some(got)) => wanted == got || wraps(&got, &wanted),
                (None, Some(got)) => wraps(&got, &Value::String(text.clone())),
                _ => false,
            })
}

/// The kinds of parts in order, runs as one, without those that the other side has none of: those differ by themselves.
fn kinds(turn: &Turn, other: &Turn) -> Vec<&'static str> {
    let has = |kind: &&str| other.parts.iter().any(|part| kind_of(part) == *kind);
    let mut kinds: Vec<_> = turn.parts.iter().map(kind_of).filter(has).collect();
    kinds.dedup();
    kinds
}

fn kind_of(part: &Part) -> &'static str {
    match part {
        Part::Text(_) | Part::Refusal(_) => "text",
        Part::Image(_) => "image",
        Part::Audio(..) => "audio",
        Part::File(_) => "file",
        Part::Call { .. } => "call",
        Part::Result { .. } => "result",
        Part::Reasoning(..) => "reasoning",
        Part::Unknown(_) => "something else",
    }
}

/// Every text in order, and nothing else but white space between them: how texts are cut into blocks means nothing.
fn carries(wanted: &[String], got: &[String]) -> bool {
    let got = got.join("\n");
    let mut rest = got.as_str();
    for text in wanted {
        let text = text.trim();
        let Some(found) = rest.trim_start().strip_prefix(text) else { return false };
        rest = found;
    }
    rest.trim().is_empty()
}

/// Long texts and pictures by their beginning and end.
fn told(value: &impl Serialize) -> String {
    short(&json(value), 400)
}

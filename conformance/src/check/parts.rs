//! What a reply is made of, where its surface tells its parts apart.

use super::support::{answer, client};
use super::{Judged, reply};
use crate::case::Case;
use crate::fold::Part;
use crate::surface::Place;
use crate::text::json;

/// In the order in which the provider said it: thoughts, words, calls.
pub(super) fn order(case: &Case) -> Judged {
    reply::scripted(case)?;
    let answer = answer(case)?;
    let is_said = |part: &Part| *part != Part::Text || !answer.text.is_empty() || !answer.refusal.is_empty();
    let plain = |parts: &[Part]| {
        let mut parts: Vec<_> = parts.iter().copied().filter(is_said).collect();
        parts.dedup();
        parts
    };
    let (wanted, got) = (plain(&case.expected.parts), plain(&answer.parts));
    if wanted == got {
        Ok(())
    } else {
        let place = case.place(Place::Text).split("/*").next().unwrap_or_default();
        client(place, json(&wanted), json(&got))
    }
}

/// The type of an event is its name, so that clients can tell events apart before they read them.
pub(super) fn named(case: &Case) -> Judged {
    let fold = super::support::fold(case)?;
    for (number, event) in fold.events.list.iter().enumerate() {
        let data: serde_json::Value = serde_json::from_str(&event.data).unwrap_or_default();
        let kind = data["type"].as_str().unwrap_or_default();
        if event.name != kind {
            let got = if event.name.is_empty() { "no name" } else { &event.name };
            return client(&format!("event {number}"), format!("event: {kind}"), got);
        }
    }
    Ok(())
}

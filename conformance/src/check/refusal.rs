//! A request that is refused although it could have been served without one of its members: `user`, `top_k`, `n`.
//!
//! Not every provider has a place for such a member. To refuse it openly is as good as to carry it, and better than to let it vanish:
//! so nothing else is judged then, but what is about that very member, where the provider knows it.

use serde_json::Value;

use crate::case::{Asked, Case, Seen};
use crate::scenario::Outcome;

/// What a request cannot be served without.
const CORE: [&str; 6] = ["model", "messages", "prompt", "input", "instructions", "stream"];

/// Members of the client's request for which it was refused. Empty where it was served, or failed otherwise.
///
/// The gateway refuses by a sentence that names them, and does not call the provider. Or it hands them to the provider as they are,
/// and the client hears the provider's refusal: of a member that its document does not know, or that its own sentence names.
pub fn members(case: &Case) -> Vec<&str> {
    let (Outcome::Reply | Outcome::Either, Some(400..=499), Seen::Error(error)) =
        (case.scenario.outcome, case.transcript.status, &case.seen)
    else {
        return Vec::new();
    };
    let said = sentence(error);
    let refused = optional(case).filter(|(name, value)| match case.asked.last() {
        None => matches!(case.transcript.status, Some(400 | 422)) && names(&said, name),
        Some(asked) => is_refused_there(asked, name, value, &said),
    });
    refused.map(|(name, _)| name.as_str()).collect()
}

/// Members of the request that a refusal names, where the provider was not called.
pub(super) fn named(case: &Case) -> Vec<&str> {
    let Seen::Error(error) = &case.seen else { return Vec::new() };
    let said = sentence(error);
    let named = optional(case).filter(|(name, _)| case.asked.is_empty() && names(&said, name));
    named.map(|(name, _)| name.as_str()).collect()
}

fn sentence(error: &Value) -> String {
    error["error"]["message"].as_str().map_or_else(|| error.to_string(), str::to_owned)
}

fn optional(case: &Case) -> impl Iterator<Item = (&String, &Value)> {
    let sent = case.sent.json.as_object().into_iter().flatten();
    sent.filter(|(name, _)| !CORE.contains(&name.as_str()))
}

/// Whether the provider refused this member, which it was handed as it is, and nothing else.
fn is_refused_there(asked: &Asked, name: &str, value: &Value, said: &str) -> bool {
    let unknown = |keyword: &str| ["additionalProperties", "unevaluatedProperties"].contains(&keyword);
    let is_its = |violation: &specs::Violation| unknown(&violation.keyword);
    let is_client_error = (400..500).contains(&asked.status);
    let is_named = if asked.violations.is_empty() {
        names(said, name)
    } else {
        asked.violations.iter().any(|violation| violation.pointer == format!("/{name}"))
    };
    is_client_error && is_named && asked.json[name] == *value && asked.violations.iter().all(is_its)
}

/// Whether a sentence has this word.
fn names(sentence: &str, word: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    sentence.split(|character| !is_part(character)).any(|part| part == word)
}

//! Members of Cohere's own that a client sends beside OpenAI's, at the top or in `extra_body`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::sampling;
use crate::call::Losses;
use crate::json::Object;
use crate::openai::Member;

/// What a chat of version 2 takes as it comes.
pub(super) const CHAT: &[&str] =
    &["citation_options", "documents", "priority", "safety_mode", "strict_tools"];

/// What a chat of version 1 takes as it comes.
pub(super) const CHAT_V1: &[&str] = &[
    "citation_quality",
    "connectors",
    "conversation_id",
    "documents",
    "force_single_step",
    "max_input_tokens",
    "prompt_truncation",
    "raw_prompting",
    "safety_mode",
    "search_queries_only",
];

/// What generation takes as it comes.
pub(super) const GENERATE: &[&str] = &["end_sequences", "preset", "raw_prompting", "truncate"];

/// What embedding takes as it comes.
pub(super) const EMBED: &[&str] = &["input_type", "max_tokens", "priority", "truncate"];

/// Carries what is among `known`, and names what neither is nor has its place elsewhere. What is said twice, holds as it was
/// said first.
pub(super) fn write(
    others: &[Member<'_>],
    known: &'static [&'static str],
    losses: &mut Losses,
    body: &mut Object<'_>,
) {
    let mut taken = Vec::new();
    let mut take = |name: &str, value: &RawValue| {
        let Some(name) = known.iter().find(|known| **known == name) else { return false };
        if !taken.contains(name) {
            taken.push(*name);
            body.raw(name, value.get());
        }
        true
    };
    for member in others {
        match &*member.name {
            "extra_body" => extra(member.value, losses, &mut take),
            "logprobs" if known == CHAT => (),
            name if sampling::TAKEN.contains(&name) && known != EMBED => (),
            name if take(name, member.value) => (),
            name => losses.drop(name),
        }
    }
}

fn extra(value: &RawValue, losses: &mut Losses, take: &mut dyn FnMut(&str, &RawValue) -> bool) {
    #[derive(Deserialize)]
    struct Borrowed<'a>(#[serde(borrow)] BTreeMap<Cow<'a, str>, &'a RawValue>);

    let Ok(Borrowed(own)) = serde_json::from_str(value.get()) else {
        return losses.drop("extra_body");
    };
    for (name, value) in own {
        if !take(&name, value) {
            losses.drop(format!("extra_body.{name}"));
        }
    }
}

/// Whether the client said this member itself, at the top or in `extra_body`.
pub(super) fn says(others: &[Member<'_>], name: &str) -> bool {
    #[derive(Deserialize)]
    struct Borrowed<'a>(#[serde(borrow)] BTreeMap<Cow<'a, str>, &'a RawValue>);

    let within = |value: &RawValue| {
        serde_json::from_str::<Borrowed<'_>>(value.get()).is_ok_and(|Borrowed(own)| own.contains_key(name))
    };
    others.iter().any(|member| member.name == name || member.name == "extra_body" && within(member.value))
}

//! Members that Mistral knows by OpenAI's name, or only the client by Mistral's: at the top or in `extra_body`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::call::Losses;
use crate::json::Object;
use crate::openai::Member;

/// What a chat takes as it comes.
pub(super) const CHAT: &[&str] = &[
    "frequency_penalty",
    "guardrails",
    "logprobs",
    "metadata",
    "min_tokens",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_logprobs",
    "prompt_mode",
    "random_seed",
    "repetition_penalty",
    "safe_prompt",
    "top_logprobs",
    "top_prompt_logprobs",
];

/// What a completion in the middle takes as it comes.
pub(super) const FIM: &[&str] = &["metadata", "min_tokens", "prompt_cache_key", "random_seed"];

/// Carries what is among `known`, and names the rest. What is said twice, holds as it was said first.
pub(super) fn write<'a>(
    others: impl Iterator<Item = &'a Member<'a>>,
    known: &'static [&'static str],
    losses: &mut Losses,
    body: &mut Object<'_>,
) {
    let mut members = Members { known, taken: Vec::new(), body };
    for member in others {
        match &*member.name {
            "extra_body" => extra(member.value, losses, &mut members),
            name => {
                if !members.take(name, member.value) {
                    losses.drop(name);
                }
            }
        }
    }
}

fn extra(value: &RawValue, losses: &mut Losses, members: &mut Members<'_, '_>) {
    #[derive(Deserialize)]
    struct Borrowed<'a>(#[serde(borrow)] BTreeMap<Cow<'a, str>, &'a RawValue>);

    let Ok(Borrowed(own)) = serde_json::from_str(value.get()) else {
        return losses.drop("extra_body");
    };
    for (name, value) in own {
        if !members.take(&name, value) {
            losses.drop(format!("extra_body.{name}"));
        }
    }
}

struct Members<'m, 'o> {
    known: &'static [&'static str],
    taken: Vec<&'static str>,
    body: &'m mut Object<'o>,
}

impl Members<'_, '_> {
    /// Whether the member has a place.
    fn take(&mut self, name: &str, value: &RawValue) -> bool {
        let theirs = if name == "seed" { "random_seed" } else { name };
        // Seeds are not negative here.
        if theirs == "random_seed" && value.get().starts_with('-') {
            return false;
        }
        let Some(name) = self.known.iter().find(|known| **known == theirs) else { return false };
        if !self.taken.contains(name) {
            self.taken.push(name);
            self.body.raw(name, value.get());
        }
        true
    }
}

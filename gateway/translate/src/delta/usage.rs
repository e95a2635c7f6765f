//! What a call took of its provider, in no one's words.

use std::fmt;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::Text;

/// Tokens of one call. What the provider does not say is `None`, which is not zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Every prompt token, those read from or written to a cache included.
    pub prompt: u64,
    /// Every token of the answer, reasoning included.
    pub completion: u64,
    /// The provider's own total, where it differs from the sum or was given.
    pub total: Option<u64>,
    /// Prompt tokens read from a cache.
    pub cached: Option<u64>,
    /// Prompt tokens written to a cache.
    pub cache_write: Option<u64>,
    /// Of those written, the ones that are kept for five minutes.
    pub cache_write_5m: Option<u64>,
    /// Of those written, the ones that are kept for an hour.
    pub cache_write_1h: Option<u64>,
    /// Tokens of the answer spent on reasoning.
    pub reasoning: Option<u64>,
    /// Tokens of the answer that the client had foretold.
    pub accepted_prediction: Option<u64>,
    /// Tokens that the client had foretold, and that are not in the answer, but paid for.
    pub rejected_prediction: Option<u64>,
    /// What the prompt is made of.
    pub prompt_kinds: Kinds,
    /// What the answer is made of.
    pub completion_kinds: Kinds,
    /// What was read from a cache.
    pub cached_kinds: Kinds,
    /// What a ranking costs, which is not counted in tokens.
    pub search_units: Option<u64>,
    /// The class of service that the provider says it gave, which has prices of its own.
    pub tier: Option<Tier>,
}

impl Usage {
    /// The provider's total, or else the sum.
    pub fn total(&self) -> u64 {
        self.total.unwrap_or_else(|| self.prompt.saturating_add(self.completion))
    }

    /// What two calls took, or two answers of one session.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            prompt: self.prompt.saturating_add(other.prompt),
            completion: self.completion.saturating_add(other.completion),
            total: Some(self.total().saturating_add(other.total())),
            cached: sum(self.cached, other.cached),
            cache_write: sum(self.cache_write, other.cache_write),
            cache_write_5m: sum(self.cache_write_5m, other.cache_write_5m),
            cache_write_1h: sum(self.cache_write_1h, other.cache_write_1h),
            reasoning: sum(self.reasoning, other.reasoning),
            accepted_prediction: sum(self.accepted_prediction, other.accepted_prediction),
            rejected_prediction: sum(self.rejected_prediction, other.rejected_prediction),
            prompt_kinds: self.prompt_kinds.plus(&other.prompt_kinds),
            completion_kinds: self.completion_kinds.plus(&other.completion_kinds),
            cached_kinds: self.cached_kinds.plus(&other.cached_kinds),
            search_units: sum(self.search_units, other.search_units),
            tier: other.tier.or(self.tier),
        }
    }
}

/// What neither says is not said.
fn sum(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (None, None) => None,
        _ => Some(one.unwrap_or(0).saturating_add(other.unwrap_or(0))),
    }
}

/// Tokens by what they stand for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kinds {
    /// Text.
    pub text: Option<u64>,
    /// Sound.
    pub audio: Option<u64>,
    /// Pictures.
    pub image: Option<u64>,
}

impl Kinds {
    fn plus(&self, other: &Self) -> Self {
        Self {
            text: sum(self.text, other.text),
            audio: sum(self.audio, other.audio),
            image: sum(self.image, other.image),
        }
    }
}

/// A provider's word for a class of service, such as `priority`; the beginning of it, where it is longer than any that is known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Tier {
    length: u8,
    bytes: [u8; Self::MOST],
}

impl Tier {
    const MOST: usize = 31;

    /// Keeps a word; `None`, where it is empty.
    pub fn new(word: &str) -> Option<Self> {
        let length = word.floor_char_boundary(Self::MOST);
        let mut bytes = [0; Self::MOST];
        bytes[..length].copy_from_slice(&word.as_bytes()[..length]);
        (length > 0).then_some(Self { length: u8::try_from(length).ok()?, bytes })
    }

    /// The word.
    pub fn name(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length.into()]).expect("cut between characters")
    }
}

impl fmt::Debug for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name().fmt(f)
    }
}

/// A member that may be such a word; any other value is none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MaybeTier(pub(crate) Option<Tier>);

impl<'de> Deserialize<'de> for MaybeTier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&RawValue>::deserialize(deserializer)?.get();
        Ok(Self(Text::token(json).and_then(|text| Tier::new(&text.plain()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_kept_as_it_stands_and_a_long_one_cut_between_characters() {
        let name = |word: &str| Tier::new(word).map(|tier| tier.name().to_owned());
        assert_eq!(name("priority").as_deref(), Some("priority"));
        assert_eq!(name(""), None);
        assert_eq!(name(&"é".repeat(20)).as_deref(), Some("é".repeat(15).as_str()));
    }
}

//! Messages replies and their events, as far as they are read.
//!
//! <https://docs.anthropic.com/en/api/messages>

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Text;
use crate::delta::{MaybeTier, Tier, Usage as Tokens};

#[derive(Deserialize)]
pub(super) struct MessageStart<'a> {
    #[serde(borrow)]
    pub(super) message: Message<'a>,
}

#[derive(Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    #[serde(default)]
    pub(super) id: Text<'a>,
    #[serde(default)]
    pub(super) model: Text<'a>,
    pub(super) content: Option<Vec<&'a RawValue>>,
    pub(super) stop_reason: Option<Text<'a>>,
    pub(super) stop_details: Option<StopDetails<'a>>,
    pub(super) usage: Option<Usage>,
    pub(super) error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct BlockStart<'a> {
    pub(super) index: u32,
    #[serde(borrow)]
    pub(super) content_block: &'a RawValue,
}

#[derive(Deserialize)]
pub(super) struct Block<'a> {
    #[serde(borrow)]
    pub(super) r#type: Text<'a>,
    #[serde(default)]
    pub(super) text: Text<'a>,
    #[serde(default)]
    pub(super) thinking: Text<'a>,
    #[serde(default)]
    pub(super) signature: Text<'a>,
    #[serde(default)]
    pub(super) data: Text<'a>,
    #[serde(default)]
    pub(super) id: Text<'a>,
    #[serde(default)]
    pub(super) name: Text<'a>,
    pub(super) input: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct BlockDelta<'a> {
    pub(super) index: u32,
    #[serde(borrow)]
    pub(super) delta: Piece<'a>,
}

#[derive(Deserialize)]
pub(super) struct Piece<'a> {
    #[serde(borrow)]
    pub(super) r#type: Text<'a>,
    #[serde(default)]
    pub(super) text: Text<'a>,
    #[serde(default)]
    pub(super) thinking: Text<'a>,
    #[serde(default)]
    pub(super) signature: Text<'a>,
    #[serde(default)]
    pub(super) partial_json: Text<'a>,
}

#[derive(Deserialize)]
pub(super) struct MessageDelta<'a> {
    #[serde(borrow)]
    pub(super) delta: Stop<'a>,
    pub(super) usage: Option<Usage>,
}

#[derive(Deserialize)]
pub(super) struct Stop<'a> {
    #[serde(borrow)]
    pub(super) stop_reason: Option<Text<'a>>,
    pub(super) stop_details: Option<StopDetails<'a>>,
}

/// Why a model declined.
#[derive(Deserialize)]
pub(super) struct StopDetails<'a> {
    #[serde(borrow)]
    pub(super) explanation: Option<Text<'a>>,
}

/// What a block is, or a piece of one, where the rest of it cannot be read.
#[derive(Deserialize)]
pub(super) struct Kind<'a> {
    #[serde(borrow)]
    pub(super) r#type: Text<'a>,
    pub(super) delta: Option<Inner<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Inner<'a> {
    #[serde(borrow)]
    pub(super) r#type: Text<'a>,
}

impl<'a> Kind<'a> {
    pub(super) fn name(&self) -> Cow<'a, str> {
        self.delta.as_ref().map_or(self.r#type, |inner| inner.r#type).plain()
    }
}

/// <https://platform.claude.com/docs/en/build-with-claude/fast-mode>
const FAST: &str = "fast";

/// Running totals; a later event overrides only what it names.
#[derive(Clone, Copy, Default, Deserialize)]
pub(super) struct Usage {
    pub(super) input_tokens: Option<u64>,
    pub(super) output_tokens: Option<u64>,
    pub(super) cache_read_input_tokens: Option<u64>,
    pub(super) cache_creation_input_tokens: Option<u64>,
    pub(super) output_tokens_details: Option<OutputDetails>,
    pub(super) cache_creation: Option<Creation>,
    #[serde(default)]
    service_tier: MaybeTier,
    #[serde(default)]
    speed: MaybeTier,
}

/// Tokens written to a cache, by how long they are kept.
#[derive(Clone, Copy, Deserialize)]
pub(super) struct Creation {
    ephemeral_5m_input_tokens: Option<u64>,
    ephemeral_1h_input_tokens: Option<u64>,
}

#[derive(Clone, Copy, Deserialize)]
pub(super) struct OutputDetails {
    pub(super) thinking_tokens: Option<u64>,
}

impl Usage {
    /// Takes what `later` names; it counts from the beginning of the reply, so nothing is added.
    pub(super) fn update(&mut self, later: Self) {
        self.input_tokens = later.input_tokens.or(self.input_tokens);
        self.output_tokens = later.output_tokens.or(self.output_tokens);
        self.cache_read_input_tokens = later.cache_read_input_tokens.or(self.cache_read_input_tokens);
        self.cache_creation_input_tokens =
            later.cache_creation_input_tokens.or(self.cache_creation_input_tokens);
        self.cache_creation = later.cache_creation.or(self.cache_creation);
        self.service_tier.0 = later.service_tier.0.or(self.service_tier.0);
        self.speed.0 = later.speed.0.or(self.speed.0);
        self.output_tokens_details = later.output_tokens_details.or(self.output_tokens_details);
    }

    /// Whether the provider counted at all.
    pub(super) fn is_known(self) -> bool {
        self.input_tokens.is_some() || self.output_tokens.is_some()
    }

    /// The class of service. Whoever gets the fast mode pays for that.
    fn tier(self) -> Option<Tier> {
        self.speed.0.filter(|speed| speed.name() == FAST).or(self.service_tier.0)
    }

    /// `input_tokens` leaves the cached ones out; OpenAI's count does not.
    pub(super) fn tokens(self) -> Tokens {
        let (cached, cache_write) = (self.cache_read_input_tokens, self.cache_creation_input_tokens);
        let prompt =
            [self.input_tokens, cached, cache_write].into_iter().flatten().fold(0, u64::saturating_add);
        Tokens {
            prompt,
            completion: self.output_tokens.unwrap_or(0),
            cached,
            cache_write,
            reasoning: self.output_tokens_details.and_then(|details| details.thinking_tokens),
            cache_write_5m: self.cache_creation.and_then(|creation| creation.ephemeral_5m_input_tokens),
            cache_write_1h: self.cache_creation.and_then(|creation| creation.ephemeral_1h_input_tokens),
            tier: self.tier(),
            ..Tokens::default()
        }
    }
}

//! What Converse answers, whole and as events: only what a translation reads.
//!
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_ResponseSyntax>
//!
//! Blocks and deltas are unions: exactly one member is there. All are optional here, so that a kind yet to come is
//! skipped. An unmodelled member `p`, random letters that hide how long a token is, is on every event.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Text;
use crate::delta::{MaybeTier, Usage as Tokens};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reply<'a> {
    #[serde(borrow)]
    pub(super) output: Output<'a>,
    pub(super) stop_reason: Text<'a>,
    pub(super) usage: Option<Usage>,
    pub(super) additional_model_response_fields: Option<&'a RawValue>,
    pub(super) trace: Option<&'a RawValue>,
    pub(super) service_tier: Option<ServiceTier>,
}

#[derive(Deserialize)]
pub(super) struct Output<'a> {
    #[serde(borrow)]
    pub(super) message: Message<'a>,
}

#[derive(Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    pub(super) content: Vec<Block<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Block<'a> {
    #[serde(borrow)]
    pub(super) text: Option<Text<'a>>,
    pub(super) tool_use: Option<ToolUse<'a>>,
    pub(super) reasoning_content: Option<Reasoning<'a>>,
    pub(super) citations_content: Option<Cited<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToolUse<'a> {
    #[serde(borrow)]
    pub(super) tool_use_id: Text<'a>,
    pub(super) name: Text<'a>,
    pub(super) input: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reasoning<'a> {
    #[serde(borrow)]
    pub(super) reasoning_text: Option<ReasoningText<'a>>,
    /// Base64.
    pub(super) redacted_content: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct ReasoningText<'a> {
    #[serde(borrow)]
    pub(super) text: Text<'a>,
    pub(super) signature: Option<Text<'a>>,
}

/// Text that quotes its sources.
#[derive(Deserialize)]
pub(super) struct Cited<'a> {
    #[serde(borrow, default)]
    pub(super) content: Vec<CitedText<'a>>,
}

#[derive(Deserialize)]
pub(super) struct CitedText<'a> {
    #[serde(borrow)]
    pub(super) text: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BlockStart<'a> {
    pub(super) content_block_index: u32,
    #[serde(borrow)]
    pub(super) start: Opening<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Opening<'a> {
    #[serde(borrow)]
    pub(super) tool_use: Option<ToolUse<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BlockDelta<'a> {
    pub(super) content_block_index: u32,
    #[serde(borrow)]
    pub(super) delta: Piece<'a>,
    #[serde(rename = "p")]
    pub(super) padding: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Piece<'a> {
    #[serde(borrow)]
    pub(super) text: Option<Text<'a>>,
    pub(super) tool_use: Option<InputPiece<'a>>,
    pub(super) reasoning_content: Option<ReasoningPiece<'a>>,
}

#[derive(Deserialize)]
pub(super) struct InputPiece<'a> {
    /// A piece of the JSON text of the call's arguments.
    #[serde(borrow)]
    pub(super) input: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReasoningPiece<'a> {
    #[serde(borrow)]
    pub(super) text: Option<Text<'a>>,
    pub(super) signature: Option<Text<'a>>,
    pub(super) redacted_content: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BlockStop {
    pub(super) content_block_index: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MessageStop<'a> {
    #[serde(borrow)]
    pub(super) stop_reason: Text<'a>,
    pub(super) additional_model_response_fields: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata<'a> {
    pub(super) usage: Option<Usage>,
    #[serde(borrow)]
    pub(super) trace: Option<&'a RawValue>,
    pub(super) service_tier: Option<ServiceTier>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Usage {
    input_tokens: u64,
    output_tokens: u64,
    total_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_write_input_tokens: Option<u64>,
    cache_details: Option<Vec<CacheDetail>>,
}

/// Of the tokens that were written to a cache, those that are kept for so long.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CacheDetail {
    ttl: String,
    input_tokens: u64,
}

/// What class of service a reply says that it had.
#[derive(Deserialize)]
pub(super) struct ServiceTier {
    #[serde(default)]
    r#type: MaybeTier,
}

impl Usage {
    /// `inputTokens` leaves out what a cache gave or took; OpenAI's count does not.
    ///
    /// <https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html>
    pub(super) fn tokens(&self, tier: Option<&ServiceTier>) -> Tokens {
        let cached = self.cache_read_input_tokens.unwrap_or(0);
        let written = self.cache_write_input_tokens.unwrap_or(0);
        Tokens {
            prompt: self.input_tokens.saturating_add(cached).saturating_add(written),
            completion: self.output_tokens,
            total: self.total_tokens,
            cached: self.cache_read_input_tokens,
            cache_write: self.cache_write_input_tokens,
            cache_write_5m: self.kept_for("5m"),
            cache_write_1h: self.kept_for("1h"),
            tier: tier.and_then(|tier| tier.r#type.0),
            ..Tokens::default()
        }
    }

    fn kept_for(&self, ttl: &str) -> Option<u64> {
        let mut details = self.cache_details.iter().flatten();
        details.find(|detail| detail.ttl == ttl).map(|detail| detail.input_tokens)
    }
}

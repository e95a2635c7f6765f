//! A reply, or a piece of one.
//!
//! <https://ai.google.dev/api/generate-content#generatecontentresponse>

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Text;
use crate::delta::Usage;

/// A reply, or a piece of one: they have the same form.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reply<'a> {
    #[serde(borrow)]
    pub(super) candidates: Option<Vec<Candidate<'a>>>,
    pub(super) prompt_feedback: Option<Feedback<'a>>,
    /// Read by [`Tokens`], for its place in the bytes matters.
    pub(super) usage_metadata: Option<&'a RawValue>,
    pub(super) model_version: Option<Text<'a>>,
    pub(super) response_id: Option<Text<'a>>,
    pub(super) error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Candidate<'a> {
    #[serde(default)]
    pub(super) index: u32,
    #[serde(borrow)]
    pub(super) content: Option<Content<'a>>,
    pub(super) finish_reason: Option<Text<'a>>,
    pub(super) logprobs_result: Option<Likelihoods<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Content<'a> {
    #[serde(borrow, default)]
    pub(super) parts: Vec<Part<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Part<'a> {
    #[serde(borrow)]
    pub(super) text: Option<Text<'a>>,
    #[serde(default)]
    pub(super) thought: bool,
    pub(super) thought_signature: Option<Text<'a>>,
    pub(super) function_call: Option<FunctionCall<'a>>,
}

#[derive(Deserialize)]
pub(super) struct FunctionCall<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    pub(super) name: Text<'a>,
    pub(super) args: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Feedback<'a> {
    #[serde(borrow)]
    pub(super) block_reason: Option<Text<'a>>,
}

/// How likely tokens were: the chosen ones, and beside each the best.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
pub(super) struct Likelihoods<'a> {
    #[serde(borrow)]
    pub(super) chosen_candidates: Vec<Likelihood<'a>>,
    pub(super) top_candidates: Vec<Top<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Top<'a> {
    #[serde(borrow, default)]
    pub(super) candidates: Vec<Likelihood<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Likelihood<'a> {
    #[serde(borrow, default)]
    pub(super) token: Text<'a>,
    pub(super) log_probability: Option<&'a RawValue>,
}

/// `usageMetadata`. Thoughts are not among the tokens of the candidates; what tools brought is not in the prompt's.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::providers) struct Tokens {
    prompt_token_count: Option<u64>,
    tool_use_prompt_token_count: u64,
    candidates_token_count: u64,
    thoughts_token_count: Option<u64>,
    cached_content_token_count: Option<u64>,
    total_token_count: Option<u64>,
}

impl Tokens {
    /// The counts, where there are any.
    pub(in crate::providers) fn usage(self) -> Option<Usage> {
        let thoughts = self.thoughts_token_count.unwrap_or(0);
        Some(Usage {
            prompt: self.prompt_token_count?.saturating_add(self.tool_use_prompt_token_count),
            completion: self.candidates_token_count.saturating_add(thoughts),
            total: self.total_token_count,
            cached: self.cached_content_token_count,
            cache_write: None,
            reasoning: self.thoughts_token_count,
            search_units: None,
        })
    }
}

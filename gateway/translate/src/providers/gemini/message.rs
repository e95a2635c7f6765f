//! A reply, or a piece of one.
//!
//! <https://ai.google.dev/api/generate-content#generatecontentresponse>

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::Text;
use crate::delta::{Kinds, MaybeTier, Usage};

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
    prompt_tokens_details: Option<Modalities>,
    candidates_tokens_details: Option<Modalities>,
    cache_tokens_details: Option<Modalities>,
    service_tier: MaybeTier,
}

/// Tokens by what they stand for. Films and documents are pictures to the model, or text, and counted apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Modalities(pub(crate) Kinds);

impl<'de> Deserialize<'de> for Modalities {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        #[derive(Default)]
        struct Detail<'a> {
            #[serde(borrow)]
            modality: Cow<'a, str>,
            token_count: u64,
        }
        let mut kinds = Kinds::default();
        for detail in Vec::<Detail<'_>>::deserialize(deserializer)? {
            let kind = match &*detail.modality {
                "TEXT" => &mut kinds.text,
                "AUDIO" => &mut kinds.audio,
                "IMAGE" => &mut kinds.image,
                _ => continue,
            };
            *kind = Some(kind.unwrap_or(0).saturating_add(detail.token_count));
        }
        Ok(Self(kinds))
    }
}

impl Tokens {
    /// The counts, where there are any.
    pub(in crate::providers) fn usage(self) -> Option<Usage> {
        let kinds = |details: Option<Modalities>| details.map(|details| details.0).unwrap_or_default();
        let thoughts = self.thoughts_token_count.unwrap_or(0);
        Some(Usage {
            prompt: self.prompt_token_count?.saturating_add(self.tool_use_prompt_token_count),
            completion: self.candidates_token_count.saturating_add(thoughts),
            total: self.total_token_count,
            cached: self.cached_content_token_count,
            reasoning: self.thoughts_token_count,
            prompt_kinds: kinds(self.prompt_tokens_details),
            completion_kinds: kinds(self.candidates_tokens_details),
            cached_kinds: kinds(self.cache_tokens_details),
            tier: self.service_tier.0.filter(|tier| tier.name() != "unspecified"),
            ..Usage::default()
        })
    }
}

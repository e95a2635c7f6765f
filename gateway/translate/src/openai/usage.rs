//! Token counts in OpenAI's words, both ways, and the look at a whole reply that finds them.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::failure;
use crate::Error;
use crate::call::{self, Api};
use crate::delta::{Kinds, MaybeTier, Usage};
use crate::json::Object;

/// Adds a `usage` object to `out`. What the provider did not say is left out.
pub(crate) fn write(out: &mut Vec<u8>, usage: &Usage) {
    let mut object = Object::new(out);
    object.number("prompt_tokens", usage.prompt);
    object.number("completion_tokens", usage.completion);
    object.number("total_tokens", usage.total());
    if usage.cached.is_some() || usage.cache_write.is_some() {
        let mut details = object.object("prompt_tokens_details");
        if let Some(cached) = usage.cached {
            details.number("cached_tokens", cached);
        }
        if let Some(written) = usage.cache_write {
            details.number("cache_write_tokens", written);
        }
    }
    if let Some(reasoning) = usage.reasoning {
        object.object("completion_tokens_details").number("reasoning_tokens", reasoning);
    }
}

/// Reads a `usage` object; one that cannot be read counts as none, for it is not what the client asked for.
pub(crate) fn read(json: &RawValue) -> Option<Usage> {
    #[derive(Deserialize)]
    struct Wire {
        prompt_tokens: u64,
        #[serde(default)]
        completion_tokens: u64,
        total_tokens: Option<u64>,
        prompt_tokens_details: Option<Prompt>,
        completion_tokens_details: Option<Completion>,
        /// Mistral's name for it.
        num_cached_tokens: Option<u64>,
        /// Where Mistral has it.
        #[serde(default)]
        service_tier: MaybeTier,
    }
    #[derive(Default, Deserialize)]
    struct Prompt {
        cached_tokens: Option<u64>,
        cache_write_tokens: Option<u64>,
        #[serde(flatten)]
        kinds: Counted,
    }
    #[derive(Default, Deserialize)]
    struct Completion {
        reasoning_tokens: Option<u64>,
        accepted_prediction_tokens: Option<u64>,
        rejected_prediction_tokens: Option<u64>,
        #[serde(flatten)]
        kinds: Counted,
    }

    let wire: Wire = serde_json::from_str(json.get()).ok()?;
    let (prompt, completion) =
        (wire.prompt_tokens_details.unwrap_or_default(), wire.completion_tokens_details.unwrap_or_default());
    Some(Usage {
        prompt: wire.prompt_tokens,
        completion: wire.completion_tokens,
        total: wire.total_tokens,
        cached: prompt.cached_tokens.or(wire.num_cached_tokens),
        cache_write: prompt.cache_write_tokens,
        reasoning: completion.reasoning_tokens,
        accepted_prediction: completion.accepted_prediction_tokens,
        rejected_prediction: completion.rejected_prediction_tokens,
        prompt_kinds: prompt.kinds.into(),
        completion_kinds: completion.kinds.into(),
        tier: wire.service_tier.0,
        ..Usage::default()
    })
}

/// Tokens by what they stand for, in OpenAI's words.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(crate) struct Counted {
    text_tokens: Option<u64>,
    audio_tokens: Option<u64>,
    image_tokens: Option<u64>,
}

impl From<Counted> for Kinds {
    fn from(counted: Counted) -> Self {
        Self { text: counted.text_tokens, audio: counted.audio_tokens, image: counted.image_tokens }
    }
}

/// Looks whether a whole reply is one, and what it cost.
pub(crate) fn check_reply(api: Api, body: &[u8]) -> Result<Option<Usage>, Error> {
    #[derive(Deserialize)]
    struct Reply<'a> {
        choices: Option<Vec<IgnoredAny>>,
        data: Option<Vec<IgnoredAny>>,
        #[serde(borrow)]
        error: Option<&'a RawValue>,
        usage: Option<&'a RawValue>,
        #[serde(default)]
        service_tier: MaybeTier,
    }

    let reply: Reply<'_> = call::read("reply", body)?;
    if let Some(error) = reply.error {
        return Err(Error::Provider(failure::in_stream(error)));
    }
    let (is_whole, why) = match api {
        Api::Embeddings => (reply.data.is_some(), "it has no data"),
        _ => (reply.choices.is_some(), "it has no choices"),
    };
    if !is_whole {
        return Err(Error::Malformed { what: "reply", why: why.to_owned() });
    }
    let usage = reply.usage.and_then(read);
    Ok(usage.map(|usage| Usage { tier: reply.service_tier.0.or(usage.tier), ..usage }))
}

//! Kong's `ai` object: what a call asked of which model, what it took and cost, and what was said.
//!
//! <https://developer.konghq.com/ai-gateway/ai-audit-log-reference/>

use std::borrow::Cow;

use serde::Serialize;
use translate::delta::{Kinds, Usage};

use super::facts::{Latencies, millis};
use super::{Facts, Tried};
use crate::config::{RouteType, Template};

/// The object. What the file does not want to be told is not there.
#[derive(Serialize)]
pub(super) struct Ai<'f> {
    proxy: Proxy<'f>,
}

#[derive(Serialize)]
struct Proxy<'f> {
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<Meta<'f>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Told>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<Payload<'f>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tried_targets: &'f [Tried],
}

#[derive(Serialize)]
struct Meta<'f> {
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin_id: Option<&'f str>,
    provider_name: Option<&'static str>,
    request_model: Option<&'f str>,
    response_model: Option<&'f str>,
    request_mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    llm_latency: Option<f64>,
    #[serde(flatten)]
    azure: Azure<'f>,
}

/// Where Azure has the model; what the request fills in is not told.
#[derive(Default, Serialize)]
struct Azure<'f> {
    #[serde(skip_serializing_if = "Option::is_none")]
    azure_instance_id: Option<&'f str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    azure_deployment_id: Option<&'f str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    azure_api_version: Option<&'f str>,
}

#[derive(Serialize)]
struct Payload<'f> {
    request: Cow<'f, str>,
    response: Cow<'f, str>,
}

/// What a call took. Names are those of the APIs: texts have prompts and completions, all else has input and output.
#[derive(Default, Serialize)]
struct Told {
    #[serde(flatten)]
    texts: Option<Texts>,
    #[serde(flatten)]
    others: Option<Others>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    search_units: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<String>,
    /// Ours: the provider told none, and they were counted here.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    estimated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_per_token: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_to_first_token: Option<f64>,
}

#[derive(Serialize)]
struct Texts {
    prompt_tokens: u64,
    completion_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_tokens_details: Option<Prompt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completion_tokens_details: Option<Completion>,
}

#[derive(Default, PartialEq, Serialize)]
struct Prompt {
    #[serde(skip_serializing_if = "Option::is_none")]
    cached_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_write_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audio_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_tokens: Option<u64>,
}

#[derive(Default, PartialEq, Serialize)]
struct Completion {
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audio_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted_prediction_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejected_prediction_tokens: Option<u64>,
}

#[derive(Serialize)]
struct Others {
    input_tokens: u64,
    output_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    input_tokens_details: Option<Input>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_tokens_details: Option<Output>,
}

/// Kong calls some of these otherwise than the APIs do.
#[derive(Default, PartialEq, Serialize)]
struct Input {
    #[serde(skip_serializing_if = "Option::is_none")]
    text_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audio_tokens_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cached_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cached_tokens_details: Option<Cached>,
}

#[derive(Default, PartialEq, Serialize)]
struct Cached {
    #[serde(skip_serializing_if = "Option::is_none")]
    text_tokens_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_tokens_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audio_tokens_count: Option<u64>,
}

#[derive(Default, PartialEq, Serialize)]
struct Output {
    #[serde(skip_serializing_if = "Option::is_none")]
    text_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audio_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_tokens: Option<u64>,
}

impl<'f> Ai<'f> {
    /// `None`: the file wants none of it.
    pub(super) fn new(facts: &Facts<'f>) -> Option<Self> {
        let wants = facts.wants_statistics();
        let text = |bytes: &'f [u8]| String::from_utf8_lossy(bytes);
        let payload = facts
            .payloads
            .map(|payloads| Payload { request: text(&payloads.request), response: text(&payloads.response) });
        if !wants && payload.is_none() {
            return None;
        }
        Some(Self {
            proxy: Proxy {
                meta: wants.then(|| Meta::new(facts)),
                usage: wants.then(|| Told::new(facts)),
                payload,
                tried_targets: if wants { facts.tried } else { &[] },
            },
        })
    }
}

impl<'f> Meta<'f> {
    fn new(facts: &Facts<'f>) -> Self {
        let model = &facts.target.map(|target| &target.model);
        let is_azure = facts.provider == Some("azure");
        let fixed = |template: &'f Option<Template>| template.as_ref().and_then(Template::fixed);
        let azure = model.filter(|_| is_azure).map(|model| &model.options.azure);
        Self {
            plugin_id: facts.route.and_then(|route| route.plugin.id.as_deref()),
            provider_name: facts.provider,
            request_model: facts.request_model,
            response_model: facts.response_model.or(facts.request_model),
            request_mode: facts.mode.name(),
            llm_latency: facts.latencies.upstream.map(millis),
            azure: azure.map_or_else(Azure::default, |azure| Azure {
                azure_instance_id: fixed(&azure.instance),
                azure_deployment_id: fixed(&azure.deployment_id),
                azure_api_version: fixed(&azure.api_version),
            }),
        }
    }
}

impl Told {
    fn new(facts: &Facts<'_>) -> Self {
        let is_text = facts.target.is_none_or(|target| is_text(target.route_type));
        let usage = facts.usage;
        Self {
            texts: usage.filter(|_| is_text).map(Texts::new),
            others: usage.filter(|_| !is_text).map(Others::new),
            total_tokens: usage.map(Usage::total),
            search_units: usage.and_then(|usage| usage.search_units),
            service_tier: usage.and_then(|usage| usage.tier).map(|tier| tier.name().to_owned()),
            estimated: facts.estimated,
            cost: facts.cost,
            time_per_token: usage.and_then(|usage| Latencies::each(&facts.latencies, usage)),
            time_to_first_token: facts.latencies.first.map(millis),
        }
    }
}

impl Texts {
    fn new(usage: &Usage) -> Self {
        let prompt = Prompt {
            cached_tokens: usage.cached,
            cache_write_tokens: usage.cache_write,
            audio_tokens: usage.prompt_kinds.audio,
            image_tokens: usage.prompt_kinds.image,
        };
        let completion = Completion {
            reasoning_tokens: usage.reasoning,
            audio_tokens: usage.completion_kinds.audio,
            image_tokens: usage.completion_kinds.image,
            accepted_prediction_tokens: usage.accepted_prediction,
            rejected_prediction_tokens: usage.rejected_prediction,
        };
        Self {
            prompt_tokens: usage.prompt,
            completion_tokens: usage.completion,
            prompt_tokens_details: told(prompt),
            completion_tokens_details: told(completion),
        }
    }
}

impl Others {
    fn new(usage: &Usage) -> Self {
        let Kinds { text, audio, image } = usage.cached_kinds;
        let cached = Cached { text_tokens_count: text, image_tokens_count: image, audio_tokens_count: audio };
        let Kinds { text, audio, image } = usage.prompt_kinds;
        let input = Input {
            text_tokens: text,
            image_tokens: image,
            audio_tokens_count: audio,
            cached_tokens: usage.cached,
            cached_tokens_details: told(cached),
        };
        let Kinds { text, audio, image } = usage.completion_kinds;
        Self {
            input_tokens: usage.prompt,
            output_tokens: usage.completion,
            input_tokens_details: told(input),
            output_tokens_details: told(Output {
                text_tokens: text,
                audio_tokens: audio,
                image_tokens: image,
            }),
        }
    }
}

/// Details, where there are any.
fn told<T: Default + PartialEq>(details: T) -> Option<T> {
    Some(details).filter(|details| *details != T::default())
}

/// Whether an API is about texts, which have prompts and completions.
pub(super) fn is_text(route_type: RouteType) -> bool {
    !matches!(
        route_type,
        RouteType::AudioSpeech
            | RouteType::AudioTranscriptions
            | RouteType::AudioTranslations
            | RouteType::ImageEdits
            | RouteType::ImageGenerations
            | RouteType::Realtime
            | RouteType::VideoGenerations
    )
}

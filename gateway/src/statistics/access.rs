//! The log's line on a call, under Kong's names where Kong has one.
//!
//! <https://developer.konghq.com/ai-gateway/ai-audit-log-reference/>

use super::Observer;
use translate::delta::{Tier, Usage};

use super::ai::is_text;
use super::facts::{Facts, millis};

/// Writes one line for each call to the gateway's own log.
pub(crate) struct Access;

impl Observer for Access {
    fn observe(&self, facts: &Facts<'_>) {
        if !tracing::enabled!(target: "access", tracing::Level::INFO) {
            return;
        }
        let wants = facts.wants_statistics();
        let usage = facts.usage.filter(|_| wants);
        let is_text = facts.target.is_none_or(|target| is_text(target.route_type));
        let (texts, others) = (usage.filter(|_| is_text), usage.filter(|_| !is_text));
        let latencies = Some(facts.latencies).filter(|_| wants);
        let route = facts.route;
        let payloads = facts.payloads;
        let tier = usage.and_then(|usage| usage.tier.as_ref()).map(Tier::name);
        // A line of `tracing`'s has no lists.
        let tried = Some(facts.tried).filter(|tried| wants && !tried.is_empty());
        let tried = tried.and_then(|tried| serde_json::to_string(tried).ok());
        let text = |bytes| String::from_utf8_lossy(bytes);
        tracing::info!(
            target: "access",
            request_id = facts.request_id,
            status = facts.status,
            outcome = facts.outcome,
            route = route.and_then(|route| route.name.as_deref()),
            service = route.and_then(|route| route.service.as_deref()),
            consumer = facts.consumer,
            latency = millis(facts.latencies.total),
            upstream_status = facts.upstream_status,
            upstream_request_id = facts.upstream_id,
            dropped = facts.dropped,
            websocket.close_code = facts.close_code,
            ai.proxy.meta.plugin_id = route.and_then(|route| route.plugin.id.as_deref()).filter(|_| wants),
            ai.proxy.meta.provider_name = facts.provider,
            ai.proxy.meta.request_model = facts.request_model,
            ai.proxy.meta.response_model = facts.response_model.or(facts.request_model),
            ai.proxy.meta.request_mode = facts.provider.map(|_| facts.mode.name()),
            ai.proxy.meta.llm_latency = latencies.and_then(|latencies| latencies.upstream).map(millis),
            ai.proxy.usage.time_to_first_token = latencies.and_then(|latencies| latencies.first).map(millis),
            ai.proxy.usage.time_per_token = usage.and_then(|usage| facts.latencies.each(usage)),
            ai.proxy.usage.cost = facts.cost.filter(|_| wants),
            ai.proxy.usage.prompt_tokens = texts.map(|usage| usage.prompt),
            ai.proxy.usage.completion_tokens = texts.map(|usage| usage.completion),
            ai.proxy.usage.input_tokens = others.map(|usage| usage.prompt),
            ai.proxy.usage.output_tokens = others.map(|usage| usage.completion),
            ai.proxy.usage.total_tokens = usage.map(Usage::total),
            ai.proxy.usage.prompt_tokens_details.cached_tokens = texts.and_then(|usage| usage.cached),
            ai.proxy.usage.prompt_tokens_details.cache_write_tokens = texts.and_then(|usage| usage.cache_write),
            ai.proxy.usage.prompt_tokens_details.audio_tokens = texts.and_then(|usage| usage.prompt_kinds.audio),
            ai.proxy.usage.completion_tokens_details.reasoning_tokens = texts.and_then(|usage| usage.reasoning),
            ai.proxy.usage.completion_tokens_details.audio_tokens = texts.and_then(|usage| usage.completion_kinds.audio),
            ai.proxy.usage.input_tokens_details.text_tokens = others.and_then(|usage| usage.prompt_kinds.text),
            ai.proxy.usage.input_tokens_details.image_tokens = others.and_then(|usage| usage.prompt_kinds.image),
            ai.proxy.usage.input_tokens_details.audio_tokens_count = others.and_then(|usage| usage.prompt_kinds.audio),
            ai.proxy.usage.input_tokens_details.cached_tokens = others.and_then(|usage| usage.cached),
            ai.proxy.usage.output_tokens_details.text_tokens = others.and_then(|usage| usage.completion_kinds.text),
            ai.proxy.usage.output_tokens_details.audio_tokens = others.and_then(|usage| usage.completion_kinds.audio),
            ai.proxy.usage.search_units = usage.and_then(|usage| usage.search_units),
            ai.proxy.usage.service_tier = tier,
            ai.proxy.usage.estimated = usage.filter(|_| facts.estimated).map(|_| true),
            ai.proxy.tried_targets = tried,
            ai.proxy.payload.request = payloads.map(|payloads| text(&payloads.request)).as_deref(),
            ai.proxy.payload.response = payloads.map(|payloads| text(&payloads.response)).as_deref(),
        );
    }
}

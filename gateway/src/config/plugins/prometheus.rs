//! Kong's `prometheus`: which metrics are told of calls. Where they are read is for the command line to say.
//!
//! <https://developer.konghq.com/plugins/prometheus/reference/>

use crate::config::record::Record;

/// Which families a route's calls count in. All are off unless set, as in Kong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prometheus {
    /// `ai_metrics`: requests, tokens, costs and latencies of providers and models. A target's `log_statistics` must be on as well.
    pub ai: bool,
    /// `latency_metrics`: what calls take, here and at their upstreams.
    pub latency: bool,
    /// `bandwidth_metrics`: bytes of requests and replies.
    pub bandwidth: bool,
    /// `status_code_metrics`: calls by status.
    pub status_code: bool,
    /// `per_consumer`: status codes and bytes are told by consumer.
    pub per_consumer: bool,
    /// `upstream_health_metrics`: which targets take calls.
    pub upstream_health: bool,
}

impl Prometheus {
    pub(in crate::config) fn read(record: &mut Record<'_>) -> Self {
        record.says(&[
            ("ai_metrics", "Requests, tokens and costs of models."),
            ("latency_metrics", "How long calls took."),
            ("bandwidth_metrics", "Bytes, both ways."),
            ("status_code_metrics", "Calls by status."),
            ("per_consumer", "Whether calls and bytes are told by consumer."),
            ("upstream_health_metrics", "Which targets take calls."),
            ("wasm_metrics", "Nothing here."),
        ]);
        let mut flag = |name| record.boolean_or(name, false);
        let read = Self {
            ai: flag("ai_metrics"),
            latency: flag("latency_metrics"),
            bandwidth: flag("bandwidth_metrics"),
            status_code: flag("status_code_metrics"),
            per_consumer: flag("per_consumer"),
            upstream_health: flag("upstream_health_metrics"),
        };
        // Kong's proxy runs WebAssembly; there is nothing of it here to be measured.
        flag("wasm_metrics");
        read
    }
}

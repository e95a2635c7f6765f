//! The families of metrics, under Kong's names where Kong has one.
//!
//! <https://developer.konghq.com/plugins/prometheus/>, <https://developer.konghq.com/ai-gateway/monitor-ai-llm-metrics/>

use super::gauges::{EmbeddingGauge, Gauges, STATES, TargetGauge};
use super::histogram::{ADDED, Bounds, FIRST_TOKEN, Histogram, OF_KONG, OF_PROVIDER, OF_UPSTREAM, PER_TOKEN};
use super::retries::Count;
use super::text::{Exposition, Format, Kind, float};
use super::views::Views;
use super::writer::{OwnedKey, Values, Writer, values};
use super::{Counted, Row};

/// Kong's workspaces; there is one here.
const WORKSPACE: &str = "default";
/// Nanoseconds in the units of bounds and sums.
const MS: f64 = 1e6;
const SECOND: f64 = 1e9;

/// All that Prometheus is told.
pub(crate) fn write(counted: &Counted, gauges: &Gauges, format: Format) -> String {
    let mut out = Writer { text: Exposition::new(format), rows: &counted.rows };
    out.http();
    out.llm();
    out.calls();
    out.retries(counted);
    out.targets(gauges);
    out.embeddings(gauges);
    out.shared(gauges);
    out.gateway(gauges);
    out.text.finish()
}

/// The labels that Kong's families on models share; the middle ones are of a cache that this gateway has not got.
const MODEL: [&str; 6] =
    ["ai_provider", "ai_model", "cache_status", "vector_db", "embeddings_provider", "embeddings_model"];
const CALL: [&str; 3] = ["request_mode", "workspace", "consumer"];
const ROUTE: [&str; 3] = ["service", "route", "workspace"];

impl<'r> Writer<'r> {
    /// Kong's families on HTTP.
    fn http(&mut self) {
        self.counters(
            ("kong_http_requests_total", "HTTP status codes per consumer/service/route in Kong"),
            &["service", "route", "code", "source", "workspace", "consumer"],
            Views::STATUS,
            |key, row| {
                let source = if key.upstream { "service" } else { "kong" };
                let code = key.status.to_string().into();
                let mut labels = values([&key.service, &key.route, "", source, WORKSPACE, consumer(key)]);
                labels[2] = code;
                vec![(labels, float(row.calls))]
            },
        );
        for (name, help, bounds, of) in LATENCIES {
            let route = |key: &'r OwnedKey| values([&key.service, &key.route, WORKSPACE]);
            self.histograms((name, help), &ROUTE, Views::LATENCY, (bounds, MS), route, of);
        }
        self.counters(
            ("kong_bandwidth_bytes", "Total bandwidth (ingress/egress) throughput in bytes"),
            &["service", "route", "direction", "workspace", "consumer"],
            Views::BANDWIDTH,
            |key, row| {
                let both = [("egress", row.egress), ("ingress", row.ingress)];
                let labels = |way| values([&key.service, &key.route, way, WORKSPACE, consumer(key)]);
                both.map(|(way, bytes)| (labels(way), float(bytes))).into()
            },
        );
    }

    /// Kong's families on models: of calls that a provider answered well.
    fn llm(&mut self) {
        let all = [&MODEL[..], &CALL].concat();
        let labels = |key: &'r OwnedKey| {
            let mut labels = model(key);
            labels.extend(values([key.mode, WORKSPACE, &key.consumer]));
            labels
        };
        self.counters(
            ("kong_ai_llm_requests_total", "AI requests total per ai_provider in Kong"),
            &all,
            Views::AI,
            |key, row| if answered(key) { vec![(labels(key), float(row.calls))] } else { Vec::new() },
        );
        self.counters(
            ("kong_ai_llm_cost_total", "AI requests cost per ai_provider/cache in Kong"),
            &all,
            Views::AI,
            |key, row| vec![(labels(key), row.cost)],
        );
        self.counters(
            ("kong_ai_llm_tokens_total", "AI tokens total per ai_provider/cache in Kong"),
            &[&MODEL[..], &["token_type", "workspace", "consumer"]].concat(),
            Views::AI,
            |key, row| {
                let tokens = row.tokens;
                let kinds = [
                    ("completion_tokens", tokens.completion),
                    ("prompt_tokens", tokens.prompt),
                    ("total_tokens", tokens.total),
                ];
                let labels = |kind| {
                    let mut labels = model(key);
                    labels.extend(values([kind, WORKSPACE, &key.consumer]));
                    labels
                };
                kinds.map(|(kind, count)| (labels(kind), float(count))).into()
            },
        );
        self.histograms(
            (
                "kong_ai_llm_provider_latency_ms",
                "LLM response Latency for each AI plugins per ai_provider in Kong",
            ),
            &all,
            Views::AI,
            (OF_PROVIDER, MS),
            labels,
            |row| &row.upstream,
        );
    }

    /// Ours on calls.
    fn calls(&mut self) {
        let rows = self.rows.iter().filter(|(key, _)| key.views.has(Views::ANY) || key.route.is_empty());
        let calls =
            rows.map(|(key, row)| (values([&key.service, &key.route, key.outcome]), float(row.calls)));
        self.counter(
            ("touchstone_calls_total", "Calls by what became of them: done, or what went wrong"),
            &["service", "route", "outcome"],
            calls.collect(),
        );
        let route = |key: &'r OwnedKey| values([&key.service, &key.route]);
        self.histograms(
            ("touchstone_added_latency_seconds", "What the gateway itself takes before a call goes upstream"),
            &ROUTE[..2],
            Views::ANY,
            (ADDED, SECOND),
            route,
            |row| &row.added,
        );
        let labels = ["ai_provider", "ai_model", "service", "route"];
        let of = |key: &'r OwnedKey| values([key.provider, &key.model, &key.service, &key.route]);
        self.histograms(
            (
                "touchstone_time_to_first_token_seconds",
                "From a call's going upstream to the first of its stream",
            ),
            &labels,
            Views::AI,
            (FIRST_TOKEN, SECOND),
            of,
            |row| &row.first_token,
        );
        self.histograms(
            (
                "touchstone_time_per_output_token_seconds",
                "The rest of a stream for each token after the first",
            ),
            &labels,
            Views::AI,
            (PER_TOKEN, SECOND),
            of,
            |row| &row.per_token,
        );
    }

    fn retries(&mut self, counted: &'r Counted) {
        let labels = ["service", "route", "ai_provider", "reason"];
        let of = |count: fn(&Count) -> u64| {
            let samples = counted.retries.iter().map(|(retry, counts)| {
                let labels = values([&retry.service, &retry.route, retry.provider, retry.reason]);
                (labels, float(count(counts)))
            });
            samples.collect::<Vec<_>>()
        };
        self.counter(
            ("touchstone_retries_total", "Tries after one that failed, by what it failed of"),
            &labels,
            of(|count| count.retries),
        );
        self.counter(
            ("touchstone_failovers_total", "Those of them that went to another target"),
            &labels,
            of(|count| count.failovers),
        );
    }

    /// What targets are, and do now.
    fn targets(&mut self, gauges: &'r Gauges) {
        let labels = ["service", "route", "target", "ai_provider", "ai_model"];
        let whose = |target: &'r TargetGauge| {
            values([&target.service, &target.route, &target.target, &target.provider, &target.model])
        };
        let targets = || gauges.targets.iter();
        self.gauge(
            ("touchstone_target_calls_in_flight", "Calls that a target is busy with"),
            &labels,
            targets().map(|target| (whose(target), float(target.running))).collect(),
        );
        let states = targets().flat_map(|target| {
            STATES.map(|state| {
                let mut labels = whose(target);
                labels.push(state.into());
                (labels, f64::from(u8::from(target.state == state)))
            })
        });
        self.gauge(
            ("touchstone_target_state", "1 for the state that a target is in"),
            &[&labels[..], &["state"]].concat(),
            states.collect(),
        );
        self.counter(
            ("touchstone_breaker_trips_total", "How often a target was taken out for its failures"),
            &labels,
            targets().map(|target| (whose(target), float(target.trips))).collect(),
        );
        let health = targets().filter(|target| target.kong).flat_map(|target| {
            let is = if target.state == "healthy" { "healthy" } else { "unhealthy" };
            ["healthy", "unhealthy"].map(|state| {
                let labels = values([&target.route, &target.target, "", state, "http"]);
                (labels, f64::from(u8::from(state == is)))
            })
        });
        self.gauge(
            (
                "kong_upstream_target_health",
                "Health status of targets of upstream. States = healthy|unhealthy, value is 1 when state is populated.",
            ),
            &["upstream", "target", "address", "state", "subsystem"],
            health.collect(),
        );
    }

    /// The gateway's own calls for embeddings.
    fn embeddings(&mut self, gauges: &'r Gauges) {
        let labels = ["service", "route", "ai_provider", "ai_model"];
        let all = || gauges.embeddings.iter();
        let whose = |one: &'r EmbeddingGauge| values([&one.service, &one.route, &one.provider, &one.model]);
        let calls = all().flat_map(|one| {
            [("done", one.done), ("failed", one.failed)].map(|(outcome, count)| {
                let mut labels = whose(one);
                labels.push(outcome.into());
                (labels, float(count))
            })
        });
        self.counter(
            ("touchstone_embedding_calls_total", "Calls for the embedding of a prompt or a description"),
            &[&labels[..], &["outcome"]].concat(),
            calls.collect(),
        );
        self.counter(
            ("touchstone_embedding_tokens_total", "Tokens that they took"),
            &labels,
            all().map(|one| (whose(one), float(one.tokens))).collect(),
        );
        self.counter(
            ("touchstone_embedding_seconds_total", "Time that they took"),
            &labels,
            all().map(|one| (whose(one), one.seconds)).collect(),
        );
    }

    /// What lies in databases, and what is kept.
    fn shared(&mut self, gauges: &'r Gauges) {
        let states = gauges
            .shared
            .iter()
            .map(|one| (values([&one.service, &one.route, one.what]), f64::from(u8::from(one.is_there))));
        self.gauge(
            ("touchstone_database_up", "1 where the database answered last that has what a route shares"),
            &["service", "route", "what"],
            states.collect(),
        );
        for (family, number) in KEPT.into_iter().zip(gauges.kept) {
            self.gauge(family, &[], vec![(Values::new(), float(number))]);
        }
    }

    /// The gateway as a whole.
    fn gateway(&mut self, gauges: &Gauges) {
        let mut one = |kind, (name, help), value: f64| {
            self.text.family(name, kind, help);
            self.text.sample(&[], value);
        };
        one(Kind::Gauge, ("touchstone_calls_in_flight", "Calls that are running"), float(gauges.calls));
        one(
            Kind::Gauge,
            ("touchstone_client_connections", "Connections of clients that are open"),
            float(gauges.connections),
        );
        one(
            Kind::Counter,
            ("touchstone_log_records_dropped_total", "Log records that found no room or no writer"),
            float(gauges.log_dropped),
        );
        one(
            Kind::Counter,
            ("touchstone_spans_dropped_total", "Spans that found no room or no collector"),
            float(gauges.spans_dropped),
        );
        one(
            Kind::Gauge,
            ("touchstone_config_loaded_timestamp_seconds", "When the configuration was read"),
            gauges.loaded,
        );
        one(
            Kind::Gauge,
            ("process_start_time_seconds", "Start time of the process since unix epoch in seconds."),
            gauges.started,
        );
        self.text.family("touchstone_build_info", Kind::Info, "What runs");
        self.text.count(&[("version", gauges.version)], 1);
    }
}

/// What is kept, in the order of [`Gauges::kept`].
const KEPT: [(&str, &str); 3] = [
    ("touchstone_kept_responses", "Responses that are kept in memory"),
    ("touchstone_kept_bytes", "Their bytes"),
    ("touchstone_background_responses", "Responses that are being made in the background"),
];

/// Kong's histograms of durations.
type Latency = (&'static str, &'static str, Bounds, fn(&Row) -> &Histogram);
const LATENCIES: [Latency; 3] = [
    (
        "kong_kong_latency_ms",
        "Latency added by Kong and enabled plugins for each service/route in Kong",
        OF_KONG,
        |row| &row.added,
    ),
    (
        "kong_upstream_latency_ms",
        "Latency added by upstream response for each service/route in Kong",
        OF_UPSTREAM,
        |row| &row.upstream,
    ),
    (
        "kong_request_latency_ms",
        "Total latency incurred during requests for each service/route in Kong",
        OF_UPSTREAM,
        |row| &row.whole,
    ),
];

/// Kong has statistics of calls that were answered with 200 only.
fn answered(key: &OwnedKey) -> bool {
    key.upstream && (200..300).contains(&key.status)
}

fn consumer(key: &OwnedKey) -> &str {
    if key.views.has(Views::CONSUMER) { &key.consumer } else { "" }
}

fn model(key: &OwnedKey) -> Values<'_> {
    values([key.provider, &key.model, "", "", "", ""])
}

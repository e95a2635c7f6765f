//! Kong's `balancer` of `ai-proxy-advanced`: which target a call goes to, and where it goes when that one fails.
//!
//! <https://developer.konghq.com/plugins/ai-proxy-advanced/reference/>

use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;

use super::error::Problem;
use super::field::Field;
use super::named::Named;
use super::record::Record;
use super::{Target, Timeouts};

/// How targets are chosen, and when they are left.
#[derive(Clone, Debug, PartialEq)]
pub struct Balancer {
    /// Who is next.
    pub algorithm: Algorithm,
    /// Points on the ring of [`Algorithm::ConsistentHashing`].
    pub slots: u32,
    /// Whose value [`Algorithm::ConsistentHashing`] hashes.
    pub hash_on_header: HeaderName,
    /// What [`Algorithm::LowestLatency`] compares.
    pub latency: LatencyStrategy,
    /// What [`Algorithm::LowestUsage`] compares.
    pub tokens: TokensCountStrategy,
    /// How long each try may take, and how many there may be after the first.
    pub timeouts: Timeouts,
    /// What makes a try fail, so that another target is tried.
    pub failover: Vec<Criterion>,
    /// Failures within [`Balancer::fail_timeout`] by which a target is taken out; 0: none are.
    pub max_fails: u16,
    /// In which failures count, and how long a target stays out.
    pub fail_timeout: Duration,
}

/// Kong's `algorithm`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the algorithms' names")]
pub enum Algorithm {
    ConsistentHashing,
    LeastConnections,
    LowestLatency,
    LowestUsage,
    Priority,
    #[default]
    RoundRobin,
    Semantic,
}

impl Named for Algorithm {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("consistent-hashing", Self::ConsistentHashing),
        ("least-connections", Self::LeastConnections),
        ("lowest-latency", Self::LowestLatency),
        ("lowest-usage", Self::LowestUsage),
        ("priority", Self::Priority),
        ("round-robin", Self::RoundRobin),
        ("semantic", Self::Semantic),
    ];
}

/// Kong's `latency_strategy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LatencyStrategy {
    /// From the request to the end of its reply.
    E2e,
    /// The same for each token of the answer.
    #[default]
    Tpot,
}

impl Named for LatencyStrategy {
    const NAMES: &'static [(&'static str, Self)] = &[("e2e", Self::E2e), ("tpot", Self::Tpot)];
}

/// Kong's `tokens_count_strategy`, without `llm-accuracy`: that comes from a plugin that this gateway has not got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are what is counted")]
pub enum TokensCountStrategy {
    CompletionTokens,
    Cost,
    PromptTokens,
    #[default]
    TotalTokens,
}

impl Named for TokensCountStrategy {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("completion-tokens", Self::CompletionTokens),
        ("cost", Self::Cost),
        ("prompt-tokens", Self::PromptTokens),
        ("total-tokens", Self::TotalTokens),
    ];
}

/// Kong's `failover_criteria`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Criterion {
    /// No connection, or one that breaks.
    Error,
    /// The reply has this status.
    Status(u16),
    /// The reply is none: it cannot be read.
    InvalidHeader,
    /// A request that was sent may be sent again.
    NonIdempotent,
    /// Too slow.
    Timeout,
}

impl Named for Criterion {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("error", Self::Error),
        ("http_403", Self::Status(403)),
        ("http_404", Self::Status(404)),
        ("http_429", Self::Status(429)),
        ("http_500", Self::Status(500)),
        ("http_502", Self::Status(502)),
        ("http_503", Self::Status(503)),
        ("http_504", Self::Status(504)),
        ("invalid_header", Self::InvalidHeader),
        ("non_idempotent", Self::NonIdempotent),
        ("timeout", Self::Timeout),
    ];
}

/// Kong's own, which each request has.
const HASH_ON: &str = "x-kong-llm-request-id";
const FAILOVER: [Criterion; 2] = [Criterion::Error, Criterion::Timeout];

impl Balancer {
    pub(super) fn read(record: &mut Record<'_>) -> Self {
        record.says(&[
            ("algorithm", "Which target is next."),
            ("hash_on_header", "`consistent-hashing`: the header by which calls belong together."),
            ("slots", "`consistent-hashing`: points of all targets."),
            ("latency_strategy", "`lowest-latency`: of whole replies (`e2e`), or for each token (`tpot`)."),
            ("tokens_count_strategy", "`lowest-usage`: what is counted."),
            ("failover_criteria", "What leads to another target: statuses, `error` (no connection, or a broken one), `timeout`, `invalid_header` (no reply that can be read); `non_idempotent`: also where the request may have been done."),
            ("max_fails", "Failures in a row after which a target is left alone; 0: never."),
            ("fail_timeout", "Milliseconds that it is left alone for."),
        ]);
        record.default("hash_on_header", HASH_ON);
        record.default("failover_criteria", FAILOVER.map(Named::name).to_vec());
        let header = record.get("hash_on_header").and_then(|field| field.parse(header_name));
        let criteria = record.get("failover_criteria").map(|field| field.list("an array"));
        let failover = criteria.map(|fields| fields.iter().filter_map(Field::named).collect());
        Self {
            algorithm: record.choice("algorithm"),
            slots: record.count_or("slots", 10..=65_536, 10_000),
            hash_on_header: header.unwrap_or(HeaderName::from_static(HASH_ON)),
            latency: record.choice("latency_strategy"),
            tokens: record.choice("tokens_count_strategy"),
            timeouts: Timeouts::read(record),
            failover: failover.unwrap_or_else(|| FAILOVER.to_vec()),
            max_fails: record.small_or("max_fails", 0..=32_767, 0),
            fail_timeout: record.millis_or("fail_timeout", 1, 10_000),
        }
    }

    /// Whether a failure of this kind leads to another target.
    #[must_use]
    pub fn fails_over(&self, criterion: Criterion) -> bool {
        self.failover.contains(&criterion)
    }

    /// The rules that concern balancer and targets together.
    pub(super) fn check(&self, record: &Record<'_>, targets: &[Option<Arc<Target>>], embeddings: bool) {
        let semantic = self.algorithm == Algorithm::Semantic;
        let mut read = targets.iter().flatten();
        record.rule(
            semantic && read.any(|target| target.description.is_none()),
            "must set 'description' of each target for the semantic algorithm",
        );
        record.rule(semantic && !embeddings, "must set 'embeddings' for the semantic algorithm");
    }
}

fn header_name(text: &str) -> Result<HeaderName, Problem> {
    text.parse().map_err(|_| Problem::Rule("invalid header name".to_owned()))
}

//! What was counted of all calls of one key.

use std::time::Duration;

use super::histogram::{ADDED_CUTS, FIRST_TOKEN_CUTS, Histogram, PER_TOKEN_CUTS, UPSTREAM_CUTS, WHOLE_CUTS};
use crate::statistics::Facts;

/// Sums, and durations in buckets.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) calls: u64,
    pub(crate) tokens: Tokens,
    /// In the unit of the prices.
    pub(crate) cost: f64,
    /// Bytes of bodies, from and to clients.
    pub(crate) ingress: u64,
    pub(crate) egress: u64,
    /// From the request's head to the end of its reply.
    pub(crate) whole: Histogram,
    /// The provider's part of it.
    pub(crate) upstream: Histogram,
    /// The gateway's.
    pub(crate) added: Histogram,
    pub(crate) first_token: Histogram,
    pub(crate) per_token: Histogram,
}

/// What was counted by providers, or estimated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) prompt: u64,
    pub(crate) completion: u64,
    pub(crate) total: u64,
}

impl Tokens {
    pub(crate) fn add(&mut self, more: Self) {
        self.prompt = self.prompt.saturating_add(more.prompt);
        self.completion = self.completion.saturating_add(more.completion);
        self.total = self.total.saturating_add(more.total);
    }

    pub(crate) fn of(facts: &Facts<'_>) -> Self {
        facts.usage.map_or(Self::default(), |usage| Self {
            prompt: usage.prompt,
            completion: usage.completion,
            total: usage.total(),
        })
    }
}

impl Default for Row {
    fn default() -> Self {
        Self {
            calls: 0,
            tokens: Tokens::default(),
            cost: 0.0,
            ingress: 0,
            egress: 0,
            whole: Histogram::new(&WHOLE_CUTS),
            upstream: Histogram::new(&UPSTREAM_CUTS),
            added: Histogram::new(&ADDED_CUTS),
            first_token: Histogram::new(&FIRST_TOKEN_CUTS),
            per_token: Histogram::new(&PER_TOKEN_CUTS),
        }
    }
}

impl Row {
    pub(super) fn count(&mut self, facts: &Facts<'_>) {
        self.calls += 1;
        self.tokens.add(Tokens::of(facts));
        self.cost += facts.cost.unwrap_or_default();
        let [ingress, egress] = facts.bytes;
        self.ingress = self.ingress.saturating_add(ingress);
        self.egress = self.egress.saturating_add(egress);
        let times = facts.latencies;
        self.whole.record(times.total);
        self.added.record(times.gateway);
        if let Some(upstream) = times.upstream {
            self.upstream.record(upstream);
        }
        if let Some(first) = times.first.filter(|_| facts.is_streamed()) {
            self.first_token.record(first);
        }
        if let Some(each) = per_token(facts) {
            self.per_token.record(each);
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.tokens.add(other.tokens);
        self.cost += other.cost;
        self.ingress += other.ingress;
        self.egress += other.egress;
        self.whole.add(&other.whole);
        self.upstream.add(&other.upstream);
        self.added.add(&other.added);
        self.first_token.add(&other.first_token);
        self.per_token.add(&other.per_token);
    }
}

/// From the first token of a stream to its end, for each token after the first, as the semantic conventions have it; of a whole
/// reply nobody knows. <https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/>
pub(crate) fn per_token(facts: &Facts<'_>) -> Option<Duration> {
    let (first, end) = facts.latencies.first.zip(facts.latencies.upstream).filter(|_| facts.is_streamed())?;
    let later = facts.usage?.completion.checked_sub(1).filter(|later| *later > 0)?;
    // What came in one piece has its end first.
    Some(end.saturating_sub(first).div_f64(super::text::float(later)))
}

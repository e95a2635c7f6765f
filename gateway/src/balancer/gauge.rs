//! What is known of one target, by all cores, and from one configuration to the next.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::breaker::{Breaker, Rule, Stand};
use super::latency::Latency;
use super::usage::Usage;
use super::{Health, State};

/// One target. A lock is held for a few reads and writes only, and never two at a time.
pub(super) struct Gauge {
    /// What it goes by; see [`super::names`].
    pub(super) name: String,
    marks: Mutex<Marks>,
}

#[derive(Debug, Default)]
pub(super) struct Marks {
    pub(super) breaker: Breaker,
    /// Until when it asked to be left alone.
    aside: Option<Instant>,
    pub(super) in_flight: u32,
    pub(super) calls: u64,
    pub(super) failed: u64,
    pub(super) usage: Usage,
    /// Seconds for a call, and for a token of one.
    pub(super) e2e: Latency,
    pub(super) tpot: Latency,
    /// It was out when it was last looked at; also said of one that is new.
    pub(super) was_out: bool,
}

impl Gauge {
    pub(super) fn new(name: String) -> Self {
        Self { name, marks: Mutex::new(Marks { was_out: true, ..Marks::default() }) }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Marks> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Marks {
    /// Whether calls may go there.
    pub(super) fn state(&self, rule: Rule, now: Instant) -> State {
        let left = |until: Instant| until.saturating_duration_since(now);
        let aside = self.aside.map(left).filter(|left| !left.is_zero());
        match (self.breaker.stand(rule, now), aside) {
            (Stand::Open { until }, aside) => State::Open(left(until).max(aside.unwrap_or_default())),
            (Stand::Probing, _) => State::Open(Duration::ZERO),
            (_, Some(aside)) => State::Aside(aside),
            (Stand::HalfOpen, None) => State::HalfOpen,
            (Stand::Closed, None) => State::Closed,
        }
    }

    pub(super) fn set_aside(&mut self, until: Instant) {
        self.aside = self.aside.max(Some(until));
    }

    /// How long it is to be left alone yet because it asked for that.
    #[cfg(feature = "redis")]
    pub(super) fn aside(&self, now: Instant) -> Option<Duration> {
        self.aside.map(|until| until.saturating_duration_since(now)).filter(|left| !left.is_zero())
    }

    pub(super) fn health(&self, rule: Rule, now: Instant) -> Health {
        let seconds = |latency: Latency| latency.at(now).map(Duration::from_secs_f64);
        Health {
            state: self.state(rule, now),
            in_flight: self.in_flight,
            calls: self.calls,
            failed: self.failed,
            fails: self.breaker.fails(rule, now),
            trips: self.breaker.trips,
            prompt: self.usage.prompt,
            completion: self.usage.completion,
            cost: self.usage.cost,
            e2e: seconds(self.e2e),
            tpot: seconds(self.tpot),
        }
    }
}

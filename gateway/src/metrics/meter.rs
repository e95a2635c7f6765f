//! What became of the calls of one target, for the status page: always counted, whether a plugin asks for metrics or not.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use tokio::time::Instant;

use super::row::Tokens;
use super::window::Window;
use crate::statistics::Facts;

/// One target as one core knows it. Another core's thread only looks.
#[derive(Default)]
pub(crate) struct Meter {
    running: AtomicI64,
    tally: Mutex<Tally>,
}

/// What is known of a target.
#[derive(Clone, Default)]
pub(crate) struct Tally {
    /// Tries that are over.
    pub(crate) tries: u64,
    /// Those that failed, by kind: an outcome, or what made the call go elsewhere.
    pub(crate) failures: Vec<(&'static str, u64)>,
    pub(crate) tokens: Tokens,
    pub(crate) cost: f64,
    /// From going upstream to the end of the reply.
    pub(crate) latency: Window,
    /// To the first token of a stream.
    pub(crate) first_token: Window,
    pub(crate) last_failure: Option<(SystemTime, &'static str)>,
}

/// A try at a target, which is running until this is dropped.
pub(crate) struct Running(Arc<Meter>);

impl Meter {
    pub(crate) fn begin(self: &Arc<Self>) -> Running {
        self.running.fetch_add(1, Ordering::Relaxed);
        Running(Arc::clone(self))
    }

    pub(crate) fn running(&self) -> u64 {
        u64::try_from(self.running.load(Ordering::Relaxed)).unwrap_or_default()
    }

    pub(crate) fn tally(&self) -> Tally {
        self.with(|tally| tally.clone())
    }

    fn with<T>(&self, act: impl FnOnce(&mut Tally) -> T) -> T {
        act(&mut self.tally.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Running {
    /// The try failed, and another one follows.
    pub(crate) fn failed(&self, reason: &'static str) {
        self.0.with(|tally| {
            tally.tries += 1;
            tally.fail(reason);
        });
    }

    /// The call is over.
    pub(crate) fn end(&self, facts: &Facts<'_>, now: Instant) {
        self.0.with(|tally| {
            tally.tries += 1;
            if let Some(kind) = facts.failure() {
                tally.fail(kind);
            }
            tally.tokens.add(Tokens::of(facts));
            tally.cost += facts.cost.unwrap_or_default();
            if let Some(latency) = facts.latencies.upstream {
                tally.latency.record(latency, now);
            }
            if let Some(first) = facts.latencies.first.filter(|_| facts.is_streamed()) {
                tally.first_token.record(first, now);
            }
        });
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Tally {
    fn fail(&mut self, kind: &'static str) {
        match self.failures.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => self.failures.push((kind, 1)),
        }
        self.last_failure = Some((SystemTime::now(), kind));
    }

    /// Adds what another core knows.
    pub(crate) fn add(&mut self, other: &Self) {
        self.tries += other.tries;
        for (kind, more) in &other.failures {
            match self.failures.iter_mut().find(|(known, _)| known == kind) {
                Some((_, count)) => *count += more,
                None => self.failures.push((kind, *more)),
            }
        }
        self.tokens.add(other.tokens);
        self.cost += other.cost;
        self.last_failure = self.last_failure.max(other.last_failure);
    }
}

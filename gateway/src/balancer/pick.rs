//! One try at a target, and what came of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::lowest_latency::FAILED;
use super::{Algorithm, Balancer};
use crate::config::LatencyStrategy;

/// A try. It is in flight until this is dropped; whoever drops it without a word leaves everything as it was.
pub(crate) struct Pick {
    balancer: Arc<Balancer>,
    /// The number of the target.
    pub(crate) target: usize,
    begun: Instant,
    /// It is the one that finds out whether the target is well again, and has not yet.
    probes: AtomicBool,
    /// It was said what it took.
    told: AtomicBool,
}

/// Why a try failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// No connection, or one that broke.
    Error,
    /// Too slow.
    Timeout,
    /// What came is no reply.
    InvalidHeader,
    /// The reply's status.
    Status(u16),
}

/// What a call took of its target.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Spent {
    pub(crate) prompt: u64,
    pub(crate) completion: u64,
    /// In the unit of the prices.
    pub(crate) cost: f64,
    /// From the request to the end of its reply, where that came.
    pub(crate) latency: Option<Duration>,
}

impl Pick {
    /// Begins a try.
    pub(super) fn new(balancer: Arc<Balancer>, target: usize, now: Instant) -> Self {
        let probes = {
            let mut marks = balancer.targets[target].0.lock();
            marks.in_flight += 1;
            marks.breaker.begin(balancer.rule, now)
        };
        let (probes, told) = (AtomicBool::new(probes), AtomicBool::new(false));
        Self { balancer, target, begun: now, probes, told }
    }

    /// The target gave no answer, or one that is none, perhaps behind the beginning of one.
    pub(crate) fn failed(&self, failure: Failure, now: Instant) {
        let at_least = self.at_least(failure, now);
        let mut marks = self.balancer.targets[self.target].0.lock();
        marks.failed += u64::from(failure.is_the_targets());
        let probe = self.probes.swap(false, Ordering::Relaxed);
        if self.balancer.counts(failure) {
            marks.breaker.failed(probe, self.balancer.rule, now);
        } else {
            marks.breaker.answered(probe);
        }
        if let Some(seconds) = at_least {
            self.balancer.latency(&mut marks).raise(seconds, now);
        }
    }

    /// The target answers.
    pub(crate) fn answered(&self) {
        let mut marks = self.balancer.targets[self.target].0.lock();
        marks.breaker.answered(self.probes.swap(false, Ordering::Relaxed));
    }

    /// The target asks to be left alone.
    pub(crate) fn set_aside(&self, until: Instant) {
        self.balancer.targets[self.target].0.lock().set_aside(until);
    }

    /// The call is over, and took this.
    pub(crate) fn spent(&self, spent: &Spent, now: Instant) {
        let mut marks = self.balancer.targets[self.target].0.lock();
        self.told.store(true, Ordering::Relaxed);
        marks.usage.add(spent);
        let Some(latency) = spent.latency.map(|latency| latency.as_secs_f64()) else { return };
        marks.e2e.observe(latency, now);
        // Vectors have no tokens of their own: there those that were read count.
        let tokens = if spent.completion > 0 { spent.completion } else { spent.prompt };
        if tokens > 0 {
            let tokens = f64::from(u32::try_from(tokens).unwrap_or(u32::MAX));
            marks.tpot.observe(latency / tokens, now);
        }
    }

    /// How slow the target is taken to be that failed: slower than any other, and no faster than it was to fail.
    fn at_least(&self, failure: Failure, now: Instant) -> Option<f64> {
        let Balancer { algorithm: Algorithm::LowestLatency(strategy), targets, .. } = &*self.balancer else {
            return None;
        };
        let others = targets.iter().enumerate().filter(|(target, _)| *target != self.target);
        let others = others.filter_map(|(_, (gauge, _))| self.balancer.latency(&mut gauge.lock()).at(now));
        let slowest = others.reduce(f64::max).filter(|_| failure.is_the_targets())? * FAILED;
        let took = now.saturating_duration_since(self.begun).as_secs_f64();
        Some(if *strategy == LatencyStrategy::E2e { slowest.max(took) } else { slowest })
    }
}

impl Drop for Pick {
    fn drop(&mut self) {
        let mut marks = self.balancer.targets[self.target].0.lock();
        marks.in_flight -= 1;
        marks.calls += 1;
        if *self.probes.get_mut() {
            marks.breaker.abandoned();
        }
        if !*self.told.get_mut() {
            marks.usage.untold += 1.0;
        }
    }
}

impl Balancer {
    /// Whether a target is to be left alone for failures of this kind: Kong counts what cannot be a client's fault, and of the others
    /// those by which the file goes elsewhere.
    fn counts(&self, failure: Failure) -> bool {
        match failure {
            Failure::Error | Failure::Timeout | Failure::InvalidHeader => true,
            Failure::Status(status) => self.failing.contains(&status),
        }
    }
}

impl Failure {
    /// Whether the target is to blame, or how it is set up, and not the request.
    fn is_the_targets(self) -> bool {
        match self {
            Self::Error | Self::Timeout | Self::InvalidHeader => true,
            Self::Status(status) => status >= 500 || matches!(status, 401 | 403 | 404 | 408 | 429),
        }
    }
}

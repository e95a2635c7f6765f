//! Which target a call goes to, and which are left alone for a while.
//!
//! ```text
//! Ask ─▶ who may: candidates that are in ─▶ who was tried least ─▶ who is best ─▶ whose turn it is ─▶ Pick
//!                   breaker, retry-after      by this call           algorithm      round-robin        │
//!                        ▲                                               ▲                             │
//!                        └─────────────── Gauge (one a target) ──────────┴───────── what came of it ───┘
//! ```
//!
//! Nothing here does IO, reads a clock or draws: times are arguments. All cores share one balancer for each plugin. A pick holds one
//! lock for all of them while it looks at every target, so that no two find the same one half-open: about 0.1 µs for four targets and
//! 1 µs for 64 (an optimised build, whatever the algorithm). Cores that did nothing but pick could make millions a second; beside what
//! a call costs otherwise, some 30 µs, they hardly ever meet.

mod breaker;
mod budget;
mod candidate;
mod consistent_hashing;
mod gauge;
mod latency;
mod least_connections;
mod lowest_latency;
mod lowest_usage;
mod names;
mod pick;
mod priority;
mod round_robin;
mod semantic;
#[cfg(feature = "redis")]
mod shared;
#[cfg(test)]
mod tests;
mod usage;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

pub(crate) use budget::Budget;
pub(crate) use pick::{Failure, Pick, Spent};
#[cfg(feature = "redis")]
pub(crate) use shared::{PARTS, Standing, Tally};

use breaker::Rule;
use candidate::Candidate;
use consistent_hashing::Ring;
use gauge::{Gauge, Marks};
use round_robin::RoundRobin;

use crate::config::{self, Criterion, LatencyStrategy, Target, TokensCountStrategy};

/// The targets of one plugin, for all cores.
pub(crate) struct Balancer {
    algorithm: Algorithm,
    rule: Rule,
    /// Statuses by which a target fails.
    failing: Vec<u16>,
    targets: Vec<(Arc<Gauge>, u16)>,
    turns: Mutex<Turns>,
    budget: Arc<Budget>,
}

enum Algorithm {
    ConsistentHashing(Ring),
    LeastConnections,
    LowestLatency(LatencyStrategy),
    LowestUsage(TokensCountStrategy),
    Priority,
    RoundRobin,
    Semantic,
}

/// What one pick after the other changes.
struct Turns {
    order: RoundRobin,
    /// Those of whom one is picked; kept for its room.
    field: Vec<Candidate>,
}

/// What a call brings to the choice.
pub(crate) struct Ask<'a> {
    /// What of the request stays with one target.
    pub(crate) hash: Option<&'a [u8]>,
    /// Which targets may be asked at all, one for each.
    pub(crate) candidates: &'a [bool],
    /// Every try so far, by number.
    pub(crate) tried: &'a [usize],
    /// The only ones whose descriptions fit, the best first; `None`: that does not matter.
    pub(crate) nearest: Option<&'a [usize]>,
}

/// Nobody can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Out {
    /// When the first of them may be asked again; `None`: that is not known.
    pub(crate) wait: Option<Duration>,
    /// All of them asked to be left alone, and none has failed.
    pub(crate) aside: bool,
}

/// How one target is, for whoever looks on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Health {
    pub(crate) state: State,
    /// Calls that are on their way.
    pub(crate) in_flight: u32,
    /// Tries that are over, and those of them that failed.
    pub(crate) calls: u64,
    pub(crate) failed: u64,
    /// Failures that count for the breaker at the moment.
    pub(crate) fails: usize,
    /// How often that has tripped it.
    pub(crate) trips: u64,
    /// Tokens, and money in the unit of the prices.
    pub(crate) prompt: u64,
    pub(crate) completion: u64,
    pub(crate) cost: f64,
    /// Moving averages, of the whole call and of a token.
    pub(crate) e2e: Option<Duration>,
    pub(crate) tpot: Option<Duration>,
}

/// Whether a target is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Closed,
    /// The next call finds out whether it is well again.
    HalfOpen,
    /// It failed too often, and stays out for so long; for no time: a call is finding out.
    Open(Duration),
    /// It asked to be left alone for so long.
    Aside(Duration),
}

impl Balancer {
    /// `before`: the balancer of the same plugin until now. What it knows of targets that are still there lives on.
    pub(crate) fn new(settings: &config::Balancer, targets: &[Arc<Target>], before: Option<&Self>) -> Self {
        let names = names::names(targets);
        let weights = targets.iter().map(|target| target.weight);
        let named = names.iter().map(String::as_str).zip(weights.clone());
        let algorithm = match settings.algorithm {
            config::Algorithm::ConsistentHashing => {
                Algorithm::ConsistentHashing(Ring::new(named, settings.slots))
            }
            config::Algorithm::LeastConnections => Algorithm::LeastConnections,
            config::Algorithm::LowestLatency => Algorithm::LowestLatency(settings.latency),
            config::Algorithm::LowestUsage => Algorithm::LowestUsage(settings.tokens),
            config::Algorithm::Priority => Algorithm::Priority,
            config::Algorithm::RoundRobin => Algorithm::RoundRobin,
            config::Algorithm::Semantic => Algorithm::Semantic,
        };
        let gauge = |name: String| {
            let known = before.and_then(|before| before.targets.iter().find(|(gauge, _)| gauge.name == name));
            known.map_or_else(|| Arc::new(Gauge::new(name)), |(gauge, _)| Arc::clone(gauge))
        };
        let turns = Turns { order: RoundRobin::new(targets.len()), field: Vec::with_capacity(targets.len()) };
        Self {
            algorithm,
            rule: Rule { max_fails: settings.max_fails, fail_timeout: settings.fail_timeout },
            failing: settings.failover.iter().filter_map(Criterion::counts).collect(),
            targets: names.into_iter().map(gauge).zip(weights).collect(),
            turns: Mutex::new(turns),
            budget: before.map(|before| Arc::clone(&before.budget)).unwrap_or_default(),
        }
    }

    /// The target of the next try: never one that was tried more often than another one that is in.
    pub(crate) fn pick(self: &Arc<Self>, ask: &Ask<'_>, now: Instant) -> Result<Pick, Out> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        let Turns { order, field } = &mut *turns;
        let out = self.gather(ask, field, now);
        self.welcome(field, now);
        let tries =
            |candidate: &Candidate| ask.tried.iter().filter(|tried| **tried == candidate.target).count();
        let fewest = field.iter().map(tries).min().unwrap_or_default();
        field.retain(|candidate| tries(candidate) == fewest);
        self.narrow(ask, field);
        let target = order.next(field).ok_or(out)?;
        // Still under the lock: nobody else may find the target half-open meanwhile.
        Ok(Pick::new(Arc::clone(self), target, now))
    }

    /// How each target is, in the order of the file.
    pub(crate) fn health(&self, now: Instant) -> Vec<Health> {
        self.targets.iter().map(|(gauge, _)| gauge.lock().health(self.rule, now)).collect()
    }

    /// What may be tried again, of all calls together.
    pub(crate) fn budget(&self) -> &Budget {
        &self.budget
    }

    /// All that may be asked; why the others may not.
    fn gather(&self, ask: &Ask<'_>, field: &mut Vec<Candidate>, now: Instant) -> Out {
        field.clear();
        let mut out = Out { wait: None, aside: true };
        for (target, (gauge, weight)) in self.targets.iter().enumerate().filter(|(at, _)| ask.allows(*at)) {
            let mut marks = gauge.lock();
            let state = marks.state(self.rule, now);
            match state {
                State::Closed | State::HalfOpen => {
                    field.push(self.candidate(target, *weight, &marks, now));
                    marks.was_out = false;
                    continue;
                }
                State::Open(wait) | State::Aside(wait) => {
                    out.wait = Some(out.wait.map_or(wait, |first| first.min(wait)));
                    out.aside &= matches!(state, State::Aside(_));
                    marks.was_out = true;
                }
            }
        }
        out
    }

    fn candidate(&self, target: usize, weight: u16, marks: &Marks, now: Instant) -> Candidate {
        let used = match self.algorithm {
            Algorithm::LowestUsage(part) => marks.usage.part(part),
            _ => 0.0,
        };
        let latency = match self.algorithm {
            Algorithm::LowestLatency(LatencyStrategy::E2e) => marks.e2e.at(now),
            Algorithm::LowestLatency(LatencyStrategy::Tpot) => marks.tpot.at(now),
            _ => None,
        };
        let (told, untold) = (marks.usage.told, marks.usage.untold + marks.usage.missed);
        let (in_flight, is_back) = (marks.in_flight, marks.was_out);
        Candidate { target, weight, in_flight, used, told, untold, latency, is_back }
    }

    /// Gives those that are new, or back, a place among the others.
    fn welcome(&self, field: &mut [Candidate], now: Instant) {
        match self.algorithm {
            Algorithm::LowestUsage(_) if field.iter().any(|candidate| candidate.is_back) => {
                for (target, calls) in lowest_usage::behind(field) {
                    self.targets[target].0.lock().usage.missed += calls;
                    let candidate = field.iter_mut().find(|candidate| candidate.target == target);
                    candidate.expect("it is in the field").untold += calls;
                }
            }
            Algorithm::LowestLatency(_) if field.iter().any(|candidate| candidate.latency.is_none()) => {
                let Some(mean) = lowest_latency::mean(field) else { return };
                for candidate in field.iter_mut().filter(|candidate| candidate.latency.is_none()) {
                    self.latency(&mut self.targets[candidate.target].0.lock()).raise(mean, now);
                    candidate.latency = Some(mean);
                }
            }
            _ => (),
        }
    }

    /// Leaves those that are best.
    fn narrow(&self, ask: &Ask<'_>, field: &mut Vec<Candidate>) {
        match &self.algorithm {
            Algorithm::ConsistentHashing(ring) => {
                if let Some(hash) = ask.hash {
                    ring.narrow(field, hash);
                }
            }
            Algorithm::LeastConnections => least_connections::narrow(field),
            Algorithm::LowestLatency(_) => lowest_latency::narrow(field),
            Algorithm::LowestUsage(_) => lowest_usage::narrow(field),
            Algorithm::Priority => priority::narrow(field),
            Algorithm::RoundRobin => (),
            Algorithm::Semantic => {
                if let Some(nearest) = ask.nearest {
                    semantic::narrow(field, nearest);
                }
            }
        }
    }

    /// The latency that is compared.
    fn latency<'m>(&self, marks: &'m mut Marks) -> &'m mut latency::Latency {
        match self.algorithm {
            Algorithm::LowestLatency(LatencyStrategy::E2e) => &mut marks.e2e,
            _ => &mut marks.tpot,
        }
    }
}

impl Ask<'_> {
    fn allows(&self, target: usize) -> bool {
        let fits = self.nearest.is_none_or(|nearest| nearest.contains(&target));
        fits && self.candidates.get(target) == Some(&true)
    }
}

impl Criterion {
    /// The status by which a target fails, beyond this one call: by 403 and 404 it only says that it has not got what was asked for.
    fn counts(&self) -> Option<u16> {
        match self {
            Self::Status(403 | 404) => None,
            Self::Status(status) => Some(*status),
            _ => None,
        }
    }
}

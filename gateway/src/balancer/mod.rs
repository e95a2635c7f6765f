//! Which target a call goes to, and which are left out for a while. Nothing here does IO, reads a clock or draws.

mod budget;
mod round_robin;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

pub(crate) use budget::Budget;
use round_robin::RoundRobin;

use crate::config::{self, Target};

/// The targets of one plugin, for all cores.
pub(crate) struct Balancer {
    state: Mutex<State>,
    budget: Budget,
}

struct State {
    order: RoundRobin,
    /// Until when each target is left out.
    aside: Vec<Option<Instant>>,
}

/// What a call brings to the choice.
#[expect(dead_code, reason = "round-robin asks for no more")]
pub(crate) struct Ask<'a> {
    /// What of the request stays with one target.
    pub(crate) hash: Option<&'a [u8]>,
    /// Which targets may be asked at all, one for each.
    pub(crate) candidates: &'a [bool],
    /// Which were, by number.
    pub(crate) tried: &'a [usize],
    /// The candidates by how well their descriptions fit, the best first.
    pub(crate) nearest: Option<&'a [usize]>,
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
    pub(crate) cost: f64,
    /// From the request to the end of its reply.
    pub(crate) latency: Duration,
}

/// One try at a target. It is in flight until this is dropped.
pub(crate) struct Pick {
    balancer: Arc<Balancer>,
    /// The number of the target.
    pub(crate) target: usize,
}

impl Balancer {
    pub(crate) fn new(_settings: &config::Balancer, targets: &[Arc<Target>], _seed: u64) -> Self {
        let order = RoundRobin::new(targets.iter().map(|target| target.weight).collect());
        Self {
            state: Mutex::new(State { order, aside: vec![None; targets.len()] }),
            budget: Budget::default(),
        }
    }

    /// The target of the next try: never one of `tried` as long as others are in. `None`: all are out.
    pub(crate) fn pick(self: &Arc<Self>, ask: &Ask<'_>, now: Instant) -> Option<Pick> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { order, aside } = &mut *state;
        let is_in = |target: &usize| {
            ask.candidates.get(*target) == Some(&true) && aside[*target].is_none_or(|until| until <= now)
        };
        let fresh = |target: &usize| is_in(target) && !ask.tried.contains(target);
        let target = match ask.nearest {
            Some(nearest) => {
                *nearest.iter().find(|at| fresh(at)).or_else(|| nearest.iter().find(|at| is_in(at)))?
            }
            None => order.next(&fresh).or_else(|| order.next(&is_in))?,
        };
        drop(state);
        Some(Pick { balancer: Arc::clone(self), target })
    }

    /// Whether calls may still be tried again.
    pub(crate) fn budget(&self) -> &Budget {
        &self.budget
    }
}

impl Pick {
    /// The try failed.
    pub(crate) fn failed(&self, _failure: Failure, _now: Instant) {}

    /// The target answered.
    pub(crate) fn succeeded(&self, _now: Instant) {}

    /// The target asks to be left alone.
    pub(crate) fn set_aside(&self, until: Instant) {
        let mut state = self.balancer.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.aside[self.target] = Some(until);
    }

    /// The call is over, and took this.
    pub(crate) fn spent(&self, _spent: Spent) {}
}

//! What several gateways tell each other of their targets: what calls took and how long, and who is to be left alone.
//!
//! A tally only grows, and what others told is part of it: so whoever passes it on keeps in mind what it was before, and passes on
//! the difference.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Balancer;
use super::breaker::Stand;
use super::gauge::{Gauge, Marks};

/// The parts of a [`Tally`] by name. Times are in seconds, and `…_calls` are those that took them.
pub(crate) const PARTS: [&str; 9] =
    ["prompt", "completion", "cost", "told", "untold", "e2e", "e2e_calls", "tpot", "tpot_calls"];

/// What the calls of one target took so far, a number for each of [`PARTS`].
pub(crate) type Tally = [f64; PARTS.len()];

/// How one target is, as far as others are concerned.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Standing {
    /// What it goes by, in every process.
    pub(crate) name: String,
    pub(crate) tally: Tally,
    /// How long it is left alone yet because it fails, or because it asked for that.
    pub(crate) open: Option<Duration>,
    pub(crate) aside: Option<Duration>,
}

impl Balancer {
    /// How each target is, in the order of the file.
    pub(crate) fn standings(&self, now: Instant) -> Vec<Standing> {
        let gauges = self.targets.iter().map(|(gauge, _)| gauge);
        let standing = |gauge: &Arc<Gauge>| {
            let marks = gauge.lock();
            let open = match marks.breaker.stand(self.rule, now) {
                Stand::Open { until } => Some(until.saturating_duration_since(now)),
                _ => None,
            };
            Standing { name: gauge.name.clone(), tally: tally(&marks), open, aside: marks.aside(now) }
        };
        gauges.map(standing).collect()
    }

    /// Others had calls at a target that took `tally`, and leave it alone for so long yet.
    pub(crate) fn absorb(
        &self,
        target: usize,
        tally: &Tally,
        open: Option<Duration>,
        aside: Option<Duration>,
        now: Instant,
    ) {
        let mut marks = self.targets[target].0.lock();
        let [prompt, completion, cost, told, untold, e2e, e2e_calls, tpot, tpot_calls] = *tally;
        marks.usage.prompt += whole(prompt);
        marks.usage.completion += whole(completion);
        marks.usage.cost += cost;
        marks.usage.told += whole(told);
        marks.usage.untold += untold;
        marks.e2e.absorb(e2e, e2e_calls, now);
        marks.tpot.absorb(tpot, tpot_calls, now);
        if let Some(left) = open {
            marks.breaker.open(now + left, self.rule);
        }
        if let Some(left) = aside {
            marks.set_aside(now + left);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "2^53 tokens or calls are a long way off")]
fn tally(marks: &Marks) -> Tally {
    let usage = &marks.usage;
    let [e2e, e2e_calls] = marks.e2e.observed;
    let [tpot, tpot_calls] = marks.tpot.observed;
    let (prompt, completion, told) = (usage.prompt as f64, usage.completion as f64, usage.told as f64);
    [prompt, completion, usage.cost, told, usage.untold, e2e, e2e_calls, tpot, tpot_calls]
}

/// A count that travelled as a number of any kind.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the nearest is what is wanted")]
fn whole(number: f64) -> u64 {
    number.round() as u64
}

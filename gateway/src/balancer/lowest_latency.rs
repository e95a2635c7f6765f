//! The target that is fastest, by weight, where each call on its way makes it slower by as much again: so one that is stuck is left,
//! and one that is fast is not run over.
//!
//! A target that is new is taken to be as fast as the others on average, and soon asked, for what is not asked seems faster with time.
//! One that fails is taken to be twice as slow as the slowest of the others, or as slow as it was to fail: failing fast is not fast.

use super::candidate::{Candidate, keep_least};

/// How much slower than the slowest of the others who fails is taken to be.
pub(super) const FAILED: f64 = 2.0;

pub(super) fn narrow(field: &mut Vec<Candidate>) {
    keep_least(field, |candidate| {
        let on_its_way = f64::from(candidate.in_flight) + 1.0;
        candidate.latency.unwrap_or_default() * on_its_way / f64::from(candidate.weight)
    });
}

/// Where the targets start of which nobody knows: with the mean of the others. `None`: nobody knows of any.
pub(super) fn mean(field: &[Candidate]) -> Option<f64> {
    let known = || field.iter().filter_map(|candidate| candidate.latency);
    let count = u32::try_from(known().count()).unwrap_or(u32::MAX);
    (count > 0).then(|| known().sum::<f64>() / f64::from(count))
}

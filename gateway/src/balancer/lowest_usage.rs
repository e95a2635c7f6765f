//! The target that was used least so far, by weight: in the end, shares of tokens or of money are as the weights.
//!
//! What a call takes is known at its end, so one on its way counts as an average one, and so does one that never told. A target that
//! was out does not make up for it: it comes back level with the least used of the others.

use super::candidate::{Candidate, keep_least};

pub(super) fn narrow(field: &mut Vec<Candidate>) {
    let each = average(field);
    keep_least(field, |candidate| score(candidate, each));
}

/// How many average calls each target that is back is behind the others.
pub(super) fn behind(field: &[Candidate]) -> Vec<(usize, f64)> {
    let each = average(field);
    let others = field.iter().filter(|candidate| !candidate.is_back);
    let least = others.map(|candidate| score(candidate, each)).fold(f64::INFINITY, f64::min);
    let back = field.iter().filter(|candidate| candidate.is_back);
    let calls = back.map(|candidate| {
        let gap = least - score(candidate, each);
        (candidate.target, gap * f64::from(candidate.weight) / each)
    });
    calls.filter(|(_, calls)| calls.is_finite() && *calls > 0.0).collect()
}

/// What one call takes; one of anything, as long as nobody knows.
#[expect(clippy::cast_precision_loss, reason = "2^53 calls are a long way off")]
fn average(field: &[Candidate]) -> f64 {
    let told: u64 = field.iter().map(|candidate| candidate.told).sum();
    let used: f64 = field.iter().map(|candidate| candidate.used).sum();
    if told == 0 { 1.0 } else { used / told as f64 }
}

fn score(candidate: &Candidate, each: f64) -> f64 {
    let open = f64::from(candidate.in_flight) + candidate.untold;
    (candidate.used + open * each) / f64::from(candidate.weight)
}

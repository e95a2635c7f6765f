//! The target whose description fits the prompt best. How well each fits is found before, and comes with the call; those that do not
//! fit at all are not asked, not even when the others are out.

use super::candidate::Candidate;

/// `nearest`: the targets that fit, the best first.
pub(super) fn narrow(field: &mut Vec<Candidate>, nearest: &[usize]) {
    let is_in = |target: &&usize| field.iter().any(|candidate| candidate.target == **target);
    let best = nearest.iter().find(is_in).copied();
    field.retain(|candidate| Some(candidate.target) == best);
}

//! The target with the fewest calls on their way, by weight.
//!
//! Who fails at once has few calls on their way, and so is asked more than others: that is what `max_fails` is for.

use super::candidate::{Candidate, keep_least};

pub(super) fn narrow(field: &mut Vec<Candidate>) {
    // Equal fractions have equal quotients: division rounds correctly.
    keep_least(field, |candidate| (f64::from(candidate.in_flight) + 1.0) / f64::from(candidate.weight));
}

//! The targets of the greatest weight, each in turn; those of a smaller one only when none of the greater can be asked.

use super::candidate::{Candidate, keep_least};

pub(super) fn narrow(field: &mut Vec<Candidate>) {
    keep_least(field, |candidate| -f64::from(candidate.weight));
}

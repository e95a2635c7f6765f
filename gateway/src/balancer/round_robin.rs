//! Each in turn, by weight, and evenly spread: smooth weighted round-robin as nginx has it.
//!
//! In any run of picks as long as the sum of the weights (divided by what they have in common), each target is picked as often as
//! its weight says. With other algorithms it decides among those that are equally good.
//!
//! <https://nginx.org/en/docs/http/ngx_http_upstream_module.html>

use super::candidate::Candidate;

/// Whose turn it is.
pub(super) struct RoundRobin {
    /// How much each target is behind; they sum up to nothing.
    credits: Vec<i64>,
}

impl RoundRobin {
    pub(super) fn new(targets: usize) -> Self {
        Self { credits: vec![0; targets] }
    }

    /// The next of those that may be chosen; `None`: there is nobody.
    pub(super) fn next(&mut self, field: &[Candidate]) -> Option<usize> {
        for candidate in field {
            self.credits[candidate.target] += i64::from(candidate.weight);
        }
        let total: i64 = field.iter().map(|candidate| i64::from(candidate.weight)).sum();
        // The first of several that are equally far behind.
        let next = field.iter().rev().max_by_key(|candidate| self.credits[candidate.target])?.target;
        self.credits[next] -= total;
        Some(next)
    }
}

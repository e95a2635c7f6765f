//! Each in turn, by weight, and evenly spread: smooth weighted round-robin as nginx has it.
//!
//! <https://nginx.org/en/docs/http/ngx_http_upstream_module.html>

/// The order of targets by their weights.
pub(super) struct RoundRobin {
    weights: Vec<u16>,
    /// How much each is behind; they sum up to nothing.
    credits: Vec<i64>,
}

impl RoundRobin {
    pub(super) fn new(weights: Vec<u16>) -> Self {
        Self { credits: vec![0; weights.len()], weights }
    }

    /// The next of those that `may`.
    pub(super) fn next(&mut self, may: &dyn Fn(&usize) -> bool) -> Option<usize> {
        let mut total = 0;
        let mut best: Option<usize> = None;
        for target in (0..self.weights.len()).filter(may) {
            let weight = i64::from(self.weights[target]);
            self.credits[target] += weight;
            total += weight;
            if best.is_none_or(|best| self.credits[target] > self.credits[best]) {
                best = Some(target);
            }
        }
        let best = best?;
        self.credits[best] -= total;
        Some(best)
    }
}

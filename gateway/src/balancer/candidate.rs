//! A target that may be chosen, as the algorithms see it.

/// One target. An algorithm takes those away that are not the best; who of the rest is asked is a matter of turns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) target: usize,
    pub(super) weight: u16,
    /// Calls that are on their way.
    pub(super) in_flight: u32,
    /// What it was used, in the unit that the file wants to be compared.
    pub(super) used: f64,
    /// Calls that this was for.
    pub(super) told: u64,
    /// Calls of which it is not known.
    pub(super) untold: f64,
    /// Seconds, for a call or a token.
    pub(super) latency: Option<f64>,
    /// It was out until now.
    pub(super) is_back: bool,
}

/// Keeps those with the least score.
pub(super) fn keep_least(field: &mut Vec<Candidate>, score: impl Fn(&Candidate) -> f64) {
    let least = field.iter().map(&score).fold(f64::INFINITY, f64::min);
    field.retain(|candidate| score(candidate) <= least);
}

//! Checks by requirement, the worst first: what people want to see first.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use super::model::{Check, Report, RequirementResult, Status};

/// One requirement, and where it does not hold.
pub(super) struct Broken<'a> {
    /// The requirement.
    pub(super) requirement: &'a RequirementResult,
    /// At least one check, the worst first.
    pub(super) checks: Vec<&'a Check>,
}

impl<'a> Broken<'a> {
    /// The providers, in the order of first sight.
    pub(super) fn providers(&self) -> Vec<&'a str> {
        let mut seen = HashSet::new();
        let providers = self.checks.iter().filter_map(|check| check.cell.split('/').nth(1));
        providers.filter(|provider| seen.insert(*provider)).collect()
    }
}

/// The checks that are wanted, by requirement: the worst status first, then what fails with the most providers, then what fails most.
pub(super) fn broken(report: &Report, wanted: impl Fn(&Check) -> bool) -> Vec<Broken<'_>> {
    let mut by_id: HashMap<&str, Vec<&Check>> = HashMap::new();
    for check in report.checks.iter().filter(|check| wanted(check)) {
        by_id.entry(&check.id).or_default().push(check);
    }
    let mut all: Vec<Broken<'_>> = Vec::new();
    for requirement in &report.requirements {
        let Some(mut checks) = by_id.remove(requirement.id.as_str()) else { continue };
        checks.sort_by_key(|check| order(check.status));
        all.push(Broken { requirement, checks });
    }
    all.sort_by_cached_key(|one| {
        (order(one.checks[0].status), Reverse(one.providers().len()), Reverse(one.checks.len()))
    });
    all
}

fn order(status: Status) -> u8 {
    match status {
        Status::Error => 0,
        Status::Fail => 1,
        Status::Untestable => 2,
        Status::Xpass => 3,
        Status::Xfail => 4,
        Status::Warn => 5,
        Status::Pass => 6,
        Status::Blocked => 7,
        Status::Skip => 8,
    }
}

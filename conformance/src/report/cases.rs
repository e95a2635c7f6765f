//! The report as a list of test cases, for the forms that know nothing else: JUnit and CTRF.
//!
//! A check that does not simply hold is a case of its own. Those that hold are one case for each requirement in each cell, and so are
//! those that are not claimed: a hundred thousand cases are more than any reader of these forms takes.
//!
//! A case took as long as the plays that it looked at. One play is looked at by many, so the times of cases do not add up to that of a
//! run; those of [`Times::of_cell`] do, divided by how many plays were under way at once.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::model::{Check, Report, RequirementResult, Status};

/// One test case.
pub(super) enum Tested<'a> {
    /// A requirement in a cell, wherever it holds, or is not claimed.
    Quiet {
        /// The requirement.
        requirement: &'a RequirementResult,
        /// The cell's id.
        cell: &'a str,
        /// `Pass`, or `Skip` where it holds nowhere.
        status: Status,
        /// Why it is not claimed.
        reason: Option<&'a str>,
        /// The plays in which it holds.
        took: Duration,
    },
    /// A check that does not simply hold.
    Loud {
        /// The check.
        check: &'a Check,
        /// Its requirement.
        requirement: &'a RequirementResult,
        /// Its play.
        took: Duration,
    },
}

impl<'a> Tested<'a> {
    /// The cell's id.
    pub(super) fn cell(&self) -> &'a str {
        match self {
            Self::Quiet { cell, .. } => cell,
            Self::Loud { check, .. } => &check.cell,
        }
    }

    /// How long the plays took that it looks at.
    pub(super) fn took(&self) -> Duration {
        let (Self::Quiet { took, .. } | Self::Loud { took, .. }) = self;
        *took
    }

    /// The group of the requirement: the first two words of its id.
    pub(super) fn group(&self) -> &'a str {
        let (Self::Quiet { requirement, .. } | Self::Loud { requirement, .. }) = self;
        &requirement.group
    }
}

/// How long the plays of a report took.
pub(super) struct Times<'a> {
    plays: HashMap<(&'a str, &'a str), Duration>,
    cells: HashMap<&'a str, Duration>,
}

impl<'a> Times<'a> {
    pub(super) fn new(report: &'a Report) -> Self {
        let mut times = Self { plays: HashMap::new(), cells: HashMap::new() };
        for play in &report.plays {
            let took = Duration::from_millis(play.ms);
            times.plays.insert((&play.scenario, &play.cell), took);
            let cell = times.cells.entry(&play.cell).or_default();
            *cell = cell.saturating_add(took);
        }
        times
    }

    /// All plays of a cell, one after the other.
    pub(super) fn of_cell(&self, cell: &str) -> Duration {
        self.cells.get(cell).copied().unwrap_or_default()
    }

    /// The play that a check looks at; nothing where it was not played.
    fn of(&self, check: &Check) -> Duration {
        self.plays.get(&(check.scenario.as_str(), check.cell.as_str())).copied().unwrap_or_default()
    }
}

/// All cases, in the order of the report.
pub(super) fn all(report: &Report) -> Vec<Tested<'_>> {
    let requirements: HashMap<&str, &RequirementResult> =
        report.requirements.iter().map(|known| (known.id.as_str(), known)).collect();
    let known = report.checks.iter().filter_map(|check| Some((check, *requirements.get(check.id.as_str())?)));
    let times = Times::new(report);
    let mut passed: HashMap<(&str, &str), Duration> = HashMap::new();
    for (check, _) in known.clone().filter(|(check, _)| check.status == Status::Pass) {
        let took = passed.entry((&check.id, &check.cell)).or_default();
        *took = took.saturating_add(times.of(check));
    }
    let mut told = HashSet::new();
    let mut cases = Vec::new();
    for (check, requirement) in known {
        let key = (check.id.as_str(), check.cell.as_str());
        if !check.is_quiet() {
            cases.push(Tested::Loud { check, requirement, took: times.of(check) });
        } else if told.insert(key) {
            let holds = passed.get(&key);
            let reason = check.notes.first().map(String::as_str).filter(|_| holds.is_none());
            let status = if holds.is_some() { Status::Pass } else { Status::Skip };
            let took = holds.copied().unwrap_or_default();
            cases.push(Tested::Quiet { requirement, cell: &check.cell, status, reason, took });
        }
    }
    cases
}

/// What was found, as plain lines.
pub(super) fn finding(report: &Report, check: &Check, requirement: &RequirementResult) -> String {
    let lines = [
        Some(format!("{} {}: {}", requirement.level.name(), requirement.id, requirement.sentence)),
        check.pointer.as_ref().map(|pointer| format!("where:    {pointer}")),
        check.expected.as_ref().map(|expected| format!("expected: {expected}")),
        check.actual.as_ref().map(|actual| format!("got:      {actual}")),
        Some(format!("source:   {} ({})", requirement.source.url, requirement.source.date)),
        report.repro(check).map(|repro| format!("again:    {repro}")),
    ];
    lines.into_iter().flatten().chain(check.notes.iter().cloned()).collect::<Vec<_>>().join("\n")
}

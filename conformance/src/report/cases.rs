//! The report as a list of test cases, for the forms that know nothing else: JUnit and CTRF.
//!
//! A check that does not simply hold is a case of its own. Those that hold are one case for each requirement in each cell, and so are
//! those that are not claimed: a hundred thousand cases are more than any reader of these forms takes.

use std::collections::{HashMap, HashSet};

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
    },
    /// A check that does not simply hold.
    Loud {
        /// The check.
        check: &'a Check,
        /// Its requirement.
        requirement: &'a RequirementResult,
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

    /// The group of the requirement: the first two words of its id.
    pub(super) fn group(&self) -> &'a str {
        let (Self::Quiet { requirement, .. } | Self::Loud { requirement, .. }) = self;
        &requirement.group
    }
}

/// All cases, in the order of the report.
pub(super) fn all(report: &Report) -> Vec<Tested<'_>> {
    let requirements: HashMap<&str, &RequirementResult> =
        report.requirements.iter().map(|known| (known.id.as_str(), known)).collect();
    let known = report.checks.iter().filter_map(|check| Some((check, *requirements.get(check.id.as_str())?)));
    let passed: HashSet<(&str, &str)> = known
        .clone()
        .filter(|(check, _)| check.status == Status::Pass)
        .map(|(check, _)| (check.id.as_str(), check.cell.as_str()))
        .collect();
    let mut told = HashSet::new();
    let mut cases = Vec::new();
    for (check, requirement) in known {
        let key = (check.id.as_str(), check.cell.as_str());
        if !check.is_quiet() {
            cases.push(Tested::Loud { check, requirement });
        } else if told.insert(key) {
            let holds = passed.contains(&key);
            let reason = check.notes.first().map(String::as_str).filter(|_| !holds);
            let status = if holds { Status::Pass } else { Status::Skip };
            cases.push(Tested::Quiet { requirement, cell: &check.cell, status, reason });
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

//! What changed from one report to another: regressions, repairs, and what only one of them was asked.
//!
//! Only what both were asked can be a regression. What a report does not have, or does not claim, is told, and never held against
//! the gateway.

mod markdown;
mod text;

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::model::{Check, Expectation, Report, Status};

/// The difference of two reports, in the order of the newer one.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diff {
    /// Where the older one comes from.
    pub old: Subject,
    /// Where the newer one comes from.
    pub new: Subject,
    /// The two suites asked different questions.
    pub suites_differ: bool,
    /// Held before, does not hold now.
    pub regressions: Vec<Change>,
    /// Did not hold before, holds now.
    pub repairs: Vec<Change>,
    /// Another status, but neither better nor worse: not claimed any more, a failure that is expected now, …
    pub other: Vec<Change>,
    /// What only the newer one was asked.
    pub added: Side,
    /// What only the older one was asked.
    pub removed: Side,
    /// The profile's expected failures.
    pub expectations: Expected,
}

/// What was judged, and by what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// The gateway.
    pub project: String,
    /// Its version.
    pub version: String,
    /// The suite's version and digest.
    pub suite: String,
    /// When.
    pub started: String,
    /// How many checks.
    pub checks: usize,
}

/// One check in two reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// `<requirement>@<scenario>@<cell>`.
    pub key: String,
    /// Status in the older report.
    pub old: Option<Status>,
    /// Status in the newer report.
    pub new: Option<Status>,
    /// The requirement in one sentence.
    pub sentence: String,
}

/// What only one of two reports has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Side {
    /// Requirements that the other one was not asked at all.
    pub requirements: Vec<String>,
    /// Scenarios that the other one did not play.
    pub scenarios: Vec<String>,
    /// Cells that the other one does not have.
    pub cells: Vec<String>,
    /// Checks that the other one does not have, for whichever of these reasons.
    pub checks: usize,
    /// Those of them that do not hold.
    pub failing: Vec<Change>,
}

/// Changes of the profile's expected failures.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Expected {
    /// Only in the newer report.
    pub added: Vec<Expectation>,
    /// Only in the older report.
    pub removed: Vec<Expectation>,
    /// In both, with another reason or another fate; as they are now.
    pub stale: Vec<Expectation>,
}

/// Compares two reports of the same gateway, or of two.
pub fn diff(old: &Report, new: &Report) -> Diff {
    let before: HashMap<_, _> = old.checks.iter().map(|check| (place(check), check)).collect();
    let now: HashSet<_> = new.checks.iter().map(place).collect();
    let mut diff = Diff {
        old: subject(old),
        new: subject(new),
        suites_differ: old.suite.digest != new.suite.digest,
        regressions: Vec::new(),
        repairs: Vec::new(),
        other: Vec::new(),
        added: side(new, old),
        removed: side(old, new),
        expectations: expected(old, new),
    };
    let sentences: HashMap<_, _> = old
        .requirements
        .iter()
        .chain(&new.requirements)
        .map(|one| (one.id.as_str(), one.sentence.as_str()))
        .collect();
    let change = |check: &Check, old, new| Change {
        key: check.key(),
        old,
        new,
        sentence: sentences.get(check.id.as_str()).copied().unwrap_or_default().to_owned(),
    };
    for check in &new.checks {
        let status = Some(check.status);
        match before.get(&place(check)) {
            Some(old) if old.status == check.status => (),
            Some(old) => diff.place(change(check, Some(old.status), status)),
            None => diff.added.count(check, || change(check, None, status)),
        }
    }
    for check in old.checks.iter().filter(|check| !now.contains(&place(check))) {
        diff.removed.count(check, || change(check, Some(check.status), None));
    }
    diff
}

fn place(check: &Check) -> (&str, &str, &str) {
    (&check.id, &check.scenario, &check.cell)
}

fn subject(report: &Report) -> Subject {
    Subject {
        project: report.implementation.project.clone(),
        version: report.implementation.version.clone(),
        suite: format!("{} ({})", report.suite.version, report.suite.digest),
        started: report.environment.started.clone(),
        checks: report.checks.len(),
    }
}

/// What one report has in its tables, and the other one has not.
fn side(one: &Report, other: &Report) -> Side {
    fn missing<'a>(
        these: impl Iterator<Item = &'a String>,
        those: impl Iterator<Item = &'a String>,
    ) -> Vec<String> {
        let those: HashSet<_> = those.collect();
        these.filter(|id| !those.contains(id)).cloned().collect()
    }
    Side {
        requirements: missing(
            one.requirements.iter().map(|row| &row.id),
            other.requirements.iter().map(|row| &row.id),
        ),
        scenarios: missing(
            one.scenarios.iter().map(|row| &row.id),
            other.scenarios.iter().map(|row| &row.id),
        ),
        cells: missing(one.cells.iter().map(|row| &row.id), other.cells.iter().map(|row| &row.id)),
        ..Side::default()
    }
}

fn expected(old: &Report, new: &Report) -> Expected {
    let all = |report: &Report| -> Vec<Expectation> {
        report.expectations.used.iter().chain(&report.expectations.stale).cloned().collect()
    };
    let (before, now) = (all(old), all(new));
    let only = |these: &[Expectation], those: &[Expectation]| {
        let is_there = |one: &Expectation| those.iter().any(|other| other.id == one.id);
        these.iter().filter(|one| !is_there(one)).cloned().collect::<Vec<_>>()
    };
    let was_stale = |one: &&Expectation| old.expectations.stale.iter().any(|other| other.id == one.id);
    Expected {
        added: only(&now, &before),
        removed: only(&before, &now),
        stale: new.expectations.stale.iter().filter(|one| !was_stale(one)).cloned().collect(),
    }
}

impl Diff {
    /// Whether something that held does not hold any more.
    pub fn regressed(&self) -> bool {
        !self.regressions.is_empty()
    }

    /// Whether everything is as it was.
    pub fn is_empty(&self) -> bool {
        let nothing = |side: &Side| side.checks == 0 && side.requirements.is_empty() && side.cells.is_empty();
        self.regressions.is_empty()
            && self.repairs.is_empty()
            && self.other.is_empty()
            && nothing(&self.added)
            && nothing(&self.removed)
            && self.expectations == Expected::default()
    }

    fn place(&mut self, change: Change) {
        match (change.old.and_then(holds), change.new.and_then(holds)) {
            (Some(true), Some(false)) => self.regressions.push(change),
            (Some(false), Some(true)) => self.repairs.push(change),
            _ => self.other.push(change),
        }
    }
}

impl Side {
    fn count(&mut self, check: &Check, change: impl FnOnce() -> Change) {
        self.checks += 1;
        if holds(check.status) == Some(false) {
            self.failing.push(change());
        }
    }
}

/// Whether the gateway did as required; `None` where that is not known.
fn holds(status: Status) -> Option<bool> {
    match status {
        Status::Pass | Status::Xpass => Some(true),
        Status::Fail | Status::Warn | Status::Xfail | Status::Untestable | Status::Blocked => Some(false),
        Status::Skip | Status::Error => None,
    }
}

/// Changes of one requirement from one status to another, in the order of first sight.
struct Alike<'a> {
    id: &'a str,
    sentence: &'a str,
    /// `pass → fail`.
    step: String,
    /// `<scenario>@<cell>`.
    places: Vec<&'a str>,
}

fn alike(changes: &[Change]) -> Vec<Alike<'_>> {
    let mut groups: Vec<Alike<'_>> = Vec::new();
    let mut known: HashMap<(&str, Option<Status>, Option<Status>), usize> = HashMap::new();
    for change in changes {
        let (id, place) = change.key.split_once('@').unwrap_or((&change.key, ""));
        let number = *known.entry((id, change.old, change.new)).or_insert_with(|| {
            let name = |status: Option<Status>| status.map_or("not asked", Status::name);
            let step = format!("{} → {}", name(change.old), name(change.new));
            groups.push(Alike { id, sentence: &change.sentence, step, places: Vec::new() });
            groups.len() - 1
        });
        groups[number].places.push(place);
    }
    groups
}

/// The lists of a diff that are told change by change, with their titles.
fn parts(diff: &Diff) -> [(&'static str, &[Change]); 4] {
    [
        ("Regressions", &diff.regressions),
        ("Repairs", &diff.repairs),
        ("Neither better nor worse", &diff.other),
        ("New questions that do not hold", &diff.added.failing),
    ]
}

/// What is new and what is gone, in the order of telling.
fn sides(diff: &Diff) -> Vec<(String, &[String])> {
    let mut told: Vec<(String, &[String])> = Vec::new();
    for (word, side) in [("new", &diff.added), ("gone", &diff.removed)] {
        for (what, list) in
            [("requirements", &side.requirements), ("scenarios", &side.scenarios), ("cells", &side.cells)]
        {
            told.push((format!("{word} {what}"), list));
        }
    }
    told.retain(|(_, list)| !list.is_empty());
    told
}

/// The first sentences: what was compared with what.
fn lead(diff: &Diff) -> Vec<String> {
    let (old, new) = (&diff.old, &diff.new);
    let name = |subject: &Subject| format!("{} {}", subject.project, subject.version).trim().to_owned();
    let mut lines = vec![if name(old) == name(new) {
        format!("{}, {} and {}", name(new), old.started, new.started)
    } else {
        format!("{} → {}", name(old), name(new))
    }];
    if diff.suites_differ {
        lines.push(format!(
            "The suites differ, {} → {}: what only one asks says nothing of the gateway.",
            old.suite, new.suite
        ));
    }
    lines
}

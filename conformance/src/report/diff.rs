//! What changed from one report to another: regressions, repairs, and what only one of them has.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::model::{Check, Report, Status};

/// The difference of two reports, in the order of the newer one.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Diff {
    /// Held before, does not hold now.
    pub regressions: Vec<Change>,
    /// Did not hold before, holds now.
    pub repairs: Vec<Change>,
    /// Another status, but neither better nor worse: an expected failure that is now unexpected, say.
    pub other: Vec<Change>,
    /// Only the newer report has it. A failure among them is a regression of what the suite knows, not of the gateway.
    pub added: Vec<Change>,
    /// Only the older report has it.
    pub removed: Vec<Change>,
    /// The two suites asked different questions.
    pub suites_differ: bool,
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

/// Compares two reports of the same gateway, or of two.
pub fn diff(old: &Report, new: &Report) -> Diff {
    let before: BTreeMap<_, _> = old.checks.iter().map(|check| (check.key(), check)).collect();
    let now: BTreeMap<_, _> = new.checks.iter().map(|check| (check.key(), check)).collect();
    let mut diff = Diff { suites_differ: old.suite.digest != new.suite.digest, ..Diff::default() };
    for check in &new.checks {
        let sentence = new.sentence(&check.id);
        diff.place(before.get(&check.key()).copied(), check, sentence);
    }
    let gone = old.checks.iter().filter(|check| !now.contains_key(&check.key()));
    diff.removed.extend(gone.map(|check| change(Some(check), None, check, old.sentence(&check.id))));
    diff
}

impl Diff {
    /// Whether something that held does not hold any more.
    pub fn regressed(&self) -> bool {
        !self.regressions.is_empty()
    }

    fn place(&mut self, old: Option<&Check>, new: &Check, sentence: &str) {
        let entry = change(old, Some(new), new, sentence);
        let Some(old) = old else {
            self.added.push(entry);
            return;
        };
        match (holds(old.status), holds(new.status)) {
            (Some(true), Some(false)) => self.regressions.push(entry),
            (Some(false), Some(true)) => self.repairs.push(entry),
            _ if old.status != new.status => self.other.push(entry),
            _ => (),
        }
    }
}

/// Whether the gateway did as required; `None` where that is not known.
fn holds(status: Status) -> Option<bool> {
    match status {
        Status::Pass | Status::Xpass => Some(true),
        Status::Fail | Status::Warn | Status::Xfail | Status::Untestable => Some(false),
        Status::Skip | Status::Error => None,
    }
}

fn change(old: Option<&Check>, new: Option<&Check>, either: &Check, sentence: &str) -> Change {
    let status = |check: Option<&Check>| check.map(|check| check.status);
    Change { key: either.key(), old: status(old), new: status(new), sentence: sentence.to_owned() }
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.suites_differ {
            writeln!(
                f,
                "The two reports come from different suites: what only one has says nothing of the gateway."
            )?;
        }
        let parts = [
            ("regressions", &self.regressions),
            ("repairs", &self.repairs),
            ("other changes", &self.other),
            ("only in the newer report", &self.added),
            ("only in the older report", &self.removed),
        ];
        for (name, changes) in parts.iter().filter(|(_, changes)| !changes.is_empty()) {
            writeln!(f, "{name}: {}", changes.len())?;
            for change in *changes {
                writeln!(f, "  {change}")?;
            }
        }
        if parts.iter().all(|(_, changes)| changes.is_empty()) {
            writeln!(f, "no difference")?;
        }
        Ok(())
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |status: Option<Status>| status.map_or("absent", Status::name);
        write!(f, "{} → {}  {}", name(self.old), name(self.new), self.key)
    }
}

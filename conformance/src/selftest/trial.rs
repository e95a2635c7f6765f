//! One mutant, judged; and all of them as a table.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Selftest;
use crate::mutant::Mutant;
use crate::report::model::{Check, Report, Status};
use crate::run;

/// What became of one mutant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trial {
    /// Its id.
    pub mutant: String,
    /// The requirement that it breaks.
    pub requirement: String,
    /// What it does wrong.
    pub breaks: String,
    /// Where it does so.
    pub side: String,
    /// What became of it.
    pub verdict: Verdict,
    /// The checks of that requirement that noticed: `<requirement>@<scenario>@<cell>`.
    pub caught_by: Vec<String>,
    /// Other requirements that noticed, too. What breaks one thing on the wire often breaks several sentences.
    pub also: Vec<String>,
}

/// What became of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The requirement that it breaks noticed.
    Caught,
    /// It did not: a defect of the suite.
    Survived,
    /// The unbroken gateway does not pass that requirement where the mutant is played, or does not declare the feature.
    Untried,
}

impl Trial {
    /// Judges by what is otherwise than without the mutant.
    pub(super) fn new(mutant: &Mutant, baseline: &[Check], report: &Report) -> Self {
        let before: BTreeMap<_, _> = baseline.iter().map(|check| (check.key(), check.status)).collect();
        // Where the requirement had nothing to say before, it may now.
        let is_new = |check: &Check| before.get(&check.key()).is_none_or(|status| *status == Status::Pass);
        let is_judged = |check: &&Check| check.id == mutant.requirement && check.status != Status::Skip;
        let was_judged =
            |(key, status): (&String, &Status)| *status == Status::Pass && is_played(mutant, key, report);
        if !report.checks.iter().filter(is_judged).any(is_new) && !before.iter().any(was_judged) {
            return Self::untried(mutant);
        }
        let is_noticed = |check: &Check| {
            matches!(check.status, Status::Fail | Status::Warn) || run::is_told_elsewhere(check)
        };
        let noticed = |check: &&Check| is_noticed(check) && is_new(check);
        let noticed: Vec<_> = report.checks.iter().filter(noticed).collect();
        let (caught, also): (Vec<_>, Vec<_>) =
            noticed.into_iter().partition(|check| check.id == mutant.requirement);
        let also: BTreeSet<_> = also.into_iter().map(|check| check.id.clone()).collect();
        Self {
            verdict: if caught.is_empty() { Verdict::Survived } else { Verdict::Caught },
            caught_by: caught.into_iter().map(Check::key).collect(),
            also: also.into_iter().collect(),
            ..Self::untried(mutant)
        }
    }

    pub(super) fn untried(mutant: &Mutant) -> Self {
        Self {
            mutant: mutant.id.to_owned(),
            requirement: mutant.requirement.to_owned(),
            breaks: mutant.breaks.to_owned(),
            side: mutant.side().to_owned(),
            verdict: Verdict::Untried,
            caught_by: Vec::new(),
            also: Vec::new(),
        }
    }
}

/// Whether a check that passed without the mutant is of its requirement, at a place where it is played.
fn is_played(mutant: &Mutant, key: &str, report: &Report) -> bool {
    let place = |(id, place): (&str, &str)| {
        id == mutant.requirement
            && report.evidence.iter().any(|seen| format!("{}@{}", seen.scenario, seen.cell) == place)
    };
    key.split_once('@').is_some_and(place)
}

impl Verdict {
    /// As it stands in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Caught => "caught",
            Self::Survived => "SURVIVED",
            Self::Untried => "untried",
        }
    }
}

impl fmt::Display for Selftest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for key in &self.failed {
            writeln!(f, "the unbroken gateway fails {key}")?;
        }
        let width = self.trials.iter().map(|trial| trial.mutant.len()).max().unwrap_or(0);
        for trial in &self.trials {
            write!(f, "{:<8}  {:<width$}  {}", trial.verdict.name(), trial.mutant, trial.requirement)?;
            match trial.verdict {
                Verdict::Caught if trial.also.is_empty() => writeln!(f)?,
                Verdict::Caught => writeln!(f, "  (and {})", brief(&trial.also))?,
                Verdict::Survived => writeln!(f, "  {}  noticed by {}", trial.breaks, brief(&trial.also))?,
                Verdict::Untried => {
                    writeln!(f, "  the unbroken gateway does not pass that where it is played")?;
                }
            }
        }
        let (caught, survived) = (self.count(Verdict::Caught), self.count(Verdict::Survived));
        write!(f, "\n{} mutants: {caught} caught, {survived} survived", self.trials.len())?;
        let untried = self.count(Verdict::Untried);
        if untried > 0 {
            write!(f, ", {untried} untried")?;
        }
        writeln!(f, ", in {:.1} s", std::time::Duration::from_millis(self.duration_ms).as_secs_f64())
    }
}

fn brief(ids: &[String]) -> String {
    match ids {
        [] => "nobody".to_owned(),
        [a, b, c, rest @ ..] if !rest.is_empty() => format!("{a}, {b}, {c} and {} more", rest.len()),
        few => few.join(", "),
    }
}

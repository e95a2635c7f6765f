//! An `expected.yaml` brought up to date with what a gateway was seen to do: what still fails keeps its reason, what holds again goes,
//! what is new gets a reason made from its finding.

mod cover;
mod file;

use std::collections::BTreeMap;

use globset::{Glob, GlobMatcher};

use crate::Error;
use crate::gateway::known::Known;
use crate::report::model::{Check, Report, Status};

/// The file, and what became of its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baseline {
    /// The text of the file.
    pub text: String,
    /// How many globs still meet a failure, or nothing that was judged.
    pub kept: usize,
    /// Globs that met passes only.
    pub dropped: Vec<String>,
    /// Globs that are new.
    pub added: Vec<String>,
}

/// Brings a file up to date with what was seen in these reports, which are several where failures come and go.
///
/// # Errors
/// [`Error::Parse`] where the text is no such file, [`Error::Glob`].
pub fn update(name: &str, text: &str, reports: &[Report]) -> Result<Baseline, Error> {
    let seen = Seen::new(reports);
    let mut file = file::File::parse(name, text)?;
    let mut baseline = Baseline { text: String::new(), kept: 0, dropped: Vec::new(), added: Vec::new() };
    let mut kept = Vec::new();
    for entry in &mut file.entries {
        let before = entry.known.id.len();
        for id in std::mem::take(&mut entry.known.id) {
            let matcher = matcher(&id)?;
            if !entry.known.sometimes && seen.is_stale(&matcher) && may_be_stale(&id, reports) {
                baseline.dropped.push(id);
            } else {
                kept.push(matcher);
                entry.known.id.push(id);
            }
        }
        entry.is_changed = entry.known.id.len() != before;
    }
    baseline.kept = kept.len();
    file.entries.retain(|entry| !entry.known.id.is_empty());
    for known in seen.unknown(&kept, reports) {
        baseline.added.extend(known.id.iter().cloned());
        file.entries.push(file::Entry::new(known));
    }
    baseline.text = file.to_string();
    Ok(baseline)
}

fn matcher(id: &str) -> Result<GlobMatcher, Error> {
    let failed = |error: globset::Error| Error::Glob { glob: id.to_owned(), reason: error.to_string() };
    Ok(Glob::new(id).map_err(failed)?.compile_matcher())
}

/// A run of a part knows of those only that are about nothing else.
fn may_be_stale(id: &str, reports: &[Report]) -> bool {
    let is_said = |report: &Report| report.expectations.stale.iter().any(|stale| stale.id == id);
    reports.iter().any(|report| !report.environment.is_part() || is_said(report))
}

fn covers(matcher: &GlobMatcher, check: &Check) -> bool {
    matcher.is_match(&check.id) || matcher.is_match(check.key())
}

/// What was judged, each once: as failed where it failed in any report.
struct Seen<'a> {
    failed: BTreeMap<String, &'a Check>,
    passed: BTreeMap<String, &'a Check>,
}

impl<'a> Seen<'a> {
    fn new(reports: &'a [Report]) -> Self {
        let mut seen = Self { failed: BTreeMap::new(), passed: BTreeMap::new() };
        for check in reports.iter().flat_map(|report| &report.checks) {
            match check.status {
                Status::Pass | Status::Xpass => seen.passed.insert(check.key(), check),
                // A warning fails no run, so there is nothing to expect of it.
                Status::Skip | Status::Warn => None,
                _ => seen.failed.insert(check.key(), check),
            };
        }
        seen.passed.retain(|key, _| !seen.failed.contains_key(key));
        seen
    }

    /// Whether all that it speaks of holds.
    fn is_stale(&self, matcher: &GlobMatcher) -> bool {
        let meets = |checks: &BTreeMap<String, &Check>| checks.values().any(|check| covers(matcher, check));
        !meets(&self.failed) && meets(&self.passed)
    }

    /// What fails a run and is not known: one entry a requirement. What follows from another failure of its play is known with that.
    fn unknown(&self, kept: &[GlobMatcher], reports: &[Report]) -> Vec<Known> {
        let is_known = |check: &Check| kept.iter().any(|matcher| covers(matcher, check));
        let is_root = |check: &&&Check| check.status == Status::Fail && !is_known(check);
        let mut by_requirement: BTreeMap<&str, Vec<&Check>> = BTreeMap::new();
        for check in self.failed.values().filter(is_root) {
            by_requirement.entry(&check.id).or_default().push(check);
        }
        let broken_plays: Vec<_> = self
            .failed
            .values()
            .filter(|check| matches!(check.status, Status::Fail | Status::Xfail))
            .map(|check| (&check.scenario, &check.cell))
            .collect();
        for check in self.failed.values().filter(|check| check.status == Status::Untestable) {
            if !is_known(check) && !broken_plays.contains(&(&check.scenario, &check.cell)) {
                by_requirement.entry(&check.id).or_default().push(check);
            }
        }
        let known = by_requirement.into_iter().map(|(id, failed)| {
            let passed: Vec<_> = self.passed.values().copied().filter(|check| check.id == id).collect();
            Known {
                reason: reason(failed[0], reports),
                link: None,
                sometimes: false,
                id: cover::cover(&failed, &passed),
            }
        });
        known.collect()
    }
}

/// The requirement's sentence, and what was found instead.
fn reason(check: &Check, reports: &[Report]) -> String {
    let sentences = reports.iter().map(|report| report.sentence(&check.id));
    let sentence = sentences.into_iter().find(|sentence| !sentence.is_empty()).unwrap_or(&check.id);
    match (&check.pointer, &check.expected, &check.actual) {
        (Some(place), Some(expected), Some(actual)) => {
            let (expected, actual) = (crate::text::short(expected, 120), crate::text::short(actual, 120));
            format!("Not so: {sentence} At {place}: expected {expected}, got {actual}")
        }
        _ => format!("Not so: {sentence} {}", check.notes.first().map_or("", String::as_str))
            .trim_end()
            .to_owned(),
    }
}

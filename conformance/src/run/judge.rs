//! Judges the cases of a play: checks, the profile's expectations, statuses.

use std::collections::HashSet;
use std::sync::Mutex;

use globset::{Glob, GlobMatcher};

use super::once;
use super::plan::{Plan, Planned};
use crate::Error;
use crate::case::Case;
use crate::check::{self, Finding, Judged, Verdict};
use crate::gateway::Profile;
use crate::report::model::{Check, Expectation, Expectations, Status};
use crate::requirement::{Level, Requirement};
use crate::scenario::Outcome;

/// Judges, and remembers which expectations were met.
pub(crate) struct Judge {
    expected: Vec<Expected>,
}

struct Expected {
    expectation: Expectation,
    glob: GlobMatcher,
    met: Mutex<Met>,
}

#[derive(Clone, Copy, Default)]
struct Met {
    failed: bool,
    passed: bool,
}

impl Judge {
    pub(crate) fn new(profile: &Profile) -> Result<Self, Error> {
        let expected: Result<Vec<_>, _> = profile.expected.iter().map(Expected::new).collect();
        Ok(Self { expected: expected? })
    }

    /// One check for each requirement that has something to say, and is asked.
    pub(crate) fn judge(&self, planned: &Planned, cases: &[Case]) -> Vec<Check> {
        let judged = planned.judged.iter().filter_map(|requirement| {
            // Of a route with several targets it is known only now whose words count.
            let elsewhere = |case: &Case| !requirement.is_for(case.provider());
            if cases.iter().any(elsewhere) {
                return None;
            }
            let verdict = verdict(requirement, cases);
            self.check(planned, requirement, verdict.as_ref())
        });
        let mut checks: Vec<_> = judged.collect();
        once::tell(planned, &mut checks);
        expect_what_follows(&mut checks);
        checks.retain(|check| planned.tells(&check.id));
        checks
    }

    /// Nothing, where the requirement has nothing to say here.
    fn check(
        &self,
        planned: &Planned,
        requirement: &Requirement,
        verdict: Result<&(), &Verdict>,
    ) -> Option<Check> {
        let blank = blank(planned, requirement);
        let expected = self.expected.iter().find(|expected| expected.covers(&blank));
        let check = match verdict {
            Ok(()) => blank,
            Err(Verdict::NotHere) => return None,
            Err(Verdict::Untestable(reason)) => {
                let status = if planned.scenario.lenient { Status::Warn } else { Status::Untestable };
                Check { status, notes: vec![reason.clone()], ..blank }
            }
            Err(Verdict::Broken(findings)) => {
                let is_mild = requirement.level == Level::Should || planned.scenario.lenient;
                let status = if is_mild { Status::Warn } else { Status::Fail };
                with_findings(Check { status, ..blank }, findings)
            }
        };
        Some(match expected {
            Some(expected) => expected.meet(check),
            None => check,
        })
    }

    /// The profile's expectations that were met, and those that were not. `unplayed`: what a whole run would have judged besides; what is
    /// expected there may fail still.
    pub(crate) fn expectations(
        &self,
        unplayed: impl FnOnce() -> Result<Vec<Check>, Error>,
    ) -> Result<Expectations, Error> {
        let mut expectations = Expectations::default();
        let mut passed: Vec<&Expected> = Vec::new();
        for expected in &self.expected {
            let met = expected.met();
            if met.failed {
                expectations.used.push(expected.expectation.clone());
            } else if met.passed && !expected.expectation.sometimes {
                passed.push(expected);
            }
        }
        if !passed.is_empty() {
            let unplayed = unplayed()?;
            passed.retain(|expected| !unplayed.iter().any(|check| expected.covers(check)));
        }
        expectations.stale = passed.into_iter().map(|expected| expected.expectation.clone()).collect();
        Ok(expectations)
    }

    /// A pass under an expectation that never came true is an unexpected one.
    pub(crate) fn mark_stale(expectations: &Expectations, checks: &mut [Check]) -> Result<(), Error> {
        let stale: Result<Vec<_>, _> = expectations.stale.iter().map(Expected::new).collect();
        let stale = stale?;
        for check in checks.iter_mut().filter(|check| check.status == Status::Pass) {
            if let Some(expected) = stale.iter().find(|expected| expected.covers(check)) {
                check.status = Status::Xpass;
                check.notes.push(format!("expected to fail: {}", expected.expectation.reason));
            }
        }
        Ok(())
    }
}

/// What this plan judges and that one does not.
pub(super) fn beyond(whole: &Plan, part: &Plan) -> Vec<Check> {
    let checks = |plan: &Plan| -> Vec<Check> {
        let each = |planned: &Planned| -> Vec<Check> {
            planned.requirements.iter().map(|requirement| blank(planned, requirement)).collect()
        };
        plan.plays.iter().flat_map(each).collect()
    };
    let played: HashSet<String> = checks(part).iter().map(Check::key).collect();
    checks(whole).into_iter().filter(|check| !played.contains(&check.key())).collect()
}

pub(super) fn skipped(planned: &Planned) -> Vec<Check> {
    let skipped = planned.skipped.iter().map(|(requirement, reason)| Check {
        status: Status::Skip,
        notes: vec![reason.clone()],
        ..blank(planned, requirement)
    });
    skipped.collect()
}

pub(super) fn harness_error(planned: &Planned, reason: &str) -> Vec<Check> {
    let failed = planned.requirements.iter().map(|requirement| Check {
        status: Status::Error,
        notes: vec![format!("the harness failed: {reason}")],
        ..blank(planned, requirement)
    });
    failed.collect()
}

/// One that holds.
fn blank(planned: &Planned, requirement: &Requirement) -> Check {
    Check {
        id: requirement.id.clone(),
        scenario: planned.scenario.id.clone(),
        cell: planned.cell.to_string(),
        status: Status::Pass,
        pointer: None,
        expected: None,
        actual: None,
        notes: Vec::new(),
    }
}

/// What could not be tested in a play that fails as expected, and in no other way, is expected with that.
fn expect_what_follows(checks: &mut [Check]) {
    let has = |status| checks.iter().any(|check: &Check| check.status == status);
    if !(has(Status::Xfail) || has(Status::Blocked)) || has(Status::Fail) {
        return;
    }
    for check in checks.iter_mut().filter(|check| check.status == Status::Untestable) {
        check.status = Status::Blocked;
        check.notes.insert(0, "expected: it follows from what is expected to fail here".to_owned());
    }
}

/// The first case that does not hold speaks for all, and before those that could not be judged.
fn verdict(requirement: &Requirement, cases: &[Case]) -> Judged {
    let Some(check) = check::find(&requirement.id) else {
        return Err(Verdict::Untestable("the suite has no check for it".to_owned()));
    };
    let mut verdict = Err(Verdict::NotHere);
    for case in cases.iter().filter(|case| !is_left_open(requirement, case)) {
        match check(case) {
            Ok(()) if verdict == Err(Verdict::NotHere) => verdict = Ok(()),
            Ok(()) | Err(Verdict::NotHere) => {}
            Err(Verdict::Broken(findings)) if !follows(requirement, case, &findings) => {
                return Err(Verdict::Broken(findings));
            }
            Err(Verdict::Broken(_)) => verdict = Err(check::reply::missing(case)),
            Err(untestable) => verdict = Err(untestable),
        }
    }
    verdict
}

/// Requirements that are about a reply's coming whole.
const WHOLE: [&str; 3] = [".reply.ok", ".lifecycle.drain", ".stream.no-errors"];

/// Whether what the client lacks is lacking because the reply itself never came whole, or was broken off by an error: that is one
/// defect, and told once. An open refusal is no such defect.
fn follows(requirement: &Requirement, case: &Case, findings: &[Finding]) -> bool {
    case.scenario.outcome == Outcome::Reply
        && !WHOLE.iter().any(|about| requirement.id.ends_with(about))
        && (check::reply::ok(case).is_err() || check::stream::is_broken_off(case))
        && check::refusal::members(case).is_empty()
        && findings.iter().all(|finding| finding.side == check::Side::Client)
}

/// Whether the request was refused over a member that this requirement is not about.
fn is_left_open(requirement: &Requirement, case: &Case) -> bool {
    let refused = check::refusal::members(case);
    let binds_refusals =
        [Outcome::Refused, Outcome::Either].iter().any(|outcome| requirement.every.contains(outcome));
    let names = |about: &str| case.surface().names(about);
    let is_it = |about: &String, member: &str| about == member || names(about).contains(&member);
    let is_about = |member: &&str| requirement.about.iter().any(|about| is_it(about, member));
    !refused.is_empty() && !binds_refusals && !refused.iter().any(is_about)
}

fn with_findings(check: Check, findings: &[Finding]) -> Check {
    let Some((first, more)) = findings.split_first() else { return check };
    let note = |finding: &Finding| {
        format!("also {}: expected {}, got {}", finding.place(), finding.expected, finding.actual)
    };
    Check {
        pointer: Some(first.place()),
        expected: Some(first.expected.clone()),
        actual: Some(first.actual.clone()),
        notes: more.iter().take(10).map(note).collect(),
        ..check
    }
}

impl Expected {
    fn new(expectation: &Expectation) -> Result<Self, Error> {
        let failed =
            |error: globset::Error| Error::Glob { glob: expectation.id.clone(), reason: error.to_string() };
        let glob = Glob::new(&expectation.id).map_err(failed)?.compile_matcher();
        Ok(Self { expectation: expectation.clone(), glob, met: Mutex::default() })
    }

    fn covers(&self, check: &Check) -> bool {
        self.glob.is_match(&check.id) || self.glob.is_match(check.key())
    }

    /// A failure that is expected is no failure; a warning stays one, for it fails nothing.
    fn meet(&self, mut check: Check) -> Check {
        let failed = check.status != Status::Pass;
        {
            let mut met = self.met.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            met.failed |= failed;
            met.passed |= !failed;
        }
        if failed && check.status != Status::Warn {
            check.status = if check.status == Status::Untestable { Status::Blocked } else { Status::Xfail };
            check.notes.insert(0, format!("expected: {}", self.expectation.reason));
        }
        check
    }

    fn met(&self) -> Met {
        *self.met.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

//! The report as JUnit XML: a suite for each cell. A check that does not simply hold is a case of its own; those that hold,
//! or are not claimed, are one case for each requirement, for a whole run has a hundred thousand of them.
//!
//! Form: <https://github.com/testmoapp/junitxml>. What JUnit has no word for is told in its nearest one: an expected
//! failure and an undeclared feature are `skipped` with their reason, a warning passes with its finding as output. Times are those of the
//! plays: of a case those that it looks at, of a suite each of its cell's once.

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::cases::{self, Tested, Times};
use super::model::{CellResult, Check, Report, RequirementResult, Status};

/// Renders the document.
///
/// # Errors
/// None that a report of ours can cause: only XML that fails to be written.
pub fn render(report: &Report) -> io::Result<String> {
    let mut document = Document::new(format!("touchstone: {}", report.implementation.project));
    let mut by_cell: HashMap<&str, Vec<Tested<'_>>> = HashMap::new();
    for tested in cases::all(report) {
        by_cell.entry(tested.cell()).or_default().push(tested);
    }
    document.set_time(Duration::from_millis(report.environment.duration_ms));
    let times = Times::new(report);
    document.add_test_suites(report.cells.iter().map(|cell| {
        let cases = by_cell.get(cell.id.as_str()).map(Vec::as_slice).unwrap_or_default();
        let mut suite = suite(report, cell, cases);
        suite.set_time(times.of_cell(&cell.id));
        suite
    }));
    document.to_string().map_err(io::Error::other)
}

fn suite(report: &Report, cell: &CellResult, cases: &[Tested<'_>]) -> TestSuite {
    let mut suite = TestSuite::new(&cell.id);
    suite.add_property(Property::new("seed", report.environment.seed.to_string()));
    suite.add_property(Property::new("suite", &report.suite.digest));
    suite.add_property(Property::new("implementation", &report.implementation.version));
    suite.add_test_cases(cases.iter().map(|tested| case(report, tested)));
    suite
}

fn case(report: &Report, tested: &Tested<'_>) -> TestCase {
    let mut case = match tested {
        Tested::Quiet { requirement, status, reason, .. } => {
            let mut status = match status {
                Status::Skip => TestCaseStatus::skipped(),
                _ => TestCaseStatus::success(),
            };
            if let Some(reason) = reason {
                status.set_message(*reason);
            }
            TestCase::new(requirement.id.as_str(), status)
        }
        Tested::Loud { check, requirement, .. } => loud(report, check, requirement),
    };
    case.set_classname(tested.group());
    case.set_time(tested.took());
    case
}

fn loud(report: &Report, check: &Check, requirement: &RequirementResult) -> TestCase {
    let finding = || cases::finding(report, check, requirement);
    let mut case =
        TestCase::new(format!("{} @ {}", check.id, check.scenario), status(check, requirement, finding));
    case.add_property(Property::new("level", requirement.level.name()));
    case.add_property(Property::new("source", &requirement.source.url));
    if check.status == Status::Warn {
        case.set_system_out(finding());
    }
    case
}

fn status(check: &Check, requirement: &RequirementResult, finding: impl Fn() -> String) -> TestCaseStatus {
    let reason = check.notes.first().unwrap_or(&requirement.sentence);
    let mut status = match check.status {
        Status::Pass | Status::Warn => return TestCaseStatus::success(),
        Status::Xfail | Status::Blocked | Status::Skip => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(reason);
            return status;
        }
        Status::Fail | Status::Xpass | Status::Untestable => {
            TestCaseStatus::non_success(NonSuccessKind::Failure)
        }
        Status::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    status.set_message(&requirement.sentence).set_type(check.status.name()).set_description(finding());
    status
}

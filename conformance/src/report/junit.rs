//! The report as JUnit XML: a suite for each cell, a case for each check.
//!
//! Form: <https://github.com/testmoapp/junitxml>. What JUnit has no word for is told in its nearest one: an expected
//! failure and an undeclared feature are `skipped` with their reason, a warning passes with its finding as output.

use std::io;

use quick_junit::{NonSuccessKind, Property, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::model::{CellResult, Check, Report, RequirementResult, Status};

/// Renders the document.
///
/// # Errors
/// None that a report of ours can cause: only XML that fails to be written.
pub fn render(report: &Report) -> io::Result<String> {
    let mut document = Document::new(format!("touchstone: {}", report.implementation.project));
    document.add_test_suites(report.cells.iter().map(|cell| suite(report, cell)));
    document.to_string().map_err(io::Error::other)
}

fn suite(report: &Report, cell: &CellResult) -> TestSuite {
    let mut suite = TestSuite::new(&cell.id);
    suite.add_property(Property::new("seed", report.environment.seed.to_string()));
    suite.add_property(Property::new("suite", &report.suite.digest));
    suite.add_property(Property::new("implementation", &report.implementation.version));
    suite.add_test_cases(
        report.checks.iter().filter(|check| check.cell == cell.id).map(|check| case(report, check)),
    );
    suite
}

fn case(report: &Report, check: &Check) -> TestCase {
    let requirement = report.requirement(&check.id);
    let mut case = TestCase::new(&check.id, status(check, requirement));
    case.set_classname(&check.scenario);
    // Thousands of cases pass: their ids say enough.
    if let Some(requirement) = requirement.filter(|_| check.status != Status::Pass) {
        case.add_property(Property::new("level", requirement.level.name()));
        case.add_property(Property::new("source", &requirement.source.url));
    }
    if check.status == Status::Warn {
        case.set_system_out(finding(check, requirement));
    }
    case
}

fn status(check: &Check, requirement: Option<&RequirementResult>) -> TestCaseStatus {
    let mut status = match check.status {
        Status::Pass | Status::Warn => return TestCaseStatus::success(),
        Status::Xfail | Status::Skip => TestCaseStatus::skipped(),
        Status::Fail | Status::Xpass | Status::Untestable => {
            TestCaseStatus::non_success(NonSuccessKind::Failure)
        }
        Status::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    let sentence = requirement.map_or("", |requirement| requirement.sentence.as_str());
    let reason = check.notes.first().map_or(sentence, String::as_str);
    match check.status {
        Status::Xfail | Status::Skip => status.set_message(reason),
        _ => {
            let finding = finding(check, requirement);
            status.set_message(sentence).set_type(check.status.name()).set_description(finding)
        }
    };
    status
}

/// What was found, as plain lines.
fn finding(check: &Check, requirement: Option<&RequirementResult>) -> String {
    let lines = [
        requirement.map(|it| format!("{} {}: {}", it.level.name(), it.id, it.sentence)),
        check.pointer.as_ref().map(|pointer| format!("where:    {pointer}")),
        check.expected.as_ref().map(|expected| format!("expected: {expected}")),
        check.actual.as_ref().map(|actual| format!("got:      {actual}")),
        requirement.map(|it| format!("source:   {} ({})", it.source.url, it.source.date)),
        check.repro.as_ref().map(|repro| format!("again:    {repro}")),
    ];
    lines.into_iter().flatten().chain(check.notes.iter().cloned()).collect::<Vec<_>>().join("\n")
}

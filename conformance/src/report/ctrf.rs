//! The report in the Common Test Report Format: <https://ctrf.io/docs/specification/overview>.
//!
//! The same cases as in JUnit. CTRF's `other` is for what it has no word for: a warning, and a failure that is expected.

use serde::Serialize;

use super::cases::{self, Tested};
use super::model::{Report, Status};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    report_format: &'static str,
    spec_version: &'static str,
    generated_by: &'a str,
    results: Results<'a>,
}

#[derive(Serialize)]
struct Results<'a> {
    tool: Tool<'a>,
    summary: Summary,
    tests: Vec<Test<'a>>,
    environment: Environment<'a>,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'a str,
    version: &'a str,
}

/// Times are milliseconds since 1970.
#[derive(Default, Serialize)]
struct Summary {
    tests: usize,
    passed: usize,
    failed: usize,
    pending: usize,
    skipped: usize,
    other: usize,
    start: i64,
    stop: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Environment<'a> {
    app_name: &'a str,
    app_version: &'a str,
    os_platform: &'a str,
    test_environment: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Test<'a> {
    name: String,
    status: &'static str,
    /// Milliseconds of the plays that it looks at.
    duration: u64,
    suite: [&'a str; 2],
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<String>,
    raw_status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<&'static str>,
}

/// Renders the document.
///
/// # Errors
/// None that a report of ours can cause.
pub fn render(report: &Report) -> std::io::Result<String> {
    let cases = cases::all(report);
    let tests: Vec<Test<'_>> = cases.iter().map(|tested| test(report, tested)).collect();
    let start =
        report.environment.started.parse::<jiff::Timestamp>().map_or(0, jiff::Timestamp::as_millisecond);
    let took = i64::try_from(report.environment.duration_ms).unwrap_or(i64::MAX);
    let mut summary =
        Summary { tests: tests.len(), start, stop: start.saturating_add(took), ..Summary::default() };
    for test in &tests {
        match test.status {
            "passed" => summary.passed += 1,
            "failed" => summary.failed += 1,
            "skipped" => summary.skipped += 1,
            _ => summary.other += 1,
        }
    }
    let (suite, subject, run) = (&report.suite, &report.implementation, &report.environment);
    let document = Document {
        report_format: "CTRF",
        spec_version: "1.0.0",
        generated_by: &suite.name,
        results: Results {
            tool: Tool { name: &suite.name, version: &suite.version },
            summary,
            tests,
            environment: Environment {
                app_name: &subject.project,
                app_version: &subject.version,
                os_platform: &run.os,
                test_environment: &run.profile,
            },
        },
    };
    serde_json::to_string(&document).map_err(std::io::Error::other)
}

fn test<'a>(report: &Report, tested: &Tested<'a>) -> Test<'a> {
    let suite = [tested.cell(), tested.group()];
    let duration = u64::try_from(tested.took().as_millis()).unwrap_or(u64::MAX);
    match tested {
        Tested::Quiet { requirement, status, reason, .. } => Test {
            name: requirement.id.clone(),
            status: if *status == Status::Skip { "skipped" } else { "passed" },
            duration,
            suite,
            message: *reason,
            trace: None,
            raw_status: status.name(),
            tags: Vec::new(),
        },
        Tested::Loud { check, requirement, .. } => Test {
            name: format!("{} @ {}", check.id, check.scenario),
            status: match check.status {
                Status::Warn | Status::Xfail => "other",
                _ => "failed",
            },
            duration,
            suite,
            message: Some(&requirement.sentence),
            trace: Some(cases::finding(report, check, requirement)),
            raw_status: check.status.name(),
            tags: vec![requirement.level.name()],
        },
    }
}

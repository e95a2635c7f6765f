//! What GitHub is told: annotations, folds, the summary of a step.

use conformance::report::model::{Check, Expectation, Status};
use conformance::report::{ctrf, github, markdown, terminal};

use super::sample::sample;

#[test]
fn annotations_tell_what_is_not_as_expected_and_warnings_what_should_be() {
    insta::assert_snapshot!(github::annotations(&sample(), None));
}

/// What ends a property, a command or a line is escaped, and nothing in a report can begin a command of its own.
#[test]
fn nothing_in_a_report_is_a_command() {
    let mut report = sample();
    report.checks.retain(|check| check.status == Status::Fail);
    report.checks[0].actual = Some("100% of it\r\n::set-env name=PATH::/tmp".into());
    report.requirements[1].id = "chat.rule,file=a:b".into();
    report.checks[0].id = "chat.rule,file=a:b".into();
    report.expectations.stale.clear();
    let told = github::annotations(&report, None);
    assert_eq!(told.lines().count(), 1);
    assert!(told.starts_with("::error title=chat.rule%2Cfile=a%3Ab in 1 place::MUST Rule 1"), "{told}");
    assert!(told.contains("got: 100%25 of it%0D%0A::set-env name=PATH::/tmp%0Atouchstone test"), "{told}");
    let style = terminal::Style { folds: true, ..terminal::Style::default() };
    let log = terminal::render(&report, style);
    let commands: Vec<_> = log.lines().filter(|line| line.trim_start().starts_with("::")).collect();
    assert_eq!(commands, ["::group::the matrix", "::endgroup::"]);
}

#[test]
fn a_stale_expectation_is_shown_at_its_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("profile.yaml"), "kind: x\nexpected:\n  - id: chat.rule.4\n").unwrap();
    let mut report = sample();
    report.checks.clear();
    let told = github::annotations(&report, Some(folder.path()));
    let file = folder.path().join("profile.yaml");
    assert_eq!(
        told,
        format!(
            "::error file={},line=3,title=stale expectation::`chat.rule.4` holds now: remove the expectation (known, and being worked on)\n",
            file.display()
        )
    );
    std::fs::write(folder.path().join("expected.yaml"), "- id: chat.rule.4\n").unwrap();
    assert!(github::annotations(&report, Some(folder.path())).contains("expected.yaml,line=1,"));
}

/// GitHub shows ten of a kind; the tenth tells of the rest.
#[test]
fn annotations_are_ten_of_a_kind() {
    let mut report = sample();
    report.checks.clear();
    let one = |number: usize| Expectation {
        id: format!("chat.rule.{number}"),
        reason: "because".into(),
        link: None,
        sometimes: false,
    };
    report.expectations.stale = (0..30).map(one).collect();
    let told = github::annotations(&report, None);
    assert_eq!(told.lines().count(), 10);
    assert!(
        told.ends_with("::error title=Touchstone::and 21 more: see the summary and the report\n"),
        "{told}"
    );
}

/// A megabyte is all that GitHub takes of a step; and a comment takes 65,536 characters.
#[test]
fn a_summary_fits_what_is_left_of_its_file() {
    let mut report = sample();
    let (check, requirement) = (report.checks[2].clone(), report.requirements[1].clone());
    for number in 0..500 {
        let id = format!("chat.rule.more-{number}");
        report
            .requirements
            .push(conformance::report::model::RequirementResult { id: id.clone(), ..requirement.clone() });
        report.checks.push(Check { id, actual: Some("long ".repeat(600)), ..check.clone() });
    }
    let whole = markdown::render(&report);
    assert!(whole.len() < 60_000 && whole.contains("more requirements in report.html"), "{}", whole.len());
    assert!(whole.ends_with("2026-11-20T12:00:00Z.\n"), "the end is there, too");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("summary");
    std::fs::write(&file, "x".repeat((1 << 20) - 50_000)).unwrap();
    github::summarize(&report, &file).unwrap();
    let length = std::fs::metadata(&file).unwrap().len();
    assert!((1 << 20) - 50_000 < length && length <= 1 << 20, "{length}");
    github::summarize(&report, &file).unwrap();
    assert!(std::fs::metadata(&file).unwrap().len() <= 1 << 20);
}

#[test]
fn ctrf_has_its_form_and_every_status() {
    let document: serde_json::Value = serde_json::from_str(&ctrf::render(&sample()).unwrap()).unwrap();
    assert_eq!((&document["reportFormat"], &document["specVersion"]), (&"CTRF".into(), &"1.0.0".into()));
    let results = &document["results"];
    assert_eq!(
        results["summary"],
        serde_json::json!({"tests": 18, "passed": 10, "failed": 4, "skipped": 2, "pending": 0, "other": 2,
            "start": 1_795_176_000_000_i64, "stop": 1_795_176_004_200_i64})
    );
    insta::assert_json_snapshot!(results["tests"][2]);
    for test in results["tests"].as_array().unwrap() {
        assert!(
            test["name"].is_string() && test["duration"].is_number() && test["suite"].is_array(),
            "{test}"
        );
    }
}

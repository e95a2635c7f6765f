//! What changed from one report to another.

use conformance::report::diff::diff;
use conformance::report::model::{Check, Expectation, Report, Status};

use super::sample::sample;

fn position(report: &Report, status: Status) -> usize {
    report.checks.iter().position(|check| check.status == status).expect("the sample has every status")
}

#[test]
fn a_report_does_not_differ_from_itself() {
    let diff = diff(&sample(), &sample());
    assert!(diff.is_empty() && !diff.regressed());
    assert!(diff.to_string().ends_with("no difference\n"), "{diff}");
}

#[test]
fn what_held_and_holds_no_more_is_a_regression() {
    let (old, mut new) = (sample(), sample());
    let index = position(&new, Status::Pass);
    for broken in [Status::Fail, Status::Warn, Status::Untestable, Status::Xfail, Status::Blocked] {
        new.checks[index].status = broken;
        let there = diff(&old, &new);
        assert!(there.regressed(), "{broken:?}");
        assert_eq!((there.regressions.len(), there.repairs.len()), (1, 0));
        let back = diff(&new, &old);
        assert!(!back.regressed());
        assert_eq!((back.regressions.len(), back.repairs.len()), (0, 1));
    }
}

/// What is not asked, not claimed, or could not be judged for the harness's sake, is no regression.
#[test]
fn what_was_not_asked_is_no_regression() {
    let (old, mut new) = (sample(), sample());
    let index = position(&new, Status::Pass);
    for unknown in [Status::Skip, Status::Error] {
        new.checks[index].status = unknown;
        let diff = diff(&old, &new);
        assert!(!diff.regressed(), "{unknown:?}");
        assert_eq!(diff.other.len(), 1);
    }
    let mut fewer = sample();
    let cell = fewer.cells.pop().unwrap().id;
    fewer.checks.retain(|check| check.cell != cell);
    let diff = diff(&old, &fewer);
    assert!(!diff.regressed());
    assert_eq!(diff.removed.cells, [cell]);
    assert_eq!((diff.removed.checks, diff.added.checks), (9, 0));
}

/// A new question that does not hold is told by itself: it is what the suite learnt, not what the gateway lost.
#[test]
fn what_is_new_and_what_is_gone_is_told() {
    let (mut old, mut new) = (sample(), sample());
    old.requirements.remove(1);
    old.checks.retain(|check| check.id != "chat.rule.1");
    old.suite.digest = "0123456789abcdef".into();
    old.implementation.version = "1.2.2".into();
    new.scenarios.retain(|row| row.id != "chat.sample.pass");
    new.checks.retain(|check| check.scenario != "chat.sample.pass");
    new.expectations.used.push(Expectation {
        id: "chat.rule.6".into(),
        reason: "new".into(),
        link: None,
        sometimes: false,
    });
    new.expectations.stale.clear();
    let diff = diff(&old, &new);
    assert!(!diff.regressed());
    assert_eq!(diff.added.requirements, ["chat.rule.1"]);
    assert_eq!(diff.added.failing.len(), 1);
    assert_eq!(diff.removed.scenarios, ["chat.sample.pass"]);
    insta::assert_snapshot!("a_difference_as_text", diff.to_string());
    insta::assert_snapshot!("a_difference_as_markdown", diff.markdown());
    let json = serde_json::to_value(&diff).unwrap();
    assert_eq!(json["expectations"]["added"][0]["id"], "chat.rule.6");
    assert_eq!((&json["suitesDiffer"], &json["old"]["version"]), (&true.into(), &"1.2.2".into()));
}

#[test]
fn many_changes_alike_are_told_once() {
    let (mut old, mut new) = (sample(), sample());
    let held = old.checks[position(&old, Status::Pass)].clone();
    for number in 0..100 {
        let scenario = format!("chat.sample.more-{number}");
        old.checks.push(Check { scenario: scenario.clone(), ..held.clone() });
        new.checks.push(Check { scenario, status: Status::Fail, ..held.clone() });
    }
    let diff = diff(&old, &new);
    assert_eq!(diff.regressions.len(), 100);
    let (text, markdown) = (diff.to_string(), diff.markdown());
    assert!(text.contains("Regressions: 100") && text.contains("… and 95 more"), "{text}");
    assert!(text.lines().count() < 20 && markdown.lines().count() < 40);
}

//! A repro says everything that it takes, in forms that the tools read.

use conformance::report::model::{Evidence, Report};
use conformance::repro::Repro;
use mocks::Script;
use serde_json::json;

use crate::report::sample::sample;

const PLAYED: &str = "chat.finish.length";

/// The sample's report with one play of a scenario that exists.
fn report() -> Report {
    let mut report = sample();
    let check =
        report.checks.iter_mut().find(|check| check.status.name() == "fail").expect("the sample has one");
    let (scenario, cell) = (std::mem::replace(&mut check.scenario, PLAYED.to_owned()), check.cell.clone());
    let is_its = |seen: &&mut Evidence| seen.scenario == scenario && seen.cell == cell;
    let row = report.scenarios.iter_mut().find(|row| row.id == scenario).expect("the sample has one");
    row.id = PLAYED.to_owned();
    row.script = json!({"replies": [{"content": [{"text": ["It's ", "{{marker}}"]}], "finish": "length"}]});
    let evidence = report.evidence.iter_mut().find(is_its).expect("the sample has one");
    evidence.scenario = PLAYED.to_owned();
    evidence.marker = "[[ts:0007/openai.whole/1]]".to_owned();
    let request = &mut evidence.client[0].request;
    request.body =
        json!({"messages": [{"role": "user", "content": "It's [[ts:0007/openai.whole/1]]"}]}).to_string();
    request.length = request.body.len();
    request.headers = vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("authorization".to_owned(), "Bearer …7Q4Z".to_owned()),
    ];
    report
}

#[test]
fn it_is_printed_as_commands() {
    let repro = Repro::find(&report(), "chat.finish.length").unwrap();
    insta::assert_snapshot!(repro.to_string());
}

#[test]
fn its_script_is_one_of_the_mocks() {
    let repro = Repro::find(&report(), "chat.finish.length").unwrap();
    let scripts = Script::from_yaml(&repro.script().unwrap()).unwrap();
    assert_eq!(scripts, [repro.script.unwrap()]);
}

#[test]
fn a_body_that_the_report_cut_is_made_anew() {
    let mut report = report();
    let evidence = report.evidence.iter_mut().find(|seen| seen.scenario == PLAYED).unwrap();
    evidence.client[0].request.length += 1;
    let repro = Repro::find(&report, "chat.finish.length").unwrap();
    assert_eq!(repro.request.body.len(), repro.request.length);
    assert!(
        repro.request.body.contains("A long story. [[ts:0007/openai.whole/1]]"),
        "{}",
        repro.request.body
    );
}

#[test]
fn what_was_not_played_is_unknown() {
    assert_eq!(Repro::find(&report(), "chat.no.such").unwrap_err().exit_code(), 2);
}

//! `report.json`: small, of the published form, and read back as it was.

use conformance::report::model::{Check, Report, Status};
use conformance::report::{Keep, SCHEMA, text};
use jsonschema::Validator;
use serde_json::{Value, json};

use super::sample::sample;

/// The published schema, which allows more members than it names, for those that are added one day; here it allows none.
pub(crate) fn schema() -> Validator {
    let mut schema = serde_json::from_str(SCHEMA).expect("JSON");
    close(&mut schema);
    jsonschema::validator_for(&schema).expect("a schema")
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            if members.get("properties").is_some_and(Value::is_object) {
                members.entry("additionalProperties").or_insert(json!(false));
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(close),
        _ => (),
    }
}

#[test]
fn the_form_is_the_published_one() {
    let schema = schema();
    for keep in Keep::ALL {
        let written: Value = serde_json::from_str(&text(&sample(), keep).unwrap()).unwrap();
        let errors: Vec<String> = schema.iter_errors(&written).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    let mut more = serde_json::to_value(sample()).unwrap();
    more["findings"][0]["mood"] = json!("good");
    assert!(!schema.is_valid(&more), "a member that the schema does not name is noticed");
}

#[test]
fn the_form_knows_every_surface() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let surfaces: Vec<Value> = conformance::Surface::ALL.iter().map(|surface| json!(surface)).collect();
    for place in ["/environment/properties/surfaces/items/enum", "/cells/items/properties/surface/enum"] {
        assert_eq!(schema["properties"].pointer(place).unwrap(), &json!(surfaces), "{place}");
    }
}

/// An earlier version told no times.
#[test]
fn a_report_without_plays_is_read() {
    let mut written = serde_json::to_value(sample()).unwrap();
    assert_eq!(written["plays"][1], json!([0, 1, 11]));
    written["plays"][1][1] = json!(2);
    assert!(serde_json::from_value::<Report>(written.clone()).unwrap_err().to_string().contains("no cell 2"));
    written.as_object_mut().unwrap().remove("plays");
    assert_eq!(serde_json::from_value::<Report>(written).unwrap().plays, []);
}

#[test]
fn a_report_read_back_is_the_same() {
    let report = sample();
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
}

/// What was found stands there once, with its places.
#[test]
fn what_is_alike_is_told_once() {
    let written = serde_json::to_value(sample()).unwrap();
    let found = written["findings"].as_array().unwrap();
    let statuses: Vec<_> = found.iter().map(|found| found["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["fail", "warn", "xfail", "untestable", "error"]);
    let skipped = written["alike"].as_array().unwrap().iter().find(|set| set["status"] == "skip").unwrap();
    assert_eq!(
        *skipped,
        json!({"status": "skip", "notes": ["the profile does not declare `tools`"],
            "scenario": "chat.sample.skip", "cells": [0], "requirements": [5]})
    );
    let mut report = sample();
    let failed = report.checks.iter().find(|check| check.status == Status::Fail).unwrap().clone();
    report.checks[3] = Check { cell: report.checks[3].cell.clone(), ..failed };
    let written = serde_json::to_value(&report).unwrap();
    assert_eq!(written["findings"][0]["places"], json!([[1, 0], [1, 1]]));
    assert_eq!(serde_json::from_value::<Report>(written).unwrap(), report);
}

#[test]
fn a_set_that_points_nowhere_or_swells_is_refused() {
    let read = |alike: Value| {
        let mut written = serde_json::to_value(sample()).unwrap();
        written["alike"] = json!([alike]);
        serde_json::from_value::<Report>(written).map_err(|error| error.to_string())
    };
    let set = |cells: Vec<usize>, requirements: Vec<usize>| json!({"status": "pass", "scenario": "chat.sample.pass", "cells": cells, "requirements": requirements});
    assert!(read(set(vec![0], vec![0])).is_ok());
    assert!(read(set(vec![2], vec![0])).unwrap_err().contains("no cell 2"));
    assert!(read(set(vec![0], vec![9])).unwrap_err().contains("no requirement 9"));
    assert!(read(set(vec![0; 4096], vec![0; 4096])).unwrap_err().contains("more than"));
}

#[test]
fn evidence_is_kept_as_asked_for() {
    let report = sample();
    let kept = |keep| {
        let read: Report = serde_json::from_str(&text(&report, keep).unwrap()).unwrap();
        let plays = read.evidence.iter().map(|seen| (seen.scenario.clone(), seen.cell.clone()));
        plays.collect::<Vec<_>>()
    };
    assert_eq!(kept(Keep::All).len(), 18);
    assert_eq!(kept(Keep::None), []);
    let failing = kept(Keep::Failures);
    let loud = report.checks.iter().filter(|check| !matches!(check.status, Status::Pass | Status::Skip));
    assert_eq!(failing, loud.map(|check| (check.scenario.clone(), check.cell.clone())).collect::<Vec<_>>());
}

/// A requirement that fails everywhere is seen once in every cell, and again only while there is room.
#[test]
fn the_same_failure_is_not_kept_a_thousand_times() {
    let mut report = sample();
    let (check, evidence) = (report.checks[2].clone(), report.evidence[2].clone());
    assert_eq!(check.status, Status::Fail);
    for number in 0..1000 {
        let scenario = format!("chat.sample.again-{number}");
        report.checks.push(Check { scenario: scenario.clone(), ..check.clone() });
        let mut evidence = evidence.clone();
        evidence.client[0].request.body = "x".repeat(4000);
        evidence.scenario = scenario;
        report.evidence.push(evidence);
    }
    let size = text(&report, Keep::Failures).unwrap().len();
    assert!((500_000..2_000_000).contains(&size), "{size}");
    assert!(Keep::Failures.of(&report).iter().any(|seen| seen.scenario == "chat.sample.fail"));
}

//! `touchstone selftest`: every mutant of the bundled gateway is caught, by the requirement that it breaks.

use std::process::Command;

use serde_json::Value;

#[test]
fn every_mutant_is_caught_by_the_requirement_that_it_breaks() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_touchstone")).args(["selftest", "--json"]).output().unwrap();
    let result: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(result["failed"], Value::Array(vec![]), "the unbroken gateway fails");
    let trials = result["trials"].as_array().unwrap();
    let others: Vec<_> = trials.iter().filter(|trial| trial["verdict"] != "caught").collect();
    assert!(others.is_empty(), "{others:#?}");
    assert!(trials.len() >= 130, "{} mutants", trials.len());
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_selection_of_no_mutant_is_no_success() {
    let output = Command::new(env!("CARGO_BIN_EXE_touchstone"))
        .args(["selftest", "--select", "nothing"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
}

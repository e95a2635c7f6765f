//! The forms of a benchmark, on one that nobody made.

mod browser;
mod sample;

use conformance::bench::model::{Bench, SCHEMA};
use conformance::bench::{page, terminal};
use sample::sample;
use serde_json::{Value, json};

#[test]
fn a_terminal_tells_ratios_and_spreads() {
    insta::assert_snapshot!(terminal::render(&sample()));
}

#[test]
fn gateways_are_held_against_each_other_only_where_there_are_several() {
    let mut bench = sample();
    assert!(terminal::render(&bench).contains("of touchstone"));
    bench.subjects.pop();
    assert!(!terminal::render(&bench).contains("of touchstone"));
}

#[test]
fn the_page_needs_nothing_from_outside_and_runs_nothing() {
    let page = page::render(&sample()).unwrap();
    for outside in ["<link rel=\"stylesheet\"", "<script", "<img", "@import", "url(", "http://", "https://"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(!page.contains("other<gateway>") && !page.contains("a note <b>"), "names are text");
    assert!(!page.contains("NaN") && !page.contains("inf"), "every place is a number");
}

#[test]
fn a_benchmark_is_valid_by_its_schema_and_nothing_more_is_allowed() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let written = serde_json::to_value(sample()).unwrap();
    let wrong: Vec<_> = validator.iter_errors(&written).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    for (pointer, value) in [
        ("/apiVersion", json!("touchstone/bench/v0")),
        ("/trials/0/results/0/runs/0/sent", json!(-1)),
        ("/trials/0/load", json!({"loop": "open", "rate": 0, "connections": 1})),
        ("/trials/0/results/0/latencyCurve/0", json!([2.0, 1.0])),
        ("/subjects/0/role", json!("judge")),
    ] {
        let mut broken = written.clone();
        *broken.pointer_mut(pointer).unwrap() = value;
        assert!(!validator.is_valid(&broken), "{pointer}");
    }
    let mut more = written;
    more["trials"][0]["results"][0]["colour"] = json!("blue");
    assert!(!validator.is_valid(&more));
}

#[test]
fn a_benchmark_read_back_is_the_same() {
    let text = serde_json::to_string(&sample()).unwrap();
    assert_eq!(serde_json::from_str::<Bench>(&text).unwrap(), sample());
}

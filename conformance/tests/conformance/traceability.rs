//! What holds up each requirement: nothing is required that no scenario plays and no broken gateway breaks.

use std::collections::BTreeSet;

use conformance::mutant::{self, UNBREAKABLE};
use conformance::{requirement, traceability};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/TRACEABILITY.md");

#[test]
fn every_requirement_has_a_mutant() {
    let traces = traceability::traceability();
    let without = |trace: &&traceability::Trace| trace.mutants.is_empty() == trace.unbreakable.is_none();
    let without: Vec<_> = traces.iter().filter(without).map(|trace| trace.requirement).collect();
    assert!(without.is_empty(), "a mutant or a reason why there is none, not both: {without:?}");
}

#[test]
fn every_mutant_breaks_a_requirement_that_is_judged_where_it_is_played() {
    let mut ids = BTreeSet::new();
    let traces = traceability::traceability();
    for mutant in mutant::all() {
        assert!(ids.insert(mutant.id), "two mutants are called {}", mutant.id);
        assert!(requirement::find(mutant.requirement).is_some(), "{}: no such requirement", mutant.id);
        assert!(!mutant.changes.is_empty(), "{} changes nothing", mutant.id);
        assert!(mutant.breaks.ends_with('.'), "{}: a sentence", mutant.id);
        let trace = traces.iter().find(|trace| trace.requirement == mutant.requirement).unwrap();
        for play in mutant.plays {
            let scenario = play.split('@').next().unwrap();
            assert!(
                trace.scenarios.contains(&scenario),
                "{}: {} is not judged on {scenario}",
                mutant.id,
                mutant.requirement
            );
        }
    }
    assert!(ids.len() >= 25, "{} mutants", ids.len());
}

#[test]
fn what_is_unbreakable_is_a_requirement_with_a_reason() {
    for (id, reason) in UNBREAKABLE {
        assert!(requirement::find(id).is_some() && reason.ends_with('.'), "{id}: {reason}");
    }
}

#[test]
fn traceability_is_written_down() {
    let now = traceability::markdown();
    if std::env::var_os("UPDATE_TRACEABILITY").is_some() {
        std::fs::write(FILE, &now).unwrap();
    }
    let written = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(
        written == now,
        "TRACEABILITY.md is stale: UPDATE_TRACEABILITY=1 cargo test -p conformance traceability"
    );
}

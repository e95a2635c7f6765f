//! Laws of the suite itself: what it asks is complete, consistent, and asked with valid documents.

use std::collections::BTreeSet;
use std::sync::Arc;

use conformance::scenario::{Outcome, Own, Scenario};
use conformance::{Mode, Surface, check, requirement, scenario};
use serde_json::{Value, json};

fn ids<'a>(all: impl Iterator<Item = &'a String>) -> BTreeSet<&'a str> {
    all.map(String::as_str).collect()
}

#[test]
fn ids_are_unique() {
    assert_eq!(ids(requirement::all().iter().map(|known| &known.id)).len(), requirement::all().len());
    assert_eq!(ids(scenario::all().iter().map(|known| &known.id)).len(), scenario::all().len());
}

/// An id, its folder and its group tell the same surface.
#[test]
fn what_belongs_together_stands_together() {
    let words = |file: &str| file.split('/').next().map(str::to_owned);
    for (folder, text) in files("requirements") {
        for known in requirement::parse(&folder, &text).expect("it parses") {
            let word = Surface::of_id(&known.id).map_or("scenario", Surface::word);
            assert_eq!(words(&folder).as_deref(), Some(word), "{}", known.id);
            let own = Surface::of_id(&known.id);
            assert!(own.is_none_or(|own| known.is_on(own)), "{}", known.id);
        }
    }
    for (folder, text) in files("scenarios") {
        for known in scenario::parse(&folder, &text).expect("it parses") {
            assert_eq!(words(&folder).as_deref(), Some(known.surface.word()), "{}", known.id);
            assert!(known.modes.iter().all(|mode| known.surface.modes().contains(mode)), "{}", known.id);
            for id in &known.judges {
                let judged = requirement::find(id).expect("a requirement");
                assert!(known.surfaces.iter().any(|surface| judged.is_on(*surface)), "{}: {id}", known.id);
            }
        }
    }
}

/// The YAML files below a folder of the suite, by their path in it.
fn files(folder: &str) -> Vec<(String, String)> {
    let top = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut found = Vec::new();
    for inner in std::fs::read_dir(top).expect("a folder").flatten().filter(|entry| entry.path().is_dir()) {
        for file in std::fs::read_dir(inner.path()).expect("a folder").flatten() {
            let name = format!("{}/{}", inner.file_name().display(), file.file_name().display());
            found.push((name, std::fs::read_to_string(file.path()).expect("a text")));
        }
    }
    assert!(!found.is_empty(), "{folder}");
    found
}

#[test]
fn the_suite_is_as_large_as_it_says() {
    assert!(requirement::all().len() >= 80, "{} requirements", requirement::all().len());
    assert!(scenario::all().len() >= 100, "{} scenarios", scenario::all().len());
}

#[test]
fn every_requirement_has_a_check_and_every_check_a_requirement() {
    let required = ids(requirement::all().iter().map(|known| &known.id));
    let checked: BTreeSet<&str> = check::all().map(|(id, _)| id).collect();
    assert_eq!(required, checked);
}

#[test]
fn every_requirement_is_judged_on_some_scenario() {
    for known in requirement::all() {
        let text = conformance::explain(&known.id, &Own::default()).expect("a known id");
        let judged = text.split("judged on\n").nth(1).unwrap_or_default();
        assert!(!judged.trim().is_empty(), "{} is judged on no scenario", known.id);
    }
}

#[test]
fn every_scenario_names_known_requirements_only() {
    for scenario in scenario::all() {
        for id in &scenario.judges {
            assert!(requirement::find(id).is_some(), "{}: no requirement `{id}`", scenario.id);
        }
    }
}

#[test]
fn every_requirement_has_a_source_and_a_day() {
    for known in requirement::all() {
        assert!(known.source.starts_with("https://"), "{}: {}", known.id, known.source);
        assert!(known.date.len() == 10 && known.date.starts_with("20"), "{}: {}", known.id, known.date);
        assert!(known.sentence.ends_with('.'), "{}: {}", known.id, known.sentence);
    }
}

/// What the client asks is a valid request of `OpenAI`'s own API, except where that is the point, or where the request
/// has members that other providers brought into the world.
#[test]
fn what_the_client_asks_is_valid() {
    let foreign =
        ["guardrailConfig", "extra_body", "top_k", "thinking_blocks", "reasoning_content", "input_type"];
    let asked = scenario::all().iter().filter(|scenario| asks_validly(scenario));
    let surfaces =
        |scenario: &'static Arc<Scenario>| scenario.surfaces.iter().map(move |surface| (scenario, *surface));
    for (scenario, surface) in asked.flat_map(surfaces) {
        let operation = surface.operation().expect("a document");
        let mut request = scenario.asked_on(surface, &scenario.marked("[[ts:0]]"));
        request["model"] = json!("gpt-4o-mini");
        if surface.modes().contains(&Mode::Stream) {
            request["stream"] = json!(true);
        }
        let violations = operation.request(&request).into_iter();
        let violations = violations.filter(|found| !foreign.iter().any(|name| found.pointer.contains(name)));
        let violations: Vec<String> = violations.map(|found| found.to_string()).collect();
        assert!(violations.is_empty(), "{} on {surface}: {violations:#?}", scenario.id);
    }
}

fn asks_validly(scenario: &Scenario) -> bool {
    scenario.raw.is_none() && scenario.outcome != Outcome::Refused
}

/// Without a place for it, the judge could not find the provider's requests again.
#[test]
fn every_request_has_a_place_for_the_marker() {
    for scenario in scenario::all().iter().filter(|scenario| scenario.raw.is_none()) {
        let has_user = |message: &Value| message["role"] == "user";
        let asked = &scenario.request[scenario.surface.subject()];
        let list = asked.as_array().cloned().unwrap_or_default();
        let has_place = match scenario.surface {
            Surface::Chat | Surface::Messages => list.iter().any(has_user),
            Surface::Responses => asked.is_string() || list.iter().any(has_user),
            _ => asked.is_string() || list.last().is_some_and(Value::is_string),
        };
        let asked_for = scenario.request.to_string().contains("{{marker}}");
        assert!(asked_for || has_place, "{}", scenario.id);
    }
}

#[test]
fn every_scenario_is_explained() {
    for scenario in scenario::all() {
        let text = conformance::explain(&scenario.id, &Own::default()).expect("a known id");
        assert!(text.contains(&scenario.title), "{text}");
    }
    let error = conformance::explain("chat.stream.done-onec", &Own::default()).expect_err("an unknown id");
    assert!(error.to_string().contains("chat.stream"), "{error}");
}

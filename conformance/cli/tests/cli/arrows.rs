//! The dependency arrows of ARCHITECTURE.md: which crate of ours may use which.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// What each crate may use of ours, beyond tests. Nothing that is not in this table exists.
const MAY_USE: &[(&str, &[&str])] = &[
    ("specs", &[]),
    ("browser", &[]),
    ("translate", &[]),
    ("gateway", &["translate"]),
    ("mocks", &["specs"]),
    ("conformance", &["mocks", "specs"]),
    ("touchstone", &["conformance", "gateway", "mocks", "specs"]),
    ("benches", &[]),
];

/// What tests and benches may use on top: expectations come from the providers' documents, and pages are looked at by a browser.
const TESTS_MAY_USE: &[(&str, &[&str])] = &[
    ("translate", &["specs"]),
    ("gateway", &["browser", "specs"]),
    ("conformance", &["browser"]),
    ("benches", &["mocks", "specs", "translate"]),
];

/// What makes a crate able to touch the world. `translate` has none of it.
const WORLD: &[&str] = &["tokio", "hyper", "hyper-util", "fastrand", "jiff", "rustls", "socket2", "tracing"];

#[test]
fn arrows_point_one_way() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        MAY_USE.iter().map(|(name, uses)| (*name, uses.iter().copied().collect())).collect();
    let tests: BTreeMap<&str, BTreeSet<&str>> =
        TESTS_MAY_USE.iter().map(|(name, uses)| (*name, uses.iter().copied().collect())).collect();
    let packages = packages();
    let names: BTreeSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    assert_eq!(
        names,
        allowed.keys().copied().collect(),
        "a crate came or went: say in MAY_USE what it may use"
    );
    for package in &packages {
        let name = package.name.as_str();
        let mut may = allowed[name].clone();
        assert_eq!(
            uses(package, &names, DependencyKind::Normal),
            may,
            "{name} uses what it may not, or no longer what it may"
        );
        may.extend(tests.get(name).into_iter().flatten());
        let extra: Vec<_> =
            uses(package, &names, DependencyKind::Development).difference(&may).copied().collect();
        assert!(extra.is_empty(), "the tests of {name} use {extra:?}");
    }
}

#[test]
fn translate_cannot_touch_the_world() {
    let packages = packages();
    let translate = packages.iter().find(|package| package.name.as_str() == "translate").expect("a member");
    for dependency in
        translate.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal)
    {
        assert!(!WORLD.contains(&dependency.name.as_str()), "translate uses {}", dependency.name);
    }
}

fn packages() -> Vec<Package> {
    let metadata = MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata");
    metadata.packages
}

fn uses<'a>(package: &Package, ours: &BTreeSet<&'a str>, kind: DependencyKind) -> BTreeSet<&'a str> {
    let of_kind = package.dependencies.iter().filter(|dependency| dependency.kind == kind);
    of_kind.filter_map(|dependency| ours.get(dependency.name.as_str()).copied()).collect()
}

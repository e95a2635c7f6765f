//! Puts a report together: the matrix, the counts, the exit code.

use std::collections::HashMap;
use std::time::Duration;

use super::judge::Judge;
use super::plan::Plan;
use super::{Arena, Options, Outcome, evidence};
use crate::gateway::{self, Profile, Route};
use crate::report::model::{
    API_VERSION, CellResult, Check, Environment, Expectations, KIND, Played, Report, RequirementResult,
    ScenarioResult, Source, Statistics, Suite, Summary,
};
use crate::report::written;
use crate::requirement::{self, Requirement};
use crate::scenario::Own;
use crate::{Cell, Surface, dialect, embedded, scenario, text};

pub(super) fn report(
    arena: &Arena,
    options: &Options,
    plan: &Plan,
    expectations: Expectations,
    outcomes: Vec<Outcome>,
    started: jiff::Timestamp,
    took: Duration,
) -> Report {
    let plays = plays(plan, &outcomes);
    let (mut checks, mut evidence) = (Vec::new(), Vec::new());
    for outcome in outcomes {
        checks.extend(outcome.checks);
        evidence.extend(outcome.evidence);
    }
    // The globs parsed once already.
    let _ = Judge::mark_stale(&expectations, &mut checks);
    let statistics = count(checks.iter());
    let (cells, mut scenarios) = (cells(arena.profile(), plan, &checks), scenarios(plan, &checks));
    let requirements = requirements(&checks);
    written::sort(&mut checks, &scenarios, &cells, &requirements);
    let redactor = &arena.stage().redactor;
    checks.iter_mut().for_each(|check| redactor.check(check));
    scenarios.iter_mut().flat_map(|scenario| &mut scenario.file).for_each(|file| redactor.replace(file));
    let mut environment = environment(arena, options, started, took);
    redactor.environment(&mut environment);
    Report {
        api_version: API_VERSION.to_owned(),
        kind: KIND.to_owned(),
        suite: suite_with(&options.scenarios),
        implementation: arena.profile().implementation.clone(),
        environment,
        summary: Summary { statistics, plays: plays.len(), exit_code: exit_code(statistics) },
        cells,
        unclaimed: unclaimed(arena.profile()),
        scenarios,
        requirements,
        plays,
        checks,
        evidence,
        expectations,
    }
}

/// Outcomes come in the plan's order.
fn plays(plan: &Plan, outcomes: &[Outcome]) -> Vec<Played> {
    let played = plan.plays.iter().zip(outcomes).filter_map(|(planned, outcome)| {
        Some(Played {
            scenario: planned.scenario.id.clone(),
            cell: planned.cell.to_string(),
            ms: milliseconds(outcome.took?),
        })
    });
    played.collect()
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// 0 as expected; 1 unexpected failure or stale expectation; 2 nothing ran; 4 the harness failed.
fn exit_code(statistics: Statistics) -> u8 {
    match statistics {
        Statistics { error: 1.., .. } => 4,
        statistics if statistics.judged() == 0 => 2,
        statistics if statistics.unexpected() > 0 => 1,
        _ => 0,
    }
}

/// This suite: its version, and the digest by which two reports can be compared.
pub fn suite() -> Suite {
    suite_with(&Own::default())
}

/// The same with the user's own scenarios.
pub(crate) fn suite_with(own: &Own) -> Suite {
    Suite {
        name: "touchstone".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        digest: digest(own),
        requirements: requirement::all().len(),
        scenarios: scenario::all().len() + own.len(),
    }
}

/// Of the suite's own files, and of the user's where there are some.
fn digest(own: &Own) -> String {
    if own.texts().is_empty() {
        return embedded::DIGEST.to_owned();
    }
    let suite = u64::from_str_radix(embedded::DIGEST, 16).unwrap_or_default();
    // FNV-1a, as for the suite's own files.
    let fnv = |digest: u64, byte: u8| (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let digest = own.texts().iter().flat_map(|text| text.bytes()).fold(suite, fnv);
    format!("{digest:016x}")
}

fn environment(arena: &Arena, options: &Options, started: jiff::Timestamp, took: Duration) -> Environment {
    Environment {
        seed: options.seed,
        jobs: options.jobs,
        quick: options.quick,
        select: options.select.clone(),
        surfaces: options.surfaces.clone(),
        providers: options.providers.clone(),
        profile: match &options.source {
            gateway::Source::Profile => arena.profile().name.clone(),
            gateway::Source::Url(_) => "url".to_owned(),
        },
        config: arena.config().clone(),
        command: command(options),
        url: arena.url().to_owned(),
        os: std::env::consts::OS.to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        started: started.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        duration_ms: milliseconds(took),
        died: None,
    }
}

/// The command line, up to `--select`.
fn command(options: &Options) -> String {
    let gateway = &options.gateway;
    let url = match &options.source {
        gateway::Source::Profile => String::new(),
        gateway::Source::Url(url) => format!(" --url {url}"),
    };
    let own = options.scenarios.folders().iter();
    let own: String =
        own.map(|folder| format!(" --scenarios {}", text::quoted(&folder.display().to_string()))).collect();
    format!("touchstone test --gateway {gateway}{url}{own} --seed {}", options.seed)
}

/// By surface, in the order of the profile's routes; cells without a route come last.
fn cells(profile: &Profile, plan: &Plan, checks: &[Check]) -> Vec<CellResult> {
    let mut cells: Vec<_> = plan.plays.iter().map(|play| play.cell.clone()).collect();
    let position = |cell: &Cell| {
        let is_its = |route: &Route| (route.surface, &route.name) == (cell.surface, &cell.provider);
        profile.routes.iter().position(is_its).unwrap_or(profile.routes.len())
    };
    cells.sort_by_key(|cell| (cell.surface, position(cell), cell.provider.clone(), cell.mode));
    cells.dedup();
    let counts = counts(checks, |check| &check.cell);
    let result = |cell: Cell| {
        let id = cell.to_string();
        CellResult { cell, statistics: counts.get(id.as_str()).copied().unwrap_or_default(), id }
    };
    cells.into_iter().map(result).collect()
}

fn scenarios(plan: &Plan, checks: &[Check]) -> Vec<ScenarioResult> {
    let counts = counts(checks, |check| &check.scenario);
    let mut results: Vec<ScenarioResult> = Vec::new();
    for play in &plan.plays {
        let scenario = &play.scenario;
        if results.last().is_none_or(|last| last.id != scenario.id) {
            results.push(ScenarioResult {
                id: scenario.id.clone(),
                group: scenario.group.clone(),
                title: scenario.title.clone(),
                file: scenario.file.as_ref().map(|file| file.display().to_string()),
                script: evidence::script(scenario),
                statistics: counts.get(scenario.id.as_str()).copied().unwrap_or_default(),
            });
        }
    }
    results
}

/// Those that were judged, or skipped.
fn requirements(checks: &[Check]) -> Vec<RequirementResult> {
    let counts = counts(checks, |check| &check.id);
    let result = |requirement: &Requirement| {
        Some(RequirementResult {
            id: requirement.id.clone(),
            group: requirement.group.clone(),
            level: requirement.level,
            sentence: requirement.sentence.clone(),
            source: Source { url: requirement.source.clone(), date: requirement.date.clone() },
            statistics: *counts.get(requirement.id.as_str())?,
        })
    };
    requirement::all().iter().filter_map(result).collect()
}

/// What the suite could judge, and the profile has no route for.
pub(super) fn unclaimed(profile: &Profile) -> Vec<String> {
    let mut unclaimed = Vec::new();
    for surface in Surface::ALL {
        let known = dialect::ALL.iter().filter(|dialect| dialect.api(surface).is_some());
        let has = |provider: &str| profile.on(surface).any(|route| route.provider == provider);
        let missing = known.filter(|dialect| !has(dialect.provider));
        unclaimed.extend(missing.map(|dialect| format!("{surface}/{}", dialect.provider)));
    }
    unclaimed
}

fn counts(checks: &[Check], part: impl Fn(&Check) -> &String) -> HashMap<&str, Statistics> {
    let mut counts: HashMap<&str, Statistics> = HashMap::new();
    for check in checks {
        counts.entry(part(check)).or_default().count(check.status);
    }
    counts
}

fn count<'a>(checks: impl Iterator<Item = &'a Check>) -> Statistics {
    let mut statistics = Statistics::default();
    checks.for_each(|check| statistics.count(check.status));
    statistics
}

//! From each requirement to the scenarios that it is judged on and the mutants that it must catch.

use std::fmt::Write as _;
use std::sync::Arc;

use serde::Serialize;

use crate::dialect;
use crate::requirement::{self, Level, Requirement};
use crate::run::binds;
use crate::scenario;
use crate::{Mode, mutant};

/// One requirement and what holds it up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// Its id.
    pub requirement: &'static str,
    /// How much it binds.
    pub level: Level,
    /// The scenarios that it is judged on.
    pub scenarios: Vec<&'static str>,
    /// The mutants that break it.
    pub mutants: Vec<&'static str>,
    /// Why there is none, where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unbreakable: Option<&'static str>,
}

/// One entry a requirement, in their order.
pub fn traceability() -> Vec<Trace> {
    requirement::all().iter().map(trace).collect()
}

/// The same as a table in Markdown.
pub fn markdown() -> String {
    let mut text = String::from(HEAD);
    for trace in traceability() {
        let mut scenarios = trace.scenarios.iter().take(FEW).copied().collect::<Vec<_>>().join(", ");
        if trace.scenarios.len() > FEW {
            scenarios = format!("{scenarios}, and {} more", trace.scenarios.len() - FEW);
        }
        let mutants = match trace.unbreakable {
            Some(reason) => format!("none: {reason}"),
            None => trace.mutants.join(", "),
        };
        // A string takes everything.
        let _ =
            writeln!(text, "| {} | {} | {scenarios} | {mutants} |", trace.requirement, trace.level.name());
    }
    text
}

/// Scenarios of a requirement that the table names.
const FEW: usize = 4;

const HEAD: &str = "# Traceability

What holds up each requirement: the scenarios that it is judged on, and the broken gateways (mutants) that it must catch.
Generated; a test keeps it, and writes it anew with `UPDATE_TRACEABILITY=1 cargo test -p conformance traceability`.

| requirement | level | scenarios | mutants |
|---|---|---|---|
";

fn trace(requirement: &'static Requirement) -> Trace {
    let is_judged = |scenario: &&Arc<scenario::Scenario>| {
        let modes = [Mode::Whole, Mode::Stream];
        let here = dialect::ALL.iter().filter(|dialect| dialect.api(scenario.surface).is_some());
        let providers = here.map(|dialect| dialect.provider);
        let cells = providers.flat_map(|provider| modes.map(|mode| (scenario.surface, provider, mode)));
        let by_route =
            cells.filter(|(_, _, mode)| scenario.modes.contains(mode) && !scenario.routes.is_empty());
        scenario
            .known_places()
            .chain(by_route)
            .any(|(surface, provider, mode)| binds(requirement, scenario, surface, provider, mode))
    };
    let mutants = mutant::all().filter(|mutant| mutant.requirement == requirement.id);
    Trace {
        requirement: &requirement.id,
        level: requirement.level,
        scenarios: scenario::all().iter().filter(is_judged).map(|scenario| scenario.id.as_str()).collect(),
        mutants: mutants.map(|mutant| mutant.id).collect(),
        unbreakable: mutant::UNBREAKABLE
            .iter()
            .find(|(id, _)| *id == requirement.id)
            .map(|(_, reason)| *reason),
    }
}

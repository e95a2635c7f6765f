//! The report as it stands in `report.json`.
//!
//! Of a hundred thousand checks nearly all hold, and there is nothing to say of one that does. So a check stands there in full where it
//! has a finding; those without one stand in sets: a status, a scenario, and their places in the tables of cells and
//! requirements. Reading gives every check back, in the order of scenarios, cells and requirements.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::model::{
    CellResult, Check, Environment, Evidence, Expectations, Implementation, Report, RequirementResult,
    ScenarioResult, Status, Suite, Summary,
};

/// Checks of one scenario that became the same and have no finding: each of these requirements in each of these cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Alike {
    /// What became of them.
    pub status: Status,
    /// Their notes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The scenario's id.
    pub scenario: String,
    /// Places in the report's cells.
    pub cells: Vec<usize>,
    /// Places in the report's requirements.
    pub requirements: Vec<usize>,
}

/// The document, with the evidence that is to stand in it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document<'a> {
    api_version: &'a str,
    kind: &'a str,
    suite: &'a Suite,
    implementation: &'a Implementation,
    environment: &'a Environment,
    summary: &'a Summary,
    cells: &'a [CellResult],
    unclaimed: &'a [String],
    scenarios: &'a [ScenarioResult],
    requirements: &'a [RequirementResult],
    checks: Vec<&'a Check>,
    alike: Vec<Alike>,
    expectations: &'a Expectations,
    evidence: Vec<&'a Evidence>,
}

impl<'a> Document<'a> {
    pub(super) fn new(report: &'a Report, evidence: Vec<&'a Evidence>) -> Self {
        Self {
            api_version: &report.api_version,
            kind: &report.kind,
            suite: &report.suite,
            implementation: &report.implementation,
            environment: &report.environment,
            summary: &report.summary,
            cells: &report.cells,
            unclaimed: &report.unclaimed,
            scenarios: &report.scenarios,
            requirements: &report.requirements,
            checks: report.checks.iter().filter(|check| has_finding(check)).collect(),
            alike: alike(report),
            expectations: &report.expectations,
            evidence,
        }
    }
}

fn has_finding(check: &Check) -> bool {
    check.pointer.is_some() || check.expected.is_some() || check.actual.is_some()
}

/// Where the parts of a check's key stand in the tables.
struct Places<'a> {
    scenarios: HashMap<&'a str, usize>,
    cells: HashMap<&'a str, usize>,
    requirements: HashMap<&'a str, usize>,
}

impl<'a> Places<'a> {
    fn new(
        scenarios: &'a [ScenarioResult],
        cells: &'a [CellResult],
        requirements: &'a [RequirementResult],
    ) -> Self {
        fn table<'a>(ids: impl Iterator<Item = &'a String>) -> HashMap<&'a str, usize> {
            ids.enumerate().map(|(place, id)| (id.as_str(), place)).collect()
        }
        Self {
            scenarios: table(scenarios.iter().map(|row| &row.id)),
            cells: table(cells.iter().map(|cell| &cell.id)),
            requirements: table(requirements.iter().map(|known| &known.id)),
        }
    }

    /// Scenario, cell, requirement; what is in no table comes last.
    fn of(&self, check: &Check) -> (usize, usize, usize) {
        let place = |table: &HashMap<&str, usize>, id: &str| table.get(id).copied().unwrap_or(usize::MAX);
        (
            place(&self.scenarios, &check.scenario),
            place(&self.cells, &check.cell),
            place(&self.requirements, &check.id),
        )
    }
}

/// What a set has in common.
type Common<'a> = (usize, Status, &'a [String]);

/// First by requirement: in which cells; then those with the same cells together.
fn alike(report: &Report) -> Vec<Alike> {
    let places = Places::new(&report.scenarios, &report.cells, &report.requirements);
    let mut by_requirement: BTreeMap<(Common<'_>, usize), Vec<usize>> = BTreeMap::new();
    for check in report.checks.iter().filter(|check| !has_finding(check)) {
        let (scenario, cell, requirement) = places.of(check);
        let common = (scenario, check.status, check.notes.as_slice());
        by_requirement.entry((common, requirement)).or_default().push(cell);
    }
    let mut by_cells: BTreeMap<(Common<'_>, Vec<usize>), Vec<usize>> = BTreeMap::new();
    for ((common, requirement), mut cells) in by_requirement {
        cells.sort_unstable();
        by_cells.entry((common, cells)).or_default().push(requirement);
    }
    let set = |(((scenario, status, notes), cells), requirements): ((Common<'_>, _), _)| Alike {
        status,
        notes: notes.to_vec(),
        scenario: report.scenarios.get(scenario).map(|row| row.id.clone()).unwrap_or_default(),
        cells,
        requirements,
    };
    by_cells.into_iter().map(set).collect()
}

/// Puts checks into the order of the tables.
pub(crate) fn sort(
    checks: &mut [Check],
    scenarios: &[ScenarioResult],
    cells: &[CellResult],
    requirements: &[RequirementResult],
) {
    let places = Places::new(scenarios, cells, requirements);
    checks.sort_by_cached_key(|check| places.of(check));
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Document::new(self, self.evidence.iter().collect()).serialize(serializer)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    api_version: String,
    kind: String,
    suite: Suite,
    implementation: Implementation,
    environment: Environment,
    summary: Summary,
    cells: Vec<CellResult>,
    unclaimed: Vec<String>,
    scenarios: Vec<ScenarioResult>,
    requirements: Vec<RequirementResult>,
    checks: Vec<Check>,
    alike: Vec<Alike>,
    expectations: Expectations,
    evidence: Vec<Evidence>,
}

impl<'de> Deserialize<'de> for Report {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Read::deserialize(deserializer)?;
        let mut checks = read.checks;
        for set in &read.alike {
            spread(set, &read.cells, &read.requirements, &mut checks).map_err(de::Error::custom)?;
        }
        sort(&mut checks, &read.scenarios, &read.cells, &read.requirements);
        Ok(Self {
            api_version: read.api_version,
            kind: read.kind,
            suite: read.suite,
            implementation: read.implementation,
            environment: read.environment,
            summary: read.summary,
            cells: read.cells,
            unclaimed: read.unclaimed,
            scenarios: read.scenarios,
            requirements: read.requirements,
            checks,
            evidence: read.evidence,
            expectations: read.expectations,
        })
    }
}

/// More checks than any suite of ours has: a document that says it in a few bytes is no report.
const MOST: usize = 4 << 20;

/// One check for each requirement in each cell.
fn spread(
    set: &Alike,
    cells: &[CellResult],
    requirements: &[RequirementResult],
    checks: &mut Vec<Check>,
) -> Result<(), String> {
    if set.cells.len().saturating_mul(set.requirements.len()).saturating_add(checks.len()) > MOST {
        return Err(format!("more than {MOST} checks"));
    }
    for cell in &set.cells {
        let cell = cells.get(*cell).ok_or_else(|| format!("there is no cell {cell}"))?;
        for requirement in &set.requirements {
            let requirement = requirements
                .get(*requirement)
                .ok_or_else(|| format!("there is no requirement {requirement}"))?;
            checks.push(Check {
                id: requirement.id.clone(),
                scenario: set.scenario.clone(),
                cell: cell.id.clone(),
                status: set.status,
                pointer: None,
                expected: None,
                actual: None,
                notes: set.notes.clone(),
            });
        }
    }
    Ok(())
}

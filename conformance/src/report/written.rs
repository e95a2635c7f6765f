//! The report as it stands in `report.json`.
//!
//! Of a hundred thousand checks nearly all hold, and those that do not hold often fail alike. So what was found stands there once, with the
//! places where it was found; what has no finding stands in sets: a status, a scenario, and places in the tables of cells
//! and requirements. Reading gives every check back, in the order of scenarios, cells and requirements.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::model::{
    CellResult, Check, Environment, Evidence, Expectations, Implementation, Played, Report,
    RequirementResult, ScenarioResult, Status, Suite, Summary,
};

/// What was found about a requirement, and wherever it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Found {
    /// The requirement's id.
    id: String,
    status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pointer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expected: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actual: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    /// Places in the report's scenarios and cells.
    places: Vec<(usize, usize)>,
}

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
    /// Places in scenarios and cells, and milliseconds.
    plays: Vec<(usize, usize, u64)>,
    findings: Vec<Found>,
    alike: Vec<Alike>,
    expectations: &'a Expectations,
    evidence: Vec<&'a Evidence>,
}

impl<'a> Document<'a> {
    pub(super) fn new(report: &'a Report, evidence: Vec<&'a Evidence>) -> Self {
        let places = Places::new(&report.scenarios, &report.cells, &report.requirements);
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
            plays: report.plays.iter().map(|play| places.of_play(play)).collect(),
            findings: findings(report, &places),
            alike: alike(report, &places),
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
        (
            place(&self.scenarios, &check.scenario),
            place(&self.cells, &check.cell),
            place(&self.requirements, &check.id),
        )
    }

    fn of_play(&self, play: &Played) -> (usize, usize, u64) {
        (place(&self.scenarios, &play.scenario), place(&self.cells, &play.cell), play.ms)
    }
}

fn place(table: &HashMap<&str, usize>, id: &str) -> usize {
    table.get(id).copied().unwrap_or(usize::MAX)
}

/// In the order of requirements.
fn findings(report: &Report, places: &Places<'_>) -> Vec<Found> {
    let mut found: BTreeMap<_, Vec<(usize, usize)>> = BTreeMap::new();
    for check in report.checks.iter().filter(|check| has_finding(check)) {
        let (scenario, cell, requirement) = places.of(check);
        let Check { id, status, pointer, expected, actual, notes, .. } = check;
        let same = (requirement, id, *status, pointer, expected, actual, notes);
        found.entry(same).or_default().push((scenario, cell));
    }
    let one = |((_, id, status, pointer, expected, actual, notes), places): (
        (_, &String, _, &_, &_, &_, &Vec<_>),
        _,
    )| {
        let part = |text: &Option<String>| text.clone();
        Found {
            id: id.clone(),
            status,
            pointer: part(pointer),
            expected: part(expected),
            actual: part(actual),
            notes: notes.clone(),
            places,
        }
    };
    found.into_iter().map(one).collect()
}

/// What a set has in common.
type Common<'a> = (usize, Status, &'a [String]);

/// First by requirement: in which cells; then those with the same cells together.
fn alike(report: &Report, places: &Places<'_>) -> Vec<Alike> {
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
    #[serde(default)]
    plays: Vec<(usize, usize, u64)>,
    findings: Vec<Found>,
    alike: Vec<Alike>,
    expectations: Expectations,
    evidence: Vec<Evidence>,
}

impl<'de> Deserialize<'de> for Report {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Read::deserialize(deserializer)?;
        let mut checks = read.checks().map_err(de::Error::custom)?;
        sort(&mut checks, &read.scenarios, &read.cells, &read.requirements);
        let plays = read.plays().map_err(de::Error::custom)?;
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
            plays,
            checks,
            evidence: read.evidence,
            expectations: read.expectations,
        })
    }
}

/// More checks than any suite of ours has: a document that says it in a few bytes is no report.
const MOST: usize = 4 << 20;

impl Read {
    fn plays(&self) -> Result<Vec<Played>, String> {
        let played = self.plays.iter().map(|(scenario, cell, ms)| {
            Ok(Played {
                scenario: at(&self.scenarios, *scenario, "scenario")?.id.clone(),
                cell: at(&self.cells, *cell, "cell")?.id.clone(),
                ms: *ms,
            })
        });
        played.collect()
    }

    fn checks(&self) -> Result<Vec<Check>, String> {
        let found = self.findings.iter().map(|found| found.places.len());
        let alike = self.alike.iter().map(|set| set.cells.len().saturating_mul(set.requirements.len()));
        if found.chain(alike).fold(0, usize::saturating_add) > MOST {
            return Err(format!("more than {MOST} checks"));
        }
        let mut checks = Vec::new();
        for found in &self.findings {
            for (scenario, cell) in &found.places {
                checks.push(Check {
                    id: found.id.clone(),
                    scenario: at(&self.scenarios, *scenario, "scenario")?.id.clone(),
                    cell: at(&self.cells, *cell, "cell")?.id.clone(),
                    status: found.status,
                    pointer: found.pointer.clone(),
                    expected: found.expected.clone(),
                    actual: found.actual.clone(),
                    notes: found.notes.clone(),
                });
            }
        }
        for set in &self.alike {
            self.spread(set, &mut checks)?;
        }
        Ok(checks)
    }

    /// One check for each requirement in each cell.
    fn spread(&self, set: &Alike, checks: &mut Vec<Check>) -> Result<(), String> {
        for cell in &set.cells {
            let cell = at(&self.cells, *cell, "cell")?;
            for requirement in &set.requirements {
                checks.push(Check {
                    id: at(&self.requirements, *requirement, "requirement")?.id.clone(),
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
}

fn at<'a, T>(table: &'a [T], place: usize, what: &str) -> Result<&'a T, String> {
    table.get(place).ok_or_else(|| format!("there is no {what} {place}"))
}

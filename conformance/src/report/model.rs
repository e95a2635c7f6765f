//! What a run says, as data: the `ConformanceReport` that is written to `report.json`.
//!
//! The form follows the `ConformanceReport` of the Kubernetes Gateway API
//! (<https://gateway-api.sigs.k8s.io/concepts/conformance/>): within one major version of `apiVersion`
//! members are added, never changed or removed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use super::evidence::{End, Evidence, Exchange, Message, Moment, Upstream};
pub use super::status::{Statistics, Status};
use crate::Surface;
use crate::cell::Cell;
use crate::requirement::Level;

/// The `apiVersion` of every report that this version writes, and the only one that it reads.
///
/// Version 3 lists what has no finding of its own by its places in the tables, and scripts with their scenarios; version
/// 2 had each check in full, and a report of a whole run was thirty megabytes.
pub const API_VERSION: &str = "touchstone/v3";
/// The `kind` of every report.
pub const KIND: &str = "ConformanceReport";

/// One run of the suite against one gateway. How it is written: [`super::written`].
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// [`API_VERSION`].
    pub api_version: String,
    /// [`KIND`].
    pub kind: String,
    /// What judged.
    pub suite: Suite,
    /// What was judged.
    pub implementation: Implementation,
    /// How it was run.
    pub environment: Environment,
    /// The counts, and the exit code that follows from them.
    pub summary: Summary,
    /// The columns of the matrix, in order.
    pub cells: Vec<CellResult>,
    /// What the profile has no route for, though the suite could judge it: `openai.embeddings/gemini`.
    pub unclaimed: Vec<String>,
    /// The rows of the matrix, in order.
    pub scenarios: Vec<ScenarioResult>,
    /// What was judged, in order.
    pub requirements: Vec<RequirementResult>,
    /// What was played, in the order of scenarios and cells. A report of an earlier version has none.
    pub plays: Vec<Played>,
    /// Every requirement judged on every scenario in every cell, in the order of scenarios, cells, requirements.
    pub checks: Vec<Check>,
    /// What was seen on the wire, at most one entry a scenario and cell.
    pub evidence: Vec<Evidence>,
    /// The expected failures that the profile lists.
    pub expectations: Expectations,
}

/// The suite that judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suite {
    /// `touchstone`.
    pub name: String,
    /// The version of the binary.
    pub version: String,
    /// A digest of all requirements and scenarios: two reports with the same digest asked the same questions.
    pub digest: String,
    /// How many requirements the suite has.
    pub requirements: usize,
    /// How many scenarios the suite has.
    pub scenarios: usize,
}

/// The gateway that was judged, as its profile names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Implementation {
    /// Who makes it.
    pub organization: String,
    /// Its name.
    pub project: String,
    /// Where it lives.
    pub url: String,
    /// Its version, as it says itself.
    pub version: String,
    /// Whom to ask.
    pub contact: Vec<String>,
    /// Why its profile is written from its documents alone; absent where those who wrote it ran it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unverified: Option<String>,
}

/// How and where the suite was run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Environment {
    /// Everything that is drawn follows from it.
    pub seed: u64,
    /// How many plays were under way at once.
    pub jobs: usize,
    /// Whether only the quick subset was asked for.
    pub quick: bool,
    /// The globs that chose the checks; empty means all.
    pub select: Vec<String>,
    /// The surfaces that were asked for; empty means all.
    pub surfaces: Vec<Surface>,
    /// The providers that were asked for; empty means all.
    pub providers: Vec<String>,
    /// Name of the profile, or `url`.
    pub profile: String,
    /// The profile and its rendered configuration as they were used, credentials masked.
    pub config: BTreeMap<String, String>,
    /// The address that was driven.
    pub url: String,
    /// The command line that does it again, up to `--select`.
    pub command: String,
    /// Operating system.
    pub os: String,
    /// Processor architecture.
    pub arch: String,
    /// When it began, RFC 3339, UTC.
    pub started: String,
    /// How long it took.
    pub duration_ms: u64,
    /// How the gateway ended, where it ended by itself while the suite ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub died: Option<String>,
}

impl Environment {
    /// Whether a part of the suite was asked for only.
    pub fn is_part(&self) -> bool {
        self.quick || !self.select.is_empty() || !self.surfaces.is_empty() || !self.providers.is_empty()
    }
}

/// The whole run in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Summary {
    /// Over all checks.
    #[serde(flatten)]
    pub statistics: Statistics,
    /// Scenarios played, each in each of its cells.
    pub plays: usize,
    /// 0 as expected; 1 unexpected failure or stale expectation; 2 nothing ran; 3 the gateway never came up or died;
    /// 4 the harness failed.
    pub exit_code: u8,
}

/// One column of the matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellResult {
    /// The cell.
    #[serde(flatten)]
    pub cell: Cell,
    /// `openai.chat/anthropic/stream`.
    pub id: String,
    /// Over its checks.
    pub statistics: Statistics,
}

/// One row of the matrix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScenarioResult {
    /// `chat.tools.parallel-calls`.
    pub id: String,
    /// The group that the row is shown under.
    pub group: String,
    /// One sentence.
    pub title: String,
    /// What the provider is told to answer: a script of `touchstone mock`, where `{{marker}}` is the play's. A long one is
    /// cut, and then a text.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub script: Value,
    /// The file it was read from, where it is the user's own and not the suite's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Over its checks.
    pub statistics: Statistics,
}

/// One scenario played in one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    /// The scenario's id.
    pub scenario: String,
    /// The cell's id.
    pub cell: String,
    /// How long it took, from the first call of the client to the last look at the provider.
    pub ms: u64,
}

/// One requirement, wherever it was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequirementResult {
    /// `chat.reply.finish`.
    pub id: String,
    /// The group that it is shown under: `tools`, `completions.reply`.
    pub group: String,
    /// How much it binds.
    pub level: Level,
    /// The requirement in one sentence.
    pub sentence: String,
    /// Where it is written.
    pub source: Source,
    /// Over its checks.
    pub statistics: Statistics,
}

/// One requirement judged on one scenario in one cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// The requirement's id: [`Report::requirement`] has the rest of it.
    pub id: String,
    /// The scenario's id.
    pub scenario: String,
    /// The cell's id.
    pub cell: String,
    /// What became of it.
    pub status: Status,
    /// The side of the wire and the JSON pointer of the first finding: `upstream /messages/0/content`, `client /choices`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// What should be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    /// Why it was skipped or is untestable, the profile's reason for an expected failure, and further findings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Where a requirement is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Address of the page or document.
    pub url: String,
    /// Day on which it was read, or the traffic seen; `2026-11-20`.
    pub date: String,
}

/// The profile's expected failures.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expectations {
    /// Those that met at least one failure.
    pub used: Vec<Expectation>,
    /// Those that met passes only: remove them.
    pub stale: Vec<Expectation>,
}

/// One expected failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expectation {
    /// Glob over `<requirement>@<scenario>@<cell>`, or over the requirement's id alone.
    pub id: String,
    /// Why it is expected.
    pub reason: String,
    /// Where the gateway's makers are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Whether it does not always fail, and so is never stale.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sometimes: bool,
}

impl Check {
    /// `<requirement>@<scenario>@<cell>`: unique in a report, the same for pass and fail.
    pub fn key(&self) -> String {
        format!("{}@{}@{}", self.id, self.scenario, self.cell)
    }

    /// Whether it holds, or says nothing: there is nothing to look at.
    pub fn is_quiet(&self) -> bool {
        matches!(self.status, Status::Pass | Status::Blocked | Status::Skip)
    }

    /// Whether the run is not as expected because of it.
    pub fn is_unexpected(&self) -> bool {
        matches!(self.status, Status::Fail | Status::Untestable | Status::Xpass | Status::Error)
    }
}

impl Report {
    /// What was seen where a check was made; nothing where nothing was played.
    pub fn evidence(&self, check: &Check) -> Option<&Evidence> {
        self.evidence.iter().find(|seen| seen.scenario == check.scenario && seen.cell == check.cell)
    }

    /// The requirement of this id, where it was judged.
    pub fn requirement(&self, id: &str) -> Option<&RequirementResult> {
        self.requirements.iter().find(|requirement| requirement.id == id)
    }

    /// The command that does a check again.
    pub fn command(&self, check: &Check) -> String {
        format!("{} --select '{}'", self.environment.command, check.key())
    }

    /// The same, where there is something to see.
    pub fn repro(&self, check: &Check) -> Option<String> {
        (!check.is_quiet()).then(|| self.command(check))
    }

    /// The requirement of this id in one sentence.
    pub fn sentence(&self, id: &str) -> &str {
        self.requirement(id).map_or("", |requirement| requirement.sentence.as_str())
    }
}

//! What a run says, as data: the `ConformanceReport` that is written to `report.json`.
//!
//! The form follows the `ConformanceReport` of the Kubernetes Gateway API
//! (<https://gateway-api.sigs.k8s.io/concepts/conformance/>): within one major version of `apiVersion`
//! members are added, never changed or removed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cell::Cell;
use crate::requirement::Level;

/// The `apiVersion` of every report that this version writes.
pub const API_VERSION: &str = "touchstone/v1";
/// The `kind` of every report.
pub const KIND: &str = "ConformanceReport";

/// One run of the suite against one gateway.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
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
    /// The rows of the matrix, in order.
    pub scenarios: Vec<ScenarioResult>,
    /// Every requirement judged on every scenario in every cell, in the order of scenarios, cells, requirements.
    pub checks: Vec<Check>,
    /// What was seen on the wire, one entry a scenario and cell; a check points to it by [`Check::evidence`].
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
    /// Name of the profile, or `url`.
    pub profile: String,
    /// The profile and its rendered configuration as they were used, credentials masked.
    pub config: BTreeMap<String, String>,
    /// The address that was driven.
    pub url: String,
    /// Operating system.
    pub os: String,
    /// Processor architecture.
    pub arch: String,
    /// When it began, RFC 3339, UTC.
    pub started: String,
    /// How long it took.
    pub duration_ms: u64,
}

/// How many checks ended in each status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Statistics {
    /// Held.
    pub pass: usize,
    /// A MUST or an OBSERVED that did not hold.
    pub fail: usize,
    /// A SHOULD that did not hold.
    pub warn: usize,
    /// Did not hold, and the profile says so with a reason.
    pub xfail: usize,
    /// Held although the profile says that it does not: a stale expectation.
    pub xpass: usize,
    /// The profile does not declare the feature.
    pub skip: usize,
    /// What had to happen first did not happen; counts as a failure.
    pub untestable: usize,
    /// The harness itself failed.
    pub error: usize,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenarioResult {
    /// `chat.tools.parallel-calls`.
    pub id: String,
    /// The group that the row is shown under.
    pub group: String,
    /// One sentence.
    pub title: String,
    /// Over its checks.
    pub statistics: Statistics,
}

/// What became of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Held.
    Pass,
    /// A MUST or an OBSERVED that did not hold.
    Fail,
    /// A SHOULD that did not hold.
    Warn,
    /// Did not hold, as the profile says.
    Xfail,
    /// Held against the profile's expectation.
    Xpass,
    /// Feature not declared.
    Skip,
    /// What had to happen first did not happen.
    Untestable,
    /// The harness itself failed.
    Error,
}

/// One requirement judged on one scenario in one cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// The requirement's id.
    pub id: String,
    /// The scenario's id.
    pub scenario: String,
    /// The cell's id.
    pub cell: String,
    /// How much it binds.
    pub level: Level,
    /// What became of it.
    pub status: Status,
    /// The requirement in one sentence.
    pub sentence: String,
    /// Where it is written.
    pub source: Source,
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
    /// Id of the [`Evidence`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// The command that does it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repro: Option<String>,
}

/// Where a requirement is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Address of the page or document.
    pub url: String,
    /// Day on which it was read, or the traffic seen; `2026-11-20`.
    pub date: String,
}

/// Both sides of the wire in one play of a scenario in a cell. Keys are masked, long bodies cut.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// `<scenario>@<cell>`.
    pub id: String,
    /// The scenario's id.
    pub scenario: String,
    /// The cell's id.
    pub cell: String,
    /// The text by which the upstream requests of this play were found.
    pub marker: String,
    /// The client's calls, in order; more than one where the scenario calls in parallel.
    pub client: Vec<Exchange>,
    /// What the gateway asked of the provider, in order of arrival.
    pub upstream: Vec<Upstream>,
    /// What the provider was told to answer: a script of `touchstone mock`.
    pub script: Value,
}

/// A request and what came back, as the client saw it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// What was sent.
    pub request: Message,
    /// What came back; absent when nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Message>,
    /// How it ended.
    pub end: End,
    /// When each piece of the reply came.
    pub timeline: Vec<Moment>,
}

/// How a reply ended, as its reader saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// The body was complete by HTTP's own framing.
    Complete,
    /// The connection closed before the body was complete.
    Truncated,
    /// The connection was reset.
    Reset,
    /// Nothing more came in time.
    TimedOut,
    /// The reader went away, as the scenario says.
    Left,
    /// No connection, or no reply that is HTTP.
    Refused,
}

/// A request or a reply of HTTP.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Message {
    /// Request only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Request only: path and query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Reply only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// In wire order, names in lower case, credentials masked.
    pub headers: Vec<(String, String)>,
    /// The body as text, possibly cut (see `length`).
    pub body: String,
    /// Whether `body` is base64, because the bytes are not UTF-8.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub base64: bool,
    /// Bytes of the whole body.
    pub length: usize,
}

/// One piece of a reply on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    /// Since the client's request was sent.
    pub ms: f64,
    /// The piece as text, possibly cut; what is not text is described.
    pub data: String,
}

/// One request that a provider's mock received, and what it answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Upstream {
    /// `anthropic`.
    pub provider: String,
    /// Since the client's request was sent.
    pub ms: f64,
    /// What the gateway sent.
    pub request: Message,
    /// What the provider's document says against it.
    pub violations: Vec<String>,
    /// `ok`, or why the credentials were refused.
    pub auth: String,
    /// What the provider answered.
    pub reply: Message,
    /// Whether the gateway hung up before the end.
    pub aborted: bool,
    /// When each event of the answer was sent, since the client's request was sent.
    pub timeline: Vec<Moment>,
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
}

impl Statistics {
    /// Counts one more.
    pub fn count(&mut self, status: Status) {
        let counter = match status {
            Status::Pass => &mut self.pass,
            Status::Fail => &mut self.fail,
            Status::Warn => &mut self.warn,
            Status::Xfail => &mut self.xfail,
            Status::Xpass => &mut self.xpass,
            Status::Skip => &mut self.skip,
            Status::Untestable => &mut self.untestable,
            Status::Error => &mut self.error,
        };
        *counter += 1;
    }

    /// All of them together.
    pub fn total(&self) -> usize {
        self.judged() + self.skip
    }

    /// Those that were judged: all but the skipped.
    pub fn judged(&self) -> usize {
        self.pass + self.fail + self.warn + self.xfail + self.xpass + self.untestable + self.error
    }

    /// Those that nobody expected: failures, the untestable, stale expectations and the harness's own errors.
    pub fn unexpected(&self) -> usize {
        self.fail + self.untestable + self.xpass + self.error
    }

    /// The worst status counted, for one sign that stands for many checks; `None` when nothing was counted.
    pub fn worst(&self) -> Option<Status> {
        let order = [
            (self.error, Status::Error),
            (self.fail, Status::Fail),
            (self.untestable, Status::Untestable),
            (self.xpass, Status::Xpass),
            (self.warn, Status::Warn),
            (self.xfail, Status::Xfail),
            (self.pass, Status::Pass),
            (self.skip, Status::Skip),
        ];
        order.into_iter().find(|(count, _)| *count > 0).map(|(_, status)| status)
    }
}

impl Status {
    /// As it stands in the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::Xfail => "xfail",
            Self::Xpass => "xpass",
            Self::Skip => "skip",
            Self::Untestable => "untestable",
            Self::Error => "error",
        }
    }
}

impl Check {
    /// `<requirement>@<scenario>@<cell>`: unique in a report, the same for pass and fail.
    pub fn key(&self) -> String {
        format!("{}@{}@{}", self.id, self.scenario, self.cell)
    }

    /// Whether the run is not as expected because of it.
    pub fn is_unexpected(&self) -> bool {
        matches!(self.status, Status::Fail | Status::Untestable | Status::Xpass | Status::Error)
    }
}

impl Report {
    /// The evidence that a check points to.
    pub fn evidence(&self, check: &Check) -> Option<&Evidence> {
        let id = check.evidence.as_deref()?;
        self.evidence.iter().find(|evidence| evidence.id == id)
    }
}

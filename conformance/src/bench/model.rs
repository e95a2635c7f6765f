//! What a benchmark found, as `bench.json` has it. Its schema is `conformance/bench.schema.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cores::Layout;
use super::question::Kind;
use super::statistic::Figure;
use super::trial::Trial;
use super::usage::Memory;

/// Version of the form.
pub const API_VERSION: &str = "touchstone/bench/v1";
/// What the form is of.
pub const KIND: &str = "BenchReport";
/// The form itself: a JSON Schema.
pub const SCHEMA: &str = include_str!("../../bench.schema.json");
/// Name of the mocks alone among the subjects.
pub const DIRECT: &str = "direct";

/// A benchmark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bench {
    /// [`API_VERSION`].
    pub api_version: String,
    /// [`KIND`].
    pub kind: String,
    /// Version of the binary that measured.
    pub touchstone: String,
    /// When it began, as RFC 3339 has it.
    pub started: String,
    /// How long it took, setups left out.
    pub took_seconds: f64,
    /// Where it was measured.
    pub environment: Environment,
    /// How long and how often.
    pub settings: Settings,
    /// Who was measured: first the mocks alone, then nginx, then the gateways.
    pub subjects: Vec<Subject>,
    /// What was measured.
    pub trials: Vec<Measured>,
    /// What was not, and why.
    pub refused: Vec<Refused>,
    /// What a reader must know besides.
    pub notes: Vec<String>,
    /// Somebody ended it early.
    pub interrupted: bool,
    /// 0 done, 1 a gateway answered wrongly and was not measured there, 3 a gateway died.
    pub exit_code: u8,
}

/// The machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Environment {
    /// `linux`, `macos`.
    pub os: String,
    /// Version of the kernel, where the system says it.
    pub kernel: Option<String>,
    /// `x86_64`, `aarch64`.
    pub arch: String,
    /// The processor's model, where the system says it.
    pub cpu: Option<String>,
    /// Processors that this process may use.
    pub processors: usize,
    /// Runnable tasks in the minute before, on average: what else the machine did.
    pub load_average: Option<f64>,
    /// Who ran on which processors; absent where all shared all.
    pub pinned: Option<Layout>,
}

/// How long and how often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// What a measurement counts.
    pub duration_seconds: f64,
    /// How often each was made.
    pub repeat: usize,
}

/// Somebody who was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// `direct`, `nginx`, or the name of a profile.
    pub name: String,
    /// What it is here.
    pub role: Role,
    /// Its name for people.
    pub project: String,
    /// Its version, where it is known.
    pub version: String,
    /// From its start until it was ready, in milliseconds; absent where it was not ours to start.
    pub start_ms: Option<Figure>,
    /// Before the first call.
    pub idle: Option<Memory>,
    /// The most that was seen at the end of a measurement.
    pub loaded: Option<Memory>,
}

/// What somebody is measured for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// The mocks themselves: no gateway is faster.
    Direct,
    /// A proxy that changes nothing: what a hop costs.
    Proxy,
    /// A gateway.
    Gateway,
}

/// One trial, and what everybody did at it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// What was measured.
    #[serde(flatten)]
    pub trial: Trial,
    /// In the order of the subjects.
    pub results: Vec<Outcome>,
}

/// What somebody did at a trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// Name of the subject.
    pub subject: String,
    /// One each repetition.
    pub runs: Vec<Run>,
    /// The repetitions together, and compared.
    pub figures: BTreeMap<Metric, Compared>,
    /// Latency of all repetitions: pairs of a quantile and milliseconds.
    pub latency_curve: Vec<(f64, f64)>,
    /// The same of single pieces, where the reply is a stream.
    pub chunk_curve: Vec<(f64, f64)>,
}

/// One measurement.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// From 1.
    pub repetition: usize,
    /// Calls that were sent, those before and after the counted time too.
    pub sent: u64,
    /// Of these, how many reached the provider.
    pub reached: u64,
    /// Right replies within the counted time.
    pub calls: u64,
    /// Pieces of streamed text within the counted time.
    pub chunks: u64,
    /// Calls with a wrong reply.
    pub wrong: u64,
    /// What was wrong with the first of them.
    pub reason: Option<String>,
    /// Calls without a complete reply at the end. Their age counts as their latency.
    pub unfinished: u64,
    /// Calls that were due and never sent, because no reply came. Their age counts as their latency.
    pub unsent: u64,
    /// Processor time of the subject's processes within the counted time, in seconds.
    pub cpu_seconds: Option<f64>,
    /// The part of its time for which the busiest thread of the load worked.
    pub load_busy: Option<f64>,
    /// Calls a second.
    pub calls_per_second: f64,
    /// Pieces a second.
    pub chunks_per_second: Option<f64>,
    /// Processor time a call, in microseconds. Of streams, each piece counts as its part of a call.
    pub cpu_us_per_call: Option<f64>,
    /// From when a call was due until its reply was complete, in milliseconds.
    pub latency_ms: Option<Quantiles>,
    /// From when a call was due until the first byte of a whole reply's body, or the first piece of a stream's text.
    pub first_ms: Option<Quantiles>,
    /// From when the provider sent a piece until the client had it.
    pub chunk_ms: Option<Quantiles>,
}

/// Times in milliseconds: so many of all were not longer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// Half.
    pub p50: f64,
    /// Nine in ten.
    pub p90: f64,
    /// 99 in 100.
    pub p99: f64,
    /// 999 in 1000.
    pub p999: f64,
    /// All.
    pub max: f64,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Metric {
    /// [`Run::calls_per_second`].
    CallsPerSecond,
    /// [`Run::chunks_per_second`].
    ChunksPerSecond,
    /// [`Run::cpu_us_per_call`].
    CpuUsPerCall,
    /// Median of [`Run::latency_ms`].
    LatencyP50Ms,
    /// 99th of 100 of it.
    LatencyP99Ms,
    /// Median of [`Run::first_ms`].
    FirstP50Ms,
    /// 99th of 100 of it.
    FirstP99Ms,
    /// Median of [`Run::chunk_ms`].
    ChunkP50Ms,
    /// 99th of 100 of it.
    ChunkP99Ms,
}

impl Metric {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::CallsPerSecond,
        Self::ChunksPerSecond,
        Self::CpuUsPerCall,
        Self::LatencyP50Ms,
        Self::LatencyP99Ms,
        Self::FirstP50Ms,
        Self::FirstP99Ms,
        Self::ChunkP50Ms,
        Self::ChunkP99Ms,
    ];

    /// Its value in a measurement.
    pub fn of(self, run: &Run) -> Option<f64> {
        match self {
            Self::CallsPerSecond => Some(run.calls_per_second),
            Self::ChunksPerSecond => run.chunks_per_second,
            Self::CpuUsPerCall => run.cpu_us_per_call,
            Self::LatencyP50Ms => Some(run.latency_ms?.p50),
            Self::LatencyP99Ms => Some(run.latency_ms?.p99),
            Self::FirstP50Ms => Some(run.first_ms?.p50),
            Self::FirstP99Ms => Some(run.first_ms?.p99),
            Self::ChunkP50Ms => Some(run.chunk_ms?.p50),
            Self::ChunkP99Ms => Some(run.chunk_ms?.p99),
        }
    }

    /// Whether it is a time, of which one can say by how much it is longer.
    pub fn is_time(self) -> bool {
        !matches!(self, Self::CallsPerSecond | Self::ChunksPerSecond | Self::CpuUsPerCall)
    }
}

/// A figure, and what it is to others. Each comparison is made within a repetition.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Compared {
    /// The figure itself.
    pub value: Figure,
    /// Divided by that of the mocks alone.
    pub of_direct: Option<Figure>,
    /// Divided by that of the first gateway.
    pub of_gateway: Option<Figure>,
    /// A time, less that of the mocks alone.
    pub over_direct: Option<Figure>,
}

/// What was not measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refused {
    /// Name of the subject.
    pub subject: String,
    /// Whose dialect is spoken upstream.
    pub provider: String,
    /// What was asked.
    pub kind: Kind,
    /// Whether it answered, and wrongly. Otherwise it does not claim to.
    pub wrong: bool,
    /// Why.
    pub reason: String,
}

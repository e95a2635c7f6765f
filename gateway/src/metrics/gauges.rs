//! What is not counted, but looked at when somebody asks.

/// What is not counted but looked at.
#[derive(Default)]
pub(crate) struct Gauges {
    pub(crate) version: &'static str,
    /// Seconds since 1970.
    pub(crate) started: f64,
    pub(crate) loaded: f64,
    pub(crate) calls: u64,
    pub(crate) connections: u64,
    pub(crate) log_dropped: u64,
    pub(crate) spans_dropped: u64,
    /// Responses in memory, their bytes, and responses that are made in the background.
    pub(crate) kept: [u64; 3],
    pub(crate) targets: Vec<TargetGauge>,
    pub(crate) embeddings: Vec<EmbeddingGauge>,
    pub(crate) shared: Vec<SharedGauge>,
}

/// The gateway's own calls for the embeddings of one route's prompts.
#[derive(Clone, Debug, Default)]
pub(crate) struct EmbeddingGauge {
    pub(crate) service: String,
    pub(crate) route: String,
    pub(crate) provider: String,
    pub(crate) model: String,
    pub(crate) done: u64,
    pub(crate) failed: u64,
    pub(crate) tokens: u64,
    pub(crate) seconds: f64,
}

/// What a route has in a database.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedGauge {
    pub(crate) service: String,
    pub(crate) route: String,
    /// `targets`, `responses` or `vectors`.
    pub(crate) what: &'static str,
    pub(crate) is_there: bool,
}

/// A target of a route.
#[derive(Clone, Debug, Default)]
pub(crate) struct TargetGauge {
    pub(crate) service: String,
    pub(crate) route: String,
    pub(crate) target: String,
    pub(crate) provider: String,
    pub(crate) model: String,
    pub(crate) running: u64,
    /// One of [`STATES`].
    pub(crate) state: &'static str,
    pub(crate) trips: u64,
    /// Whether Kong's family tells of it, too.
    pub(crate) kong: bool,
}

/// What a target can be.
pub(crate) const STATES: [&str; 4] = ["healthy", "unhealthy", "probing", "set_aside"];

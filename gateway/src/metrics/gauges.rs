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
    pub(crate) targets: Vec<TargetGauge>,
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

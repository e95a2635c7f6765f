//! Kong's other plugins, as far as this gateway runs them: one file each, with Kong's fields, defaults and rules.

mod file_log;
mod http_log;
mod opentelemetry;
mod prometheus;
mod queue;

use std::sync::Arc;

pub use file_log::{FileLog, Rotation};
pub use http_log::{HttpLog, Method};
pub use opentelemetry::{OpenTelemetry, Propagation, PushedMetrics, SamplingStrategy};
pub use prometheus::Prometheus;
pub use queue::Queue;

use super::error::Problem;
use super::record::Record;

/// What holds for a route beside the plugin that answers it: for each kind the route's own, else its service's, else the one that
/// holds everywhere.
#[derive(Clone, Debug, Default)]
pub struct Plugins {
    /// Where a line on each call goes.
    pub file_log: Option<FileLog>,
    /// Where an object for each call is sent.
    pub http_log: Option<HttpLog>,
    /// Metrics of its calls, to be read.
    pub prometheus: Option<Prometheus>,
    /// Traces and metrics of its calls, to be sent.
    pub opentelemetry: Option<Arc<OpenTelemetry>>,
}

/// No plugin runs code of the file's.
fn refuse_lua(record: &mut Record<'_>) {
    if let Some(field) = record.get("custom_fields_by_lua").filter(|field| !field.is_empty_container()) {
        field.error(Problem::Unsupported);
    }
}

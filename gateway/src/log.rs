//! The log: one JSON object a line, on standard error.

use tracing_subscriber::EnvFilter;

/// Sends the log to standard error. `filter` is in tracing's own words, such as `info` or `warn,access=info`; one that
/// cannot be read is taken for `info`.
pub fn log_to_stderr(filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let subscriber =
        tracing_subscriber::fmt().json().flatten_event(true).with_current_span(false).with_span_list(false);
    // Whoever has set a subscriber before knows better.
    let _ = subscriber.with_env_filter(filter).with_writer(std::io::stderr).try_init();
}

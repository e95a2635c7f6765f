//! The log: one JSON object a line, on standard error, and nobody who waits for it to be read.

mod queue;

use tracing_subscriber::EnvFilter;

use queue::Queue;
pub(crate) use queue::{DROPPED, dropped};

/// Keeps the log going. Dropping it writes what is left, unless nobody reads it.
#[must_use = "dropping it ends the log"]
pub struct Log {
    _queue: Queue,
}

/// Sends the log to standard error. `filter` is in tracing's own words, such as `info` or `warn,access=info`; one that
/// cannot be read is taken for `info`.
///
/// A call never waits for whoever reads standard error: a thread of its own writes, records wait for it in 8 MiB at
/// most, and those that find no room are counted and told as one line, `{"message":"log records dropped","dropped":3}`.
pub fn log_to_stderr(filter: &str) -> Log {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let queue = Queue::start(std::io::stderr());
    let records = queue.records();
    let subscriber =
        tracing_subscriber::fmt().json().flatten_event(true).with_current_span(false).with_span_list(false);
    // Whoever has set a subscriber before knows better.
    let _ = subscriber.with_env_filter(filter).with_writer(move || records.clone()).try_init();
    Log { _queue: queue }
}

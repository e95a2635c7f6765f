//! Kong's `queue`: what of a plugin's output waits, how it is gathered, and how often it is tried again.
//!
//! <https://developer.konghq.com/gateway/entities/plugin/#plugin-queuing>

use std::time::Duration;

use super::super::error::Problem;
use super::super::field::MOST;
use super::super::record::Record;

/// How a plugin's output waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Entries that are sent at once.
    pub max_batch_size: u32,
    /// How long a batch waits for more, from its first entry on.
    pub max_coalescing_delay: Duration,
    /// Entries that wait; the oldest goes for one more.
    pub max_entries: u32,
    /// Bytes that wait; what is not set is 64 MiB.
    pub max_bytes: Option<u64>,
    /// How long a batch is tried again; `None`: not at all.
    pub max_retry_time: Option<Duration>,
    /// How long it waits for that first; then twice as long each time.
    pub initial_retry_delay: Duration,
    /// How long it waits at most.
    pub max_retry_delay: Duration,
}

/// Kong's bounds of a delay, in seconds.
const DELAYS: std::ops::RangeInclusive<f64> = 0.001..=1_000_000.0;

impl Default for Queue {
    fn default() -> Self {
        Self {
            max_batch_size: 1,
            max_coalescing_delay: Duration::from_secs(1),
            max_entries: 10_000,
            max_bytes: None,
            max_retry_time: Some(Duration::from_secs(60)),
            initial_retry_delay: Duration::from_millis(10),
            max_retry_delay: Duration::from_secs(60),
        }
    }
}

impl Queue {
    /// Reads the members of `queue`.
    pub(in crate::config) fn read(record: &mut Record<'_>) -> Option<Self> {
        Self::or(record, &Self::default())
    }

    /// The same for a plugin that has other defaults.
    pub(in crate::config) fn or(record: &mut Record<'_>, default: &Self) -> Option<Self> {
        record.says(&[
            ("max_batch_size", "Records that are sent at once."),
            ("max_entries", "Records that may wait; further ones are dropped, and counted."),
            ("max_bytes", "Bytes that may wait."),
            ("max_coalescing_delay", "Seconds that a record waits for others."),
            ("max_retry_time", "Seconds for which the same is sent again; -1: for ever."),
            ("initial_retry_delay", "Seconds to the second try; then twice as long each time."),
            ("max_retry_delay", "Seconds between two tries at most."),
            ("concurrency_limit", "Requests at once: 1."),
        ]);
        let max_batch_size = record.count_or("max_batch_size", 1..=1_000_000, default.max_batch_size);
        let max_entries = record.count_or("max_entries", 1..=1_000_000, default.max_entries);
        let max_bytes = record.integer("max_bytes", 1..=MOST).and_then(|bytes| u64::try_from(bytes).ok());
        let for_ever = -1.0;
        record.default("max_retry_time", default.max_retry_time.map_or(for_ever, |time| time.as_secs_f64()));
        let max_retry_time = record.number("max_retry_time", -1.0..=1_000_000.0);
        let mut seconds = |name, range, default: Duration| {
            Duration::from_secs_f64(record.number_or(name, range, default.as_secs_f64()))
        };
        let max_coalescing_delay =
            seconds("max_coalescing_delay", 0.0..=3600.0, default.max_coalescing_delay);
        let initial_retry_delay = seconds("initial_retry_delay", DELAYS, default.initial_retry_delay);
        let max_retry_delay = seconds("max_retry_delay", DELAYS, default.max_retry_delay);
        if let Some(field) = record.get("concurrency_limit") {
            match field.integer(-1..=1) {
                Some(0) => field.error(Problem::OneOf { names: "-1, 1".to_owned(), nearest: None }),
                // One call, one request, without a bound on them.
                Some(-1) => field.error(Problem::Unsupported),
                _ => (),
            }
        }
        Some(Self {
            max_batch_size,
            max_coalescing_delay,
            max_entries,
            max_bytes,
            max_retry_time: match max_retry_time {
                None => default.max_retry_time,
                Some(time) => (time >= 0.0).then(|| Duration::from_secs_f64(time)),
            },
            initial_retry_delay,
            max_retry_delay,
        })
    }
}

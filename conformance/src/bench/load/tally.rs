//! What one measurement counts.

use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::time::Instant;

use super::Window;
use super::wire::Wrong;

/// Counts, and times in nanoseconds.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    /// From when a call was due until its reply was complete. Those that never were count with their age.
    pub(crate) latency: Histogram<u64>,
    /// From when a call was due until its first text came.
    pub(crate) first: Histogram<u64>,
    /// From when a piece was sent by the provider until the client had it.
    pub(crate) chunk: Histogram<u64>,
    /// Right replies that were complete within the window.
    pub(crate) calls: u64,
    /// All calls that were sent, those before and behind the window too.
    pub(crate) sent: u64,
    /// Calls whose reply was wrong.
    pub(crate) wrong: u64,
    /// What was wrong with the first of them.
    pub(crate) reason: Option<Wrong>,
    /// Calls without a complete reply when the measurement was over.
    pub(crate) unfinished: u64,
    /// The part of its time for which the busiest thread of the load worked; absent where the system does not say.
    pub(crate) busy: Option<f64>,
    /// Calls that were due, and for which no connection was free until the measurement was over.
    pub(crate) unsent: u64,
}

/// What a call came to: when its first text came, where it had one.
pub(crate) type Outcome = Result<Option<Instant>, Wrong>;

/// Below a microsecond nothing is told apart.
const LEAST: u64 = 1_000;
/// Nothing lasts longer than this, in nanoseconds: measurements are bounded far below.
const MOST: u64 = 600_000_000_000;
/// Digits that are kept of a time: an error of a thousandth.
const DIGITS: u8 = 3;
/// A thread that had so many wrong replies does not go on.
const ENOUGH: u64 = 100;

impl Tally {
    pub(crate) fn new() -> Self {
        let empty = || Histogram::new_with_bounds(LEAST, MOST, DIGITS).expect("bounds and digits are legal");
        Self {
            latency: empty(),
            first: empty(),
            chunk: empty(),
            calls: 0,
            sent: 0,
            wrong: 0,
            reason: None,
            unfinished: 0,
            busy: None,
            unsent: 0,
        }
    }

    /// Pieces of text that came within the window.
    pub(crate) fn chunks(&self) -> u64 {
        self.chunk.len()
    }

    /// Whether it makes sense to go on.
    pub(super) fn is_well(&self) -> bool {
        self.wrong < ENOUGH
    }

    pub(super) fn chunk(&mut self, nanoseconds: u64) {
        self.chunk.saturating_record(nanoseconds);
    }

    /// A call that was due then is over now.
    pub(super) fn call(&mut self, window: Window, due: Instant, now: Instant, outcome: Outcome) {
        match outcome {
            Err(wrong) => {
                self.wrong += 1;
                self.reason.get_or_insert(wrong);
            }
            Ok(first) if now >= window.begin => {
                self.calls += u64::from(now < window.end);
                record(&mut self.latency, now - due);
                if let Some(first) = first {
                    record(&mut self.first, first.saturating_duration_since(due));
                }
            }
            Ok(_) => {}
        }
    }

    /// A call that was due then has no reply, and nobody waits longer.
    pub(super) fn unfinished(&mut self, due: Instant, now: Instant) {
        self.unfinished += 1;
        record(&mut self.latency, now.saturating_duration_since(due));
    }

    /// The same for one that was never sent.
    pub(super) fn unsent(&mut self, due: Instant, now: Instant) {
        self.unsent += 1;
        record(&mut self.latency, now.saturating_duration_since(due));
    }

    /// Both together.
    pub(crate) fn add(&mut self, other: &Self) {
        for (all, more) in [
            (&mut self.latency, &other.latency),
            (&mut self.first, &other.first),
            (&mut self.chunk, &other.chunk),
        ] {
            all.add(more).expect("both have the same bounds");
        }
        self.calls += other.calls;
        self.sent += other.sent;
        self.wrong += other.wrong;
        self.reason = self.reason.take().or_else(|| other.reason.clone());
        self.unfinished += other.unfinished;
        self.busy = self.busy.into_iter().chain(other.busy).reduce(f64::max);
        self.unsent += other.unsent;
    }
}

fn record(into: &mut Histogram<u64>, time: Duration) {
    into.saturating_record(u64::try_from(time.as_nanos()).unwrap_or(MOST));
}

//! What the gateway's own calls for embeddings were, counted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// Of one route, for all cores.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    calls: AtomicU64,
    failed: AtomicU64,
    tokens: AtomicU64,
    micros: AtomicU64,
}

/// The same, as it is now.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Counts {
    pub(crate) calls: u64,
    pub(crate) failed: u64,
    pub(crate) tokens: u64,
    /// How long they took together.
    pub(crate) took: Duration,
}

/// A call that runs. One that is dropped before it is [done](Self::done) has failed.
pub(crate) struct Counting<'t> {
    tally: &'t Tally,
    began: Instant,
    is_done: bool,
}

impl Tally {
    pub(crate) fn begin(&self) -> Counting<'_> {
        Counting { tally: self, began: Instant::now(), is_done: false }
    }

    pub(crate) fn counts(&self) -> Counts {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            calls: count(&self.calls),
            failed: count(&self.failed),
            tokens: count(&self.tokens),
            took: Duration::from_micros(count(&self.micros)),
        }
    }
}

impl Counting<'_> {
    /// There is a vector. `tokens`: what it took, if the model's service said so.
    pub(crate) fn done(mut self, tokens: u64) {
        self.tally.tokens.fetch_add(tokens, Ordering::Relaxed);
        self.is_done = true;
    }
}

impl Drop for Counting<'_> {
    fn drop(&mut self) {
        let micros = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.tally.micros.fetch_add(micros, Ordering::Relaxed);
        self.tally.failed.fetch_add(u64::from(!self.is_done), Ordering::Relaxed);
        self.tally.calls.fetch_add(1, Ordering::Relaxed);
    }
}

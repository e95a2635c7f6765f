//! What all connections of one set of mocks share.

use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::Options;
use crate::journal::{Record, Ring};
use crate::scripts::Scripts;
use crate::seed::Seed;

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) options: Options,
    pub(crate) scripts: Scripts,
    pub(crate) journal: Ring,
    pub(crate) seed: Seed,
    pub(crate) epoch: Instant,
    /// Rings whenever the journal changes.
    pub(crate) changed: Notify,
}

impl State {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            scripts: Scripts::default(),
            journal: Ring::new(options.journal),
            seed: Seed::new(options.seed),
            epoch: Instant::now(),
            changed: Notify::new(),
            options,
        }
    }

    /// Milliseconds since the start.
    pub(crate) fn now_ms(&self) -> f64 {
        milliseconds(self.epoch.elapsed())
    }

    /// The exchange is over.
    pub(crate) fn finish(&self, record: &Record, aborted: bool) {
        record.finished(self.now_ms(), aborted);
        self.journal.settle(record);
        self.changed.notify_waiters();
    }

    /// Forgets scripts, journal and what was drawn.
    pub(crate) fn reset(&self) {
        self.scripts.clear();
        self.journal.clear();
        self.seed.reset();
        self.changed.notify_waiters();
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

//! Something that the gateway can do without for a while: its loss is told once, and so is its return.

use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether it is lost.
#[derive(Debug, Default)]
pub(crate) struct Outage {
    lasts: AtomicBool,
}

impl Outage {
    /// Whether it failed last.
    pub(crate) fn lasts(&self) -> bool {
        self.lasts.load(Ordering::Relaxed)
    }

    /// It failed. Told where it had worked before.
    pub(crate) fn failed(&self, what: &str, why: &dyn Display) {
        if !self.lasts.swap(true, Ordering::Relaxed) {
            tracing::warn!(what, %why, "lost; going on without");
        }
    }

    /// It worked. Told where it had failed before.
    pub(crate) fn worked(&self, what: &str) {
        if self.lasts.load(Ordering::Relaxed) && self.lasts.swap(false, Ordering::Relaxed) {
            tracing::info!(what, "back");
        }
    }
}

//! What a call was, told once it is over to all who want to know.
//!
//! ```text
//! Record (one call, while it runs) ──dropped──▶ Facts ─▶ Observers: the log, the balancer, …
//!                                                └────▶ Sinks of its route: files, servers
//! ```

mod access;
mod ai;
mod cost;
mod facts;
mod kong;
mod sinks;
mod tried;

use std::sync::Arc;

use tokio::time::Instant;

pub(crate) use access::Access;
pub(crate) use cost::cost;
pub(crate) use facts::{Facts, Latencies, Mode, Payloads, Wire, failure};
#[cfg(feature = "otlp")]
pub(crate) use sinks::{Deliver, Endpoint};
pub(crate) use sinks::{Sink, Sinks};
pub(crate) use tried::Tried;

use crate::balancer::Spent;

/// Someone who wants to know what calls were. It is told on the core that served the call, which waits meanwhile.
pub(crate) trait Observer: Send + Sync {
    /// A call is over.
    fn observe(&self, facts: &Facts<'_>);
}

/// All of them.
pub(crate) struct Observers(Vec<Arc<dyn Observer>>);

impl Observers {
    pub(crate) fn new(observers: Vec<Arc<dyn Observer>>) -> Self {
        Self(observers)
    }

    /// Tells everybody.
    pub(crate) fn tell(&self, facts: &Facts<'_>) {
        for observer in &self.0 {
            observer.observe(facts);
        }
    }
}

/// Sends what a call was to the places that its route names.
pub(crate) fn send(facts: &Facts<'_>, sinks: &[Arc<Sink>]) {
    if sinks.is_empty() {
        return;
    }
    let record = kong::object(facts);
    for sink in sinks {
        sink.put(record.clone());
    }
}

/// Tells balancers what calls took of their targets, whether the file wants statistics or not: they choose by it.
pub(crate) struct Shares;

impl Observer for Shares {
    fn observe(&self, facts: &Facts<'_>) {
        let Some(pick) = facts.pick else { return };
        let (prompt, completion) = facts.usage.map_or((0, 0), |usage| (usage.prompt, usage.completion));
        // How fast it failed says nothing of how fast it is.
        let latency = facts.latencies.upstream.filter(|_| facts.outcome == "done");
        let cost = facts.cost.unwrap_or_default();
        pick.spent(&Spent { prompt, completion, cost, latency }, Instant::now());
    }
}

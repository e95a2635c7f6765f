//! What a call was, told once it is over to all who want to know.
//!
//! ```text
//! Record (one call, while it runs) ──dropped──▶ Facts ─▶ Observers: the log, the balancer, …
//!                                        ▲       └────▶ Sinks of its route: files, servers
//!            its provider told no tokens ┘ counted first, by a thread that is no core
//! ```

mod access;
mod ai;
mod cost;
mod facts;
mod kong;
mod later;
mod sinks;
mod tried;
mod words;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

pub(crate) use access::Access;
pub(crate) use cost::cost;
pub(crate) use facts::{Facts, Latencies, Mode, PAYLOAD, Payloads, Wire, failure};
pub(crate) use later::Hurry;
#[cfg(feature = "otlp")]
pub(crate) use sinks::{Deliver, Endpoint};
pub(crate) use sinks::{Sink, Sinks};
pub(crate) use tried::Tried;
pub(crate) use words::Words;

use crate::balancer::Spent;
use later::Later;

/// Someone who wants to know what calls were. It is told on the core that served the call, which waits meanwhile.
pub(crate) trait Observer: Send + Sync {
    /// A call is over.
    fn observe(&self, facts: &Facts<'_>);
}

/// All of them.
pub(crate) struct Observers {
    all: Vec<Arc<dyn Observer>>,
    later: Later,
}

impl Observers {
    pub(crate) fn new(observers: Vec<Arc<dyn Observer>>) -> Self {
        Self { all: observers, later: Later::default() }
    }

    /// Tells everybody.
    pub(crate) fn tell(&self, facts: &Facts<'_>) {
        for observer in &self.all {
            observer.observe(facts);
        }
    }

    /// Lets a call be counted and told apart from its core, or in a hurry where too many wait. `size`: the bytes that it holds.
    pub(crate) fn later(&self, size: usize, work: impl FnOnce(Hurry) + Send + 'static) {
        self.later.push(size, Box::new(work));
    }

    /// Waits until all were told of all, for so long at most.
    pub(crate) async fn finish(&self, within: Duration) {
        self.later.finish(within).await;
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

#[cfg(test)]
mod tests;

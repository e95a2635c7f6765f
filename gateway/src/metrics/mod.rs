//! What calls were, counted: by what Prometheus is told, and by target for the status page.
//!
//! ```text
//! Facts ─▶ Key ─▶ a row of this core's table ──┐
//!      └─▶ the meter of the target, this core's ┴─ summed over cores when somebody looks ─▶ families ─▶ text
//! ```
//!
//! A call costs its core one lookup and some additions; cores never wait for each other. Whatever a client or a provider may choose
//! freely is told for the first names only, and as `other` from then on.

#[cfg(feature = "otlp")]
mod counter;
mod families;
mod gauges;
pub(crate) mod histogram;
mod key;
mod meter;
mod names;
mod retries;
mod row;
mod shards;
mod table;
pub(crate) mod text;
mod views;
mod window;
mod writer;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

#[cfg(feature = "otlp")]
pub(crate) use counter::Counter;
pub(crate) use families::write;
pub(crate) use gauges::{EmbeddingGauge, Gauges, SharedGauge, TargetGauge};
pub(crate) use key::Key;
#[cfg(feature = "otlp")]
pub(crate) use key::operation;
pub(crate) use meter::{Meter, Running, Tally};
pub(crate) use names::Names;
pub(crate) use row::{Row, Tokens};
pub(crate) use views::Views;
pub(crate) use window::{Percentiles, Window};

use crate::config::Route;
use crate::statistics::{Facts, Observer};
use retries::Retries;
use shards::Shards;
use table::Table;

/// Models that are told by name, beside those in the file.
const MODELS: usize = 200;

/// All that was counted since the gateway started; a new configuration goes on where the old one was.
pub(crate) struct Metrics {
    shards: Shards<Shard>,
    names: Names,
    meters: Mutex<Vec<Metered>>,
}

#[derive(Default)]
struct Shard {
    table: Table,
    retries: Retries,
    running: Arc<AtomicI64>,
}

/// The meter of a target on one core.
struct Metered {
    whose: Whose,
    core: usize,
    meter: Arc<Meter>,
}

/// Which target a meter is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Whose {
    pub(crate) service: Option<String>,
    pub(crate) route: Option<String>,
    /// Its number among the targets of the route.
    pub(crate) target: usize,
}

/// What the cores counted, summed.
pub(crate) struct Counted {
    pub(crate) rows: BTreeMap<Key<Box<str>>, Row>,
    pub(crate) retries: Retries,
}

/// A call, running until this is dropped.
pub(crate) struct Call(Arc<AtomicI64>);

impl Metrics {
    pub(crate) fn new() -> Self {
        Self { shards: Shards::default(), names: Names::new(MODELS), meters: Mutex::default() }
    }

    /// A call begins.
    pub(crate) fn begin(&self) -> Call {
        let running = Arc::clone(&self.shards.own().running);
        running.fetch_add(1, Ordering::Relaxed);
        Call(running)
    }

    /// Calls that are running.
    pub(crate) fn running(&self) -> u64 {
        let mut running = 0;
        self.shards.each(|shard| running += shard.running.load(Ordering::Relaxed));
        // One that began on the way is counted next time.
        u64::try_from(running).unwrap_or_default()
    }

    /// This core's meter of a target: the one that an earlier configuration had, if the target was there.
    pub(crate) fn meter(&self, route: &Route, target: usize) -> Arc<Meter> {
        let whose = Whose { service: route.service.clone(), route: route.name.clone(), target };
        let core = shards::core();
        let mut meters = self.meters.lock().unwrap_or_else(PoisonError::into_inner);
        let known = meters.iter().find(|metered| metered.core == core && metered.whose == whose);
        if let Some(known) = known {
            return Arc::clone(&known.meter);
        }
        let meter = Arc::new(Meter::default());
        meters.push(Metered { whose, core, meter: Arc::clone(&meter) });
        meter
    }

    /// The meters of a target, one for each core.
    pub(crate) fn meters(&self, whose: &Whose) -> Vec<Arc<Meter>> {
        let meters = self.meters.lock().unwrap_or_else(PoisonError::into_inner);
        let own = meters.iter().filter(|metered| metered.whose == *whose);
        own.map(|metered| Arc::clone(&metered.meter)).collect()
    }

    pub(crate) fn counted(&self) -> Counted {
        let mut counted = Counted { rows: BTreeMap::new(), retries: Retries::default() };
        self.shards.each(|shard| {
            shard.table.sum_into(&mut counted.rows);
            counted.retries.add(&shard.retries);
        });
        counted
    }
}

impl Observer for Metrics {
    fn observe(&self, facts: &Facts<'_>) {
        let plugin = facts.route.and_then(|route| route.plugins.prometheus.as_ref());
        let key = Key::of(facts, &self.names, Views::new(plugin, facts.wants_statistics()));
        let mut shard = self.shards.own();
        shard.table.row(key).count(facts);
        shard.retries.count(facts);
        drop(shard);
        if let Some(running) = facts.running {
            running.end(facts, Instant::now());
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
pub(crate) mod tests;

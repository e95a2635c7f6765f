//! Tries that failed and were followed by others.

use std::collections::BTreeMap;

use crate::statistics::Facts;

/// How many there were, by where and why.
#[derive(Default)]
pub(crate) struct Retries(BTreeMap<Retry, Count>);

/// What they are told apart by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Retry {
    pub(crate) service: Box<str>,
    pub(crate) route: Box<str>,
    /// Who failed.
    pub(crate) provider: &'static str,
    /// A word of Kong's `failover_criteria`.
    pub(crate) reason: &'static str,
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Count {
    /// All.
    pub(crate) retries: u64,
    /// Those that went to another target.
    pub(crate) failovers: u64,
}

impl Retries {
    pub(super) fn count(&mut self, facts: &Facts<'_>) {
        for pair in facts.tried.windows(2) {
            let [failed, next] = pair else { continue };
            let name = |name: Option<&str>| name.unwrap_or_default().into();
            let retry = Retry {
                service: name(facts.route.and_then(|route| route.service.as_deref())),
                route: name(facts.route.and_then(|route| route.name.as_deref())),
                provider: failed.provider,
                reason: failed.failure.unwrap_or_default(),
            };
            let count = self.0.entry(retry).or_default();
            count.retries += 1;
            count.failovers += u64::from(!std::sync::Arc::ptr_eq(&failed.target, &next.target));
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (retry, more) in &other.0 {
            let count = self.0.entry(retry.clone()).or_default();
            count.retries += more.retries;
            count.failovers += more.failovers;
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Retry, &Count)> {
        self.0.iter()
    }
}

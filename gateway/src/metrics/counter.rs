//! Calls that are counted for somebody alone.

use std::collections::BTreeMap;

use super::shards::Shards;
use super::table::Table;
use super::{Key, MODELS, Names, Row, Views};
use crate::statistics::Facts;

/// One table a core.
pub(crate) struct Counter {
    shards: Shards<Table>,
    names: Names,
}

impl Counter {
    pub(crate) fn new() -> Self {
        Self { shards: Shards::default(), names: Names::new(MODELS) }
    }

    pub(crate) fn count(&self, facts: &Facts<'_>) {
        let key = Key::of(facts, &self.names, Views::new(None, facts.wants_statistics()));
        self.shards.own().row(key).count(facts);
    }

    /// What all cores have counted.
    pub(crate) fn rows(&self) -> BTreeMap<Key<Box<str>>, Row> {
        let mut rows = BTreeMap::new();
        self.shards.each(|table| table.sum_into(&mut rows));
        rows
    }
}

//! Rows by key, with a bound.

use std::collections::BTreeMap;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::key::Key;
use super::row::Row;

/// Rows of one core. What finds no room counts as `other`.
pub(crate) const ROWS: usize = 2_000;

/// One core's rows.
#[derive(Default)]
pub(crate) struct Table {
    rows: HashTable<(Key<Box<str>>, Row)>,
    hasher: DefaultHashBuilder,
}

impl Table {
    /// The row of a key; allocates nothing if it is there.
    pub(super) fn row(&mut self, key: Key<&str>) -> &mut Row {
        if self.rows.len() >= ROWS && self.find(&key).is_none() {
            return self.entry(&key.lumped());
        }
        self.entry(&key)
    }

    /// Adds all rows to those of other cores.
    pub(super) fn sum_into(&self, rows: &mut BTreeMap<Key<Box<str>>, Row>) {
        for (key, row) in &self.rows {
            match rows.get_mut(key) {
                Some(sum) => sum.add(row),
                None => drop(rows.insert(key.clone(), row.clone())),
            }
        }
    }

    fn find(&self, key: &Key<&str>) -> Option<&(Key<Box<str>>, Row)> {
        self.rows.find(self.hasher.hash_one(key), |(known, _)| known.borrowed() == *key)
    }

    fn entry(&mut self, key: &Key<&str>) -> &mut Row {
        let Self { rows, hasher } = self;
        let entry = rows.entry(
            hasher.hash_one(key),
            |(known, _)| known.borrowed() == *key,
            |(known, _)| hasher.hash_one(known.borrowed()),
        );
        &mut entry.or_insert_with(|| (key.owned(), Row::default())).into_mut().1
    }
}

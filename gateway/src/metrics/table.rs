//! Rows by key, with a bound.

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

    pub(super) fn rows(&self) -> impl Iterator<Item = (Key<&str>, &Row)> {
        self.rows.iter().map(|(key, row)| (key.borrowed(), row))
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

//! The objects of a store, and in which order they grew old.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::StoreLimits;

/// Whose it is, what it is, and its id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) provider: String,
    pub(super) kind: String,
    pub(super) id: String,
}

#[derive(Debug, Clone)]
pub(super) struct Kept {
    /// Its place among the ages.
    number: u64,
    /// When it was last written, in seconds since 1970.
    pub(super) since: u64,
    pub(super) json: Arc<str>,
}

#[derive(Debug, Default)]
pub(super) struct Objects {
    kept: BTreeMap<Key, Kept>,
    /// The one last written is last.
    ages: BTreeMap<u64, Key>,
    bytes: usize,
    /// How often the file of these was opened before.
    pub(super) run: u64,
}

impl Objects {
    pub(super) fn get(&self, key: &Key) -> Option<Arc<str>> {
        self.kept.get(key).map(|kept| Arc::clone(&kept.json))
    }

    pub(super) fn put(&mut self, key: Key, json: Arc<str>, since: u64) {
        self.remove(&key);
        let number = self.ages.last_key_value().map_or(0, |(last, _)| last + 1);
        self.bytes += json.len();
        self.ages.insert(number, key.clone());
        self.kept.insert(key, Kept { number, since, json });
    }

    pub(super) fn remove(&mut self, key: &Key) -> bool {
        let Some(kept) = self.kept.remove(key) else { return false };
        self.bytes -= kept.json.len();
        self.ages.remove(&kept.number);
        true
    }

    /// Drops what exceeds the bounds, the oldest first.
    pub(super) fn settle(&mut self, limits: &StoreLimits, now: u64) {
        self.expire(limits.age, now);
        while self.kept.len() > limits.objects || self.bytes > limits.bytes {
            let Some((_, key)) = self.ages.pop_first() else { return };
            self.remove(&key);
        }
    }

    /// Drops what was not written for so long.
    pub(super) fn expire(&mut self, age: Duration, now: u64) {
        while let Some((_, key)) = self.ages.first_key_value() {
            let is_old = self.kept.get(key).is_none_or(|kept| kept.since + age.as_secs() <= now);
            if !is_old {
                return;
            }
            let key = key.clone();
            self.remove(&key);
        }
    }

    /// Everything, the oldest first.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Key, &Kept)> {
        self.ages.values().filter_map(|key| Some((key, self.kept.get(key)?)))
    }
}

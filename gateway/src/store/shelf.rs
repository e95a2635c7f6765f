//! Entries by key, by their last use, and by their end.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{Kept, Scope};
use crate::limits::Limits;

/// An id, and whose it is.
pub(super) type Key = (Scope, Box<str>);

/// All that is kept.
pub(super) struct Shelf {
    entries: HashMap<Key, Entry>,
    /// By the number of their last use, so that the first is the one that was not used for longest.
    uses: BTreeMap<u64, Key>,
    /// When each was kept, the oldest first; those that are gone may still be among them.
    ages: VecDeque<(Instant, Key)>,
    used: u64,
    bytes: usize,
    most: usize,
    most_bytes: usize,
    time: Duration,
}

struct Entry {
    kept: Arc<Kept>,
    use_number: u64,
    since: Instant,
}

impl Shelf {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            entries: HashMap::new(),
            uses: BTreeMap::new(),
            ages: VecDeque::new(),
            used: 0,
            bytes: 0,
            most: limits.kept,
            most_bytes: limits.kept_bytes,
            time: limits.kept_for,
        }
    }

    pub(super) fn put(&mut self, key: Key, kept: Arc<Kept>, now: Instant) {
        self.sweep(now);
        self.drop_entry(&key);
        let bytes = kept.bytes();
        if bytes > self.most_bytes || self.most == 0 {
            return;
        }
        while self.entries.len() >= self.most || self.bytes + bytes > self.most_bytes {
            let Some((_, key)) = self.uses.pop_first() else { break };
            self.drop_entry(&key);
        }
        self.bytes += bytes;
        self.ages.push_back((now, key.clone()));
        let use_number = self.next_use(key.clone());
        self.entries.insert(key, Entry { kept, use_number, since: now });
        // Each entry has one age; those of entries that are gone must not pile up.
        if self.ages.len() > 2 * self.entries.len() + 16 {
            let entries = &self.entries;
            self.ages.retain(|(since, key)| entries.get(key).is_some_and(|entry| entry.since == *since));
        }
    }

    pub(super) fn get(&mut self, key: &Key, now: Instant) -> Option<Arc<Kept>> {
        self.sweep(now);
        let use_number = self.entries.get(key)?.use_number;
        self.uses.remove(&use_number);
        let use_number = self.next_use(key.clone());
        let entry = self.entries.get_mut(key)?;
        entry.use_number = use_number;
        Some(Arc::clone(&entry.kept))
    }

    pub(super) fn remove(&mut self, key: &Key, now: Instant) -> bool {
        self.sweep(now);
        self.drop_entry(key)
    }

    /// Drops what is too old.
    pub(super) fn sweep(&mut self, now: Instant) {
        while self.ages.front().is_some_and(|(since, _)| now.saturating_duration_since(*since) >= self.time) {
            let Some((since, key)) = self.ages.pop_front() else { return };
            if self.entries.get(&key).is_some_and(|entry| entry.since == since) {
                self.drop_entry(&key);
            }
        }
    }

    fn drop_entry(&mut self, key: &Key) -> bool {
        let Some(entry) = self.entries.remove(key) else { return false };
        self.uses.remove(&entry.use_number);
        self.bytes -= entry.kept.bytes();
        true
    }

    fn next_use(&mut self, key: Key) -> u64 {
        self.used += 1;
        self.uses.insert(self.used, key);
        self.used
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> (usize, usize) {
        assert_eq!(self.entries.len(), self.uses.len());
        assert_eq!(self.bytes, self.entries.values().map(|entry| entry.kept.bytes()).sum::<usize>());
        (self.entries.len(), self.bytes)
    }
}

//! Things by key, by their last use, and by their end: bounded in number, bytes and time.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use super::Scope;

/// An id, and whose it is.
type Key = (Scope, Box<str>);

/// What a shelf bears.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) count: usize,
    pub(super) bytes: usize,
    pub(super) age: Duration,
}

/// Things of one kind. When it is full, what was not used for longest is forgotten.
#[derive(Debug)]
pub(super) struct Shelf<T> {
    entries: HashMap<Key, Entry<T>>,
    /// By the number of their last use, so that the first is the one that was not used for longest.
    uses: BTreeMap<u64, Key>,
    /// When each was kept, the oldest first; those that are gone may still be among them.
    ages: VecDeque<Age>,
    used: u64,
    bytes: usize,
    bounds: Bounds,
}

#[derive(Debug)]
struct Entry<T> {
    thing: T,
    bytes: usize,
    use_number: u64,
    /// Of the use by which it was kept.
    put_number: u64,
}

#[derive(Debug)]
struct Age {
    since: Instant,
    put_number: u64,
    key: Key,
}

impl<T: Clone> Shelf<T> {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            entries: HashMap::new(),
            uses: BTreeMap::new(),
            ages: VecDeque::new(),
            used: 0,
            bytes: 0,
            bounds,
        }
    }

    /// Keeps a thing in the place of one of the same name; whether it fits at all. What does not drives nothing out.
    pub(super) fn put(&mut self, scope: Scope, id: &str, thing: T, bytes: usize, now: Instant) -> bool {
        let key: Key = (scope, id.into());
        self.sweep(now);
        self.drop_entry(&key);
        let Bounds { count: most, bytes: most_bytes, .. } = self.bounds;
        if bytes > most_bytes || most == 0 {
            return false;
        }
        while self.entries.len() >= most || self.bytes + bytes > most_bytes {
            let Some((_, key)) = self.uses.pop_first() else { break };
            self.drop_entry(&key);
        }
        self.bytes += bytes;
        let number = self.next_use(key.clone());
        self.ages.push_back(Age { since: now, put_number: number, key: key.clone() });
        self.entries.insert(key, Entry { thing, bytes, use_number: number, put_number: number });
        // Each entry has one age; those of entries that are gone must not pile up.
        if self.ages.len() > 2 * self.entries.len() + 16 {
            let entries = &self.entries;
            self.ages.retain(|age| age.of(entries).is_some());
        }
        true
    }

    pub(super) fn get(&mut self, scope: Scope, id: &str, now: Instant) -> Option<T> {
        let key: Key = (scope, id.into());
        self.sweep(now);
        let use_number = self.entries.get(&key)?.use_number;
        self.uses.remove(&use_number);
        let use_number = self.next_use(key.clone());
        let entry = self.entries.get_mut(&key)?;
        entry.use_number = use_number;
        Some(entry.thing.clone())
    }

    pub(super) fn remove(&mut self, scope: Scope, id: &str, now: Instant) -> bool {
        self.sweep(now);
        self.drop_entry(&(scope, id.into()))
    }

    /// All things of one scope with their ids, the newest first.
    pub(super) fn all(&mut self, scope: Scope, now: Instant) -> Vec<(String, T)> {
        self.sweep(now);
        let own = self.ages.iter().rev().filter(|age| age.key.0 == scope);
        own.filter_map(|age| Some((age.key.1.to_string(), age.of(&self.entries)?.thing.clone()))).collect()
    }

    /// Drops what is too old.
    pub(super) fn sweep(&mut self, now: Instant) {
        let age = self.bounds.age;
        let is_old = |oldest: &Age| now.saturating_duration_since(oldest.since) >= age;
        while self.ages.front().is_some_and(is_old) {
            let Some(oldest) = self.ages.pop_front() else { return };
            if oldest.of(&self.entries).is_some() {
                self.drop_entry(&oldest.key);
            }
        }
    }

    /// How many there are, and their bytes.
    pub(super) fn held(&self) -> (usize, usize) {
        (self.entries.len(), self.bytes)
    }

    fn drop_entry(&mut self, key: &Key) -> bool {
        let Some(entry) = self.entries.remove(key) else { return false };
        self.uses.remove(&entry.use_number);
        self.bytes -= entry.bytes;
        true
    }

    fn next_use(&mut self, key: Key) -> u64 {
        self.used += 1;
        self.uses.insert(self.used, key);
        self.used
    }
}

impl Age {
    /// The entry, unless that is gone, or was put there anew.
    fn of<'e, T>(&self, entries: &'e HashMap<Key, Entry<T>>) -> Option<&'e Entry<T>> {
        entries.get(&self.key).filter(|entry| entry.put_number == self.put_number)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shelf(count: usize, bytes: usize) -> Shelf<String> {
        Shelf::new(Bounds { count, bytes, age: Duration::from_secs(60) })
    }

    fn put(shelf: &mut Shelf<String>, scope: u8, id: &str, size: usize, now: Instant) -> bool {
        shelf.put(Scope::of(scope), id, id.to_owned(), size, now)
    }

    fn found<const N: usize>(shelf: &mut Shelf<String>, ids: [&str; N], now: Instant) -> [bool; N] {
        ids.map(|id| shelf.get(Scope::of(1), id, now).is_some())
    }

    #[test]
    fn nobody_finds_what_another_one_left() {
        let (mut shelf, now) = (shelf(9, 1 << 20), Instant::now());
        assert!(put(&mut shelf, 1, "a", 1, now));
        assert_eq!(shelf.get(Scope::of(1), "a", now).as_deref(), Some("a"));
        assert_eq!(shelf.get(Scope::of(2), "a", now), None);
        assert!(!shelf.remove(Scope::of(2), "a", now) && shelf.all(Scope::of(2), now).is_empty());
        assert!(shelf.remove(Scope::of(1), "a", now) && !shelf.remove(Scope::of(1), "a", now));
    }

    #[test]
    fn what_was_not_used_for_longest_is_forgotten_first() {
        let (mut shelf, now) = (shelf(3, 1 << 20), Instant::now());
        for id in ["a", "b", "c"] {
            put(&mut shelf, 1, id, 1, now);
        }
        found(&mut shelf, ["a"], now);
        put(&mut shelf, 1, "d", 1, now);
        assert_eq!(found(&mut shelf, ["a", "b", "c", "d"], now), [true, false, true, true]);
        let names = |shelf: &mut Shelf<String>| {
            shelf.all(Scope::of(1), now).into_iter().map(|(id, _)| id).collect::<Vec<_>>()
        };
        assert_eq!(names(&mut shelf), ["d", "c", "a"]);
        put(&mut shelf, 1, "a", 1, now);
        assert_eq!(names(&mut shelf), ["a", "d", "c"], "it was put there anew");
    }

    #[test]
    fn what_is_too_large_is_not_kept_and_drives_nothing_out() {
        let (mut shelf, now) = (shelf(9, 100), Instant::now());
        assert!(put(&mut shelf, 1, "a", 60, now));
        assert!(!put(&mut shelf, 1, "b", 101, now));
        assert_eq!(found(&mut shelf, ["a", "b"], now), [true, false]);
        assert!(put(&mut shelf, 1, "c", 60, now), "it takes the place of the other");
        assert_eq!(found(&mut shelf, ["a", "c"], now), [false, true]);
    }

    #[test]
    fn what_is_old_is_forgotten_though_it_is_used() {
        let (mut shelf, now) = (shelf(9, 1 << 20), Instant::now());
        put(&mut shelf, 1, "a", 1, now);
        let later = now + Duration::from_secs(59);
        assert_eq!(found(&mut shelf, ["a"], later), [true]);
        put(&mut shelf, 1, "a", 1, later);
        assert_eq!(found(&mut shelf, ["a"], now + Duration::from_secs(100)), [true]);
        assert_eq!(found(&mut shelf, ["a"], later + Duration::from_secs(60)), [false]);
        assert_eq!(shelf.held(), (0, 0));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_bounds_hold_whatever_is_done(steps in proptest::collection::vec((0..4_u8, 0..3_u8, 0..12_u8, 0..900_usize, 0..30_u64), 0..120)) {
            let (mut shelf, mut now) = (shelf(7, 4_000), Instant::now());
            for (what, scope, id, size, wait) in steps {
                let id = id.to_string();
                now += Duration::from_secs(wait);
                match what {
                    0 | 1 => drop(put(&mut shelf, scope, &id, size, now)),
                    2 => drop(shelf.get(Scope::of(scope), &id, now)),
                    _ => drop(shelf.remove(Scope::of(scope), &id, now)),
                }
                let (count, bytes) = shelf.held();
                prop_assert!(count <= 7 && bytes <= 4_000, "{} {}", count, bytes);
                prop_assert_eq!(count, shelf.uses.len());
                prop_assert_eq!(bytes, shelf.entries.values().map(|entry| entry.bytes).sum::<usize>());
            }
        }
    }
}

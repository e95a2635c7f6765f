//! What a mock keeps from one request to the next: objects as JSON, by provider, kind and id.
//!
//! ```text
//! provider ─▶ Shelf (its own objects) ─▶ Store (bounds, age) ─▶ file (with `Options::state`: a snapshot after each change)
//! ```
//!
//! A [`Shelf`] is what a provider sees; it comes with each [`Call`](crate::provider::Call). Nothing is kept beyond
//! [`StoreLimits`]: the oldest goes first. A reset empties the store, its file included.

mod file;
mod objects;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use serde::de::DeserializeOwned;

use file::Saver;
use objects::{Key, Objects};

/// Bounds of what is kept: by default 100,000 objects, 64 MiB of JSON, and 30 days, as long as OpenAI keeps a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreLimits {
    /// Objects of all providers together.
    pub objects: usize,
    /// Bytes of their JSON.
    pub bytes: usize,
    /// An object that was not changed for so long is gone.
    pub age: Duration,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self { objects: 100_000, bytes: 64 << 20, age: Duration::from_secs(30 * 86_400) }
    }
}

/// All that one set of mocks keeps.
#[derive(Debug)]
pub struct Store {
    objects: Arc<Mutex<Objects>>,
    limits: StoreLimits,
    saver: Option<Saver>,
}

impl Store {
    /// An empty store that lives as long as the mocks.
    #[must_use]
    pub fn new(limits: StoreLimits) -> Self {
        Self { objects: Arc::default(), limits, saver: None }
    }

    /// A store that goes on from this file, and is written to it after every change. There need be none yet.
    ///
    /// # Errors
    /// The file cannot be read or written, or holds something else.
    pub fn open(file: PathBuf, limits: StoreLimits) -> std::io::Result<Self> {
        let mut objects = file::read(&file)?;
        objects.settle(&limits, now());
        let objects = Arc::new(Mutex::new(objects));
        let saver = Some(Saver::new(file, Arc::clone(&objects))?);
        Ok(Self { objects, limits, saver })
    }

    /// How often the file was opened before: ids that are drawn from a seed must differ from those that are kept.
    pub(crate) fn run(&self) -> u64 {
        self.lock().run
    }

    /// One provider's part.
    #[must_use]
    pub fn shelf<'a>(&'a self, provider: &'a str) -> Shelf<'a> {
        Shelf { store: self, provider }
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        *self.lock() = Objects::default();
        self.changed();
    }

    /// Returns once the file, if there is one, holds what is kept now.
    pub(crate) fn save(&self) {
        if let Some(saver) = &self.saver {
            saver.save();
        }
    }

    fn changed(&self) {
        if let Some(saver) = &self.saver {
            saver.wake();
        }
    }

    /// The objects, without those whose time is over.
    fn lock(&self) -> MutexGuard<'_, Objects> {
        let mut objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        objects.expire(self.limits.age, now());
        objects
    }
}

/// A provider's part of the store.
#[derive(Debug, Clone, Copy)]
pub struct Shelf<'a> {
    store: &'a Store,
    provider: &'a str,
}

impl Shelf<'_> {
    /// Is there such an object?
    #[must_use]
    pub fn has(&self, kind: &str, id: &str) -> bool {
        self.store.lock().get(&self.key(kind, id)).is_some()
    }

    /// The object.
    #[must_use]
    pub fn get<T: DeserializeOwned>(&self, kind: &str, id: &str) -> Option<T> {
        let json = self.store.lock().get(&self.key(kind, id))?;
        serde_json::from_str(&json).ok()
    }

    /// All objects of a kind with their ids, in no order that means anything.
    #[must_use]
    pub fn all<T: DeserializeOwned>(&self, kind: &str) -> Vec<(String, T)> {
        let of_kind = |key: &Key| key.provider == self.provider && key.kind == kind;
        let found: Vec<(String, Arc<str>)> = {
            let objects = self.store.lock();
            let found = objects.all().filter(|(key, _)| of_kind(key));
            found.map(|(key, kept)| (key.id.clone(), Arc::clone(&kept.json))).collect()
        };
        found.into_iter().filter_map(|(id, json)| Some((id, serde_json::from_str(&json).ok()?))).collect()
    }

    /// Keeps an object; an older one of this id is replaced.
    pub fn put(&self, kind: &str, id: &str, object: &impl Serialize) {
        let Ok(json) = serde_json::to_string(object) else { return };
        let mut objects = self.store.lock();
        objects.put(self.key(kind, id), json.into(), now());
        objects.settle(&self.store.limits, now());
        drop(objects);
        self.store.changed();
    }

    /// Changes an object while nobody else does.
    pub fn change<T, R>(&self, kind: &str, id: &str, change: impl FnOnce(&mut T) -> R) -> Option<R>
    where
        T: Serialize + DeserializeOwned,
    {
        let key = self.key(kind, id);
        let mut objects = self.store.lock();
        let mut object: T = serde_json::from_str(&objects.get(&key)?).ok()?;
        let result = change(&mut object);
        objects.put(key, serde_json::to_string(&object).ok()?.into(), now());
        objects.settle(&self.store.limits, now());
        drop(objects);
        self.store.changed();
        Some(result)
    }

    /// Forgets an object; says whether there was one.
    #[must_use]
    pub fn remove(&self, kind: &str, id: &str) -> bool {
        let removed = self.store.lock().remove(&self.key(kind, id));
        self.store.changed();
        removed
    }

    fn key(&self, kind: &str, id: &str) -> Key {
        Key { provider: self.provider.to_owned(), kind: kind.to_owned(), id: id.to_owned() }
    }
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(shelf: Shelf<'_>, ids: &str) -> Vec<Option<u64>> {
        ids.split(' ').map(|id| shelf.get("number", id)).collect()
    }

    #[test]
    fn each_provider_and_kind_has_its_own() {
        let store = Store::new(StoreLimits::default());
        let (one, other) = (store.shelf("one"), store.shelf("other"));
        one.put("number", "a", &1_u64);
        one.put("text", "a", &"x");
        assert_eq!((one.get("number", "a"), other.get::<u64>("number", "a")), (Some(1_u64), None));
        assert_eq!((one.all("number"), other.all::<u64>("number")), (vec![("a".to_owned(), 1_u64)], vec![]));
        assert_eq!(one.change("number", "a", |number: &mut u64| std::mem::replace(number, 2)), Some(1));
        assert_eq!(one.get("number", "a"), Some(2_u64));
        assert!(one.has("text", "a") && one.remove("text", "a") && !one.remove("text", "a"));
    }

    #[test]
    fn the_oldest_goes_where_there_are_too_many() {
        let store = Store::new(StoreLimits { objects: 2, ..StoreLimits::default() });
        let shelf = store.shelf("one");
        for (number, id) in ["a", "b", "a", "c"].iter().enumerate() {
            shelf.put("number", id, &number);
        }
        assert_eq!(numbers(shelf, "a b c"), [Some(2), None, Some(3)]);
    }

    #[test]
    fn the_oldest_goes_where_it_is_too_much() {
        let store = Store::new(StoreLimits { bytes: 1_000, ..StoreLimits::default() });
        let shelf = store.shelf("one");
        for id in ["a", "b", "c"] {
            shelf.put("text", id, &"x".repeat(400));
        }
        assert_eq!(["a", "b", "c"].map(|id| shelf.has("text", id)), [false, true, true]);
        shelf.put("text", "d", &"x".repeat(2_000));
        assert_eq!(
            ["b", "c", "d"].map(|id| shelf.has("text", id)),
            [false, false, false],
            "too large for any"
        );
    }

    #[test]
    fn what_is_old_is_gone() {
        let store = Store::new(StoreLimits { age: Duration::ZERO, ..StoreLimits::default() });
        let shelf = store.shelf("one");
        shelf.put("number", "a", &1_u64);
        assert_eq!(shelf.get::<u64>("number", "a"), None);
        assert_eq!(shelf.change("number", "a", |_: &mut u64| ()), None);
    }

    #[test]
    fn a_file_keeps_it_and_forgets_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state.json");
        let open = || Store::open(file.clone(), StoreLimits::default()).unwrap();
        let store = open();
        store.shelf("one").put("number", "a", &1_u64);
        store.shelf("one").put("number", "b", &2_u64);
        drop(store);
        let store = open();
        assert_eq!(numbers(store.shelf("one"), "a b"), [Some(1), Some(2)]);
        store.clear();
        store.save();
        assert_eq!(numbers(open().shelf("one"), "a b"), [None, None]);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside the file");
    }

    #[test]
    fn a_file_of_something_else_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state.json");
        std::fs::write(&file, "a letter").unwrap();
        let refused = Store::open(file.clone(), StoreLimits::default()).unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::InvalidData);
        assert_eq!(std::fs::read_to_string(file).unwrap(), "a letter");
    }
}

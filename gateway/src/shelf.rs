//! What is kept of batches for providers that have no place for it: input files, and what a batch was asked for by. In memory, for
//! a while, within bounds; a gateway that starts anew has forgotten it, and so does not know it from one instance to the next.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use translate::batches::Asked;

use crate::limits::Limits;

/// Whom things belong to: a digest of where a route leads and by which keys.
pub(crate) type Owner = [u8; 32];

/// A file that a client uploaded.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) name: String,
    /// Seconds since 1970.
    pub(crate) created: u64,
    pub(crate) bytes: Bytes,
}

/// All that one gateway keeps.
#[derive(Debug)]
pub(crate) struct Shelf {
    inner: Mutex<Inner>,
    bytes: usize,
    count: usize,
    age: Duration,
}

#[derive(Debug, Default)]
struct Inner {
    files: Things<File>,
    batches: Things<Asked>,
}

impl Shelf {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            inner: Mutex::default(),
            bytes: limits.files_bytes,
            count: limits.files,
            age: limits.files_age,
        }
    }

    /// Keeps a file, and says whether it fits at all.
    pub(crate) fn put_file(&self, owner: Owner, id: &str, file: File) -> bool {
        let size = file.bytes.len();
        if size > self.bytes || self.count == 0 {
            return false;
        }
        self.lock().files.put(owner, id, file, size, self.count, self.bytes);
        true
    }

    pub(crate) fn file(&self, owner: Owner, id: &str) -> Option<File> {
        self.lock().files.get(owner, id)
    }

    pub(crate) fn remove_file(&self, owner: Owner, id: &str) -> bool {
        self.lock().files.remove(owner, id)
    }

    /// The files of an owner with their names, the newest first.
    pub(crate) fn files(&self, owner: Owner) -> Vec<(String, File)> {
        self.lock().files.all(owner)
    }

    /// How long a file is kept.
    pub(crate) fn age(&self) -> Duration {
        self.age
    }

    pub(crate) fn put_batch(&self, owner: Owner, id: &str, asked: Asked) {
        let size = asked.input_file_id.len() + asked.metadata.as_ref().map_or(0, |metadata| metadata.len());
        self.lock().batches.put(owner, id, asked, size, self.count, self.bytes);
    }

    pub(crate) fn batch(&self, owner: Owner, id: &str) -> Option<Asked> {
        self.lock().batches.get(owner, id)
    }

    /// What is there, without what is too old.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.files.expire(self.age);
        inner.batches.expire(self.age);
        inner
    }
}

/// Things of one kind, and in which order they came.
#[derive(Debug)]
struct Things<T> {
    kept: HashMap<(Owner, String), Kept<T>>,
    order: BTreeMap<u64, (Owner, String)>,
    next: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Kept<T> {
    thing: T,
    size: usize,
    number: u64,
    since: Instant,
}

impl<T> Default for Things<T> {
    fn default() -> Self {
        Self { kept: HashMap::new(), order: BTreeMap::new(), next: 0, bytes: 0 }
    }
}

impl<T: Clone> Things<T> {
    fn put(&mut self, owner: Owner, id: &str, thing: T, size: usize, count: usize, bytes: usize) {
        self.remove(owner, id);
        let (key, number) = ((owner, id.to_owned()), self.next);
        self.next += 1;
        self.bytes += size;
        self.order.insert(number, key.clone());
        self.kept.insert(key, Kept { thing, size, number, since: Instant::now() });
        while self.kept.len() > count || self.bytes > bytes {
            self.forget_oldest();
        }
    }

    fn get(&self, owner: Owner, id: &str) -> Option<T> {
        self.kept.get(&(owner, id.to_owned())).map(|kept| kept.thing.clone())
    }

    fn remove(&mut self, owner: Owner, id: &str) -> bool {
        let Some(kept) = self.kept.remove(&(owner, id.to_owned())) else { return false };
        self.bytes -= kept.size;
        self.order.remove(&kept.number);
        true
    }

    fn all(&self, owner: Owner) -> Vec<(String, T)> {
        let keys = self.order.values().rev().filter(|(whose, _)| *whose == owner);
        keys.filter_map(|key| Some((key.1.clone(), self.kept.get(key)?.thing.clone()))).collect()
    }

    fn expire(&mut self, age: Duration) {
        while let Some(key) = self.order.values().next() {
            if self.kept.get(key).is_some_and(|kept| kept.since.elapsed() < age) {
                return;
            }
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some((_, key)) = self.order.pop_first() else { return };
        if let Some(kept) = self.kept.remove(&key) {
            self.bytes -= kept.size;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: Owner = [1; 32];
    const YOU: Owner = [2; 32];

    fn shelf(bytes: usize, count: usize, age: Duration) -> Shelf {
        Shelf::new(&Limits { files_bytes: bytes, files: count, files_age: age, ..Limits::default() })
    }

    fn file(length: usize) -> File {
        File { name: "a.jsonl".to_owned(), created: 0, bytes: vec![b'x'; length].into() }
    }

    fn names(shelf: &Shelf) -> Vec<String> {
        shelf.files(ME).into_iter().map(|(id, _)| id).collect()
    }

    #[test]
    fn what_is_kept_is_its_owners_alone() {
        let shelf = shelf(100, 10, Duration::from_secs(60));
        assert!(shelf.put_file(ME, "a", file(1)));
        assert!(shelf.file(ME, "a").is_some() && shelf.file(YOU, "a").is_none());
        assert!(!shelf.remove_file(YOU, "a") && shelf.files(YOU).is_empty());
        assert!(shelf.remove_file(ME, "a") && !shelf.remove_file(ME, "a"));
    }

    #[test]
    fn the_oldest_goes_where_there_is_too_much() {
        let shelf = shelf(100, 3, Duration::from_secs(60));
        for id in ["a", "b", "c"] {
            assert!(shelf.put_file(ME, id, file(40)));
        }
        assert_eq!(names(&shelf), ["c", "b"], "too many bytes");
        assert!(!shelf.put_file(ME, "d", file(101)), "it would never fit");
        for id in ["e", "f"] {
            shelf.put_file(ME, id, file(5));
        }
        assert_eq!(names(&shelf), ["f", "e", "c"], "too many files");
    }

    #[test]
    fn what_is_old_is_gone() {
        let shelf = shelf(100, 3, Duration::ZERO);
        shelf.put_file(ME, "a", file(1));
        assert!(shelf.file(ME, "a").is_none());
    }
}

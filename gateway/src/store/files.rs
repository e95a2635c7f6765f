//! What is kept of batches for providers that have no place for it: input files, and what a batch was asked for by. In memory, for
//! a while, within bounds; a gateway that starts anew has forgotten it, and so does not know it from one instance to the next.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use translate::batches::Asked;

use super::Scope;
use super::shelf::{Bounds, Shelf};
use crate::limits::Limits;

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
pub(crate) struct Files {
    files: Mutex<Shelf<File>>,
    batches: Mutex<Shelf<Asked>>,
    age: Duration,
}

impl Files {
    pub(crate) fn new(limits: &Limits) -> Self {
        let bounds = Bounds { count: limits.files, bytes: limits.files_bytes, age: limits.files_age };
        Self {
            files: Mutex::new(Shelf::new(bounds)),
            batches: Mutex::new(Shelf::new(bounds)),
            age: limits.files_age,
        }
    }

    /// Keeps a file, and says whether it fits at all.
    pub(crate) fn put(&self, owner: Scope, id: &str, file: File) -> bool {
        let size = file.bytes.len();
        lock(&self.files).put(owner, id, file, size, Instant::now())
    }

    pub(crate) fn get(&self, owner: Scope, id: &str) -> Option<File> {
        lock(&self.files).get(owner, id, Instant::now())
    }

    pub(crate) fn remove(&self, owner: Scope, id: &str) -> bool {
        lock(&self.files).remove(owner, id, Instant::now())
    }

    /// The files of an owner with their ids, the newest first.
    pub(crate) fn all(&self, owner: Scope) -> Vec<(String, File)> {
        lock(&self.files).all(owner, Instant::now())
    }

    /// How long a file is kept.
    pub(crate) fn age(&self) -> Duration {
        self.age
    }

    pub(crate) fn put_batch(&self, owner: Scope, id: &str, asked: Asked) {
        let size = asked.input_file_id.len() + asked.metadata.as_ref().map_or(0, |metadata| metadata.len());
        lock(&self.batches).put(owner, id, asked, size, Instant::now());
    }

    pub(crate) fn batch(&self, owner: Scope, id: &str) -> Option<Asked> {
        lock(&self.batches).get(owner, id, Instant::now())
    }

    /// Drops what is too old.
    pub(super) fn sweep(&self, now: Instant) {
        lock(&self.files).sweep(now);
        lock(&self.batches).sweep(now);
    }
}

/// A panic while a lock is held leaves nothing half done that would matter.
pub(super) fn lock<T>(shelf: &Mutex<Shelf<T>>) -> MutexGuard<'_, Shelf<T>> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}

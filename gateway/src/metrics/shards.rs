//! One part for each core, so that no two cores ever wait for each other: only who reads goes over all of them.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// As many parts as there may be cores at once without two of them sharing one.
const PARTS: usize = 64;

/// Something that each core has of its own.
pub(crate) struct Shards<T> {
    parts: Box<[Part<T>]>,
}

/// Alone on its lines of the cache, and on their neighbours, which processors fetch along with them.
#[repr(align(128))]
struct Part<T>(Mutex<T>);

impl<T: Default> Default for Shards<T> {
    fn default() -> Self {
        Self { parts: std::iter::repeat_with(|| Part(Mutex::default())).take(PARTS).collect() }
    }
}

impl<T> Shards<T> {
    /// This core's part. Nobody else waits for it but a reader, for as long as that takes to copy it.
    pub(crate) fn own(&self) -> MutexGuard<'_, T> {
        lock(&self.parts[core() % PARTS])
    }

    /// All parts, one at a time.
    pub(crate) fn each(&self, mut see: impl FnMut(&mut T)) {
        self.parts.iter().for_each(|part| see(&mut lock(part)));
    }
}

/// What a part holds is whole at any time, so a thread that panicked with it has left nothing half done.
fn lock<T>(part: &Part<T>) -> MutexGuard<'_, T> {
    part.0.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A number for this thread.
pub(super) fn core() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! { static OWN: Cell<usize> = const { Cell::new(usize::MAX) } }
    OWN.with(|own| {
        if own.get() == usize::MAX {
            own.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        own.get()
    })
}

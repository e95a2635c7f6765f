//! What the gateway keeps of responses, for clients that come back to them: in memory, bounded in number, bytes and time.
//!
//! Every core has the same store. What is kept belongs to a [`Scope`]: one route, and one client of it. Nobody else finds it, by
//! whatever id.
//!
//! When it is full, what was not used for longest is forgotten; a conversation that goes on uses all of its turns.

mod scope;
mod shelf;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

pub(crate) use scope::Scope;

use crate::limits::Limits;
use shelf::Shelf;

/// A response, and what went into it.
#[derive(Debug)]
pub(crate) struct Kept {
    /// The response, as JSON, with what only the provider can read.
    pub(crate) response: String,
    /// The items of its request, the oldest first, each as JSON.
    pub(crate) input: Vec<String>,
    /// The response before it.
    pub(crate) previous: Option<String>,
}

/// See the module.
pub(crate) struct Store {
    shelf: Mutex<Shelf>,
}

impl Kept {
    /// What it takes, about.
    pub(crate) fn bytes(&self) -> usize {
        /// What an entry takes besides its texts.
        const OVERHEAD: usize = 512;
        let input: usize = self.input.iter().map(|item| item.len() + size_of::<String>()).sum();
        OVERHEAD + self.response.len() + input
    }
}

impl Store {
    /// An empty one.
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { shelf: Mutex::new(Shelf::new(limits)) }
    }

    /// Keeps a response. One that alone is larger than all that may be kept is not kept.
    pub(crate) fn put(&self, scope: Scope, id: &str, kept: Kept, now: Instant) {
        self.shelf().put((scope, id.into()), Arc::new(kept), now);
    }

    /// A response that is kept, and was used now.
    pub(crate) fn get(&self, scope: Scope, id: &str, now: Instant) -> Option<Arc<Kept>> {
        self.shelf().get(&(scope, id.into()), now)
    }

    /// Forgets a response; whether there was one.
    pub(crate) fn remove(&self, scope: Scope, id: &str, now: Instant) -> bool {
        self.shelf().remove(&(scope, id.into()), now)
    }

    /// The turns of a conversation up to this response, the oldest first.
    ///
    /// # Errors
    /// The id of the turn that is not kept any more: a conversation with a hole in it would be another one.
    pub(crate) fn conversation(
        &self,
        scope: Scope,
        id: &str,
        now: Instant,
    ) -> Result<Vec<Arc<Kept>>, String> {
        let mut shelf = self.shelf();
        let mut turns: Vec<Arc<Kept>> = Vec::new();
        let mut next = Some(id.to_owned());
        while let Some(id) = next.take() {
            let Some(turn) = shelf.get(&(scope, id.as_str().into()), now) else { return Err(id) };
            next.clone_from(&turn.previous);
            turns.push(turn);
        }
        turns.reverse();
        Ok(turns)
    }

    /// Forgets what has been kept for `time`, for as long as it is polled: so that memory is given back though nobody comes.
    pub(crate) async fn forget(&self, time: Duration) {
        loop {
            sleep((time / 8).max(Duration::from_secs(1))).await;
            self.shelf().sweep(Instant::now());
        }
    }

    /// A panic while the lock is held leaves nothing half done that would matter.
    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;

//! Responses, and what went into them: in memory, or in Redis for several gateways.
//!
//! What Redis does not take for now is kept in memory, so that at least this gateway finds it again.

use std::sync::{Arc, Mutex};

use tokio::time::Instant;

use super::Scope;
use super::files::lock;
use super::redis::Server;
use super::shelf::{Bounds, Shelf};
use crate::limits::Limits;

/// A response, and what went into it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kept {
    /// The response, as JSON, with what only the provider can read.
    pub(crate) response: String,
    /// The items of its request, the oldest first, each as JSON.
    pub(crate) input: Vec<String>,
    /// The response before it.
    pub(crate) previous: Option<String>,
}

/// Where the responses of one route are.
#[derive(Clone)]
pub(crate) struct Responses {
    near: Arc<Near>,
    far: Option<Arc<Server>>,
}

/// What lies in memory.
pub(super) struct Near(Mutex<Shelf<Arc<Kept>>>);

/// What others keep cannot be asked for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lost;

/// Why a conversation cannot go on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// This turn of it is not kept any more: with a hole in it, it would be another one.
    Gone(String),
    /// It is larger than what may be said at once.
    TooLarge,
    /// See [`Lost`].
    Lost,
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

impl Near {
    pub(super) fn new(limits: &Limits) -> Self {
        let bounds = Bounds { count: limits.kept, bytes: limits.kept_bytes, age: limits.kept_for };
        Self(Mutex::new(Shelf::new(bounds)))
    }

    pub(super) fn sweep(&self, now: Instant) {
        lock(&self.0).sweep(now);
    }

    pub(super) fn held(&self) -> (usize, usize) {
        lock(&self.0).held()
    }

    fn put(&self, scope: Scope, id: &str, kept: Kept) {
        let bytes = kept.bytes();
        lock(&self.0).put(scope, id, Arc::new(kept), bytes, Instant::now());
    }

    fn get(&self, scope: Scope, id: &str) -> Option<Arc<Kept>> {
        lock(&self.0).get(scope, id, Instant::now())
    }

    fn remove(&self, scope: Scope, id: &str) -> bool {
        lock(&self.0).remove(scope, id, Instant::now())
    }
}

impl Responses {
    pub(super) fn new(near: Arc<Near>, far: Option<Arc<Server>>) -> Self {
        Self { near, far }
    }

    /// Whether other gateways find what is kept.
    pub(crate) fn is_shared(&self) -> bool {
        self.far.is_some()
    }

    /// Whether what others keep could not be asked for last; `None`: there are no others.
    pub(crate) fn is_lost(&self) -> Option<bool> {
        self.far.as_ref().map(|far| far.is_lost())
    }

    /// Keeps a response, in the place of what there was of it. One that alone is larger than all that may be kept is not kept.
    pub(crate) async fn put(&self, scope: Scope, id: &str, kept: Kept) {
        match &self.far {
            None => self.near.put(scope, id, kept),
            Some(far) => match far.put(scope, id, &kept).await {
                // What was kept here while the server was gone is of yesterday.
                Ok(()) => drop(self.near.remove(scope, id)),
                Err(Lost) => self.near.put(scope, id, kept),
            },
        }
    }

    /// A response that is kept, and was used now.
    pub(crate) async fn get(&self, scope: Scope, id: &str) -> Result<Option<Arc<Kept>>, Lost> {
        let near = self.near.get(scope, id);
        match (&self.far, near) {
            (Some(far), None) => far.get(scope, id).await.map(|kept| kept.map(Arc::new)),
            (_, near) => Ok(near),
        }
    }

    /// What there is of a response that is still being made: it counts as used in memory, and as kept now in Redis.
    pub(crate) async fn hold(&self, scope: Scope, id: &str) -> Result<Option<Arc<Kept>>, Lost> {
        match (&self.far, self.near.get(scope, id)) {
            (Some(far), None) => far.hold(scope, id).await.map(|kept| kept.map(Arc::new)),
            (_, near) => Ok(near),
        }
    }

    /// Forgets a response wherever it is, or nowhere; whether there was one.
    pub(crate) async fn remove(&self, scope: Scope, id: &str) -> Result<bool, Lost> {
        // Redis may have what is in memory as well: it took it, and was lost before it said so, or has how far it was before.
        let was_far = match &self.far {
            Some(far) => far.remove(scope, id).await?,
            None => false,
        };
        Ok(self.near.remove(scope, id) || was_far)
    }

    /// The turns of a conversation up to this response, the oldest first. `most`: bytes of all of them.
    pub(crate) async fn conversation(
        &self,
        scope: Scope,
        id: &str,
        most: u64,
    ) -> Result<Vec<Arc<Kept>>, Broken> {
        let mut turns: Vec<Arc<Kept>> = Vec::new();
        let mut next = Some(id.to_owned());
        let mut bytes = 0;
        while let Some(id) = next.take() {
            let turn = self.get(scope, &id).await.map_err(|Lost| Broken::Lost)?;
            let Some(turn) = turn else { return Err(Broken::Gone(id)) };
            bytes += turn.bytes() as u64;
            if bytes > most {
                return Err(Broken::TooLarge);
            }
            next.clone_from(&turn.previous);
            turns.push(turn);
        }
        turns.reverse();
        Ok(turns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(response: &str, previous: Option<&str>) -> Kept {
        Kept { response: response.to_owned(), input: Vec::new(), previous: previous.map(str::to_owned) }
    }

    #[tokio::test]
    async fn what_is_still_made_is_held_while_others_come_and_go() {
        let responses = Responses::new(Arc::new(Near::new(&Limits { kept: 2, ..Limits::default() })), None);
        let scope = Scope::of(1);
        for id in ["a", "b", "c"] {
            responses.put(scope, id, kept(id, None)).await;
            assert_eq!(responses.hold(scope, "a").await, Ok(Some(Arc::new(kept("a", None)))));
        }
        assert_eq!(responses.get(scope, "b").await, Ok(None));
        assert_eq!(responses.hold(scope, "b").await, Ok(None));
    }

    #[tokio::test]
    async fn a_conversation_is_whole_or_none() {
        let responses = Responses::new(Arc::new(Near::new(&Limits::default())), None);
        let scope = Scope::of(1);
        for (id, previous) in [("a", None), ("b", Some("a")), ("c", Some("b"))] {
            responses.put(scope, id, kept(id, previous)).await;
        }
        let turns = responses.conversation(scope, "c", 10_000).await.unwrap();
        assert_eq!(turns.iter().map(|turn| turn.response.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(responses.conversation(scope, "c", 1_000).await, Err(Broken::TooLarge));
        assert_eq!(
            responses.conversation(Scope::of(2), "c", 10_000).await,
            Err(Broken::Gone("c".to_owned()))
        );
        assert_eq!(responses.remove(scope, "a").await, Ok(true));
        assert_eq!(responses.conversation(scope, "c", 10_000).await, Err(Broken::Gone("a".to_owned())));
    }
}

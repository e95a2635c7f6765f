//! The scripts that are set, and which one answers a request.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;

use crate::request::Request;
use crate::script::{Match, Reply, Script};
use crate::searched::Searched;

/// All scripts, the one added last first.
#[derive(Debug, Default)]
pub(crate) struct Scripts {
    set: RwLock<Vec<Arc<Scripted>>>,
}

/// A script, and how far it is.
#[derive(Debug)]
struct Scripted {
    script: Script,
    /// Requests that matched all but the number.
    seen: AtomicU64,
    /// Requests answered.
    answered: AtomicU64,
}

/// The reply that a script gives now.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    scripted: Arc<Scripted>,
    index: usize,
}

impl Found {
    pub(crate) fn reply(&self) -> &Reply {
        &self.scripted.script.replies[self.index]
    }
}

impl Scripts {
    /// Adds a script; one for the same requests is replaced. A script without replies answers nothing.
    pub(crate) fn add(&self, script: Script) {
        let mut set = self.set.write().unwrap_or_else(PoisonError::into_inner);
        set.retain(|known| known.script.matching != script.matching);
        set.insert(0, Arc::new(Scripted { script, seen: AtomicU64::new(0), answered: AtomicU64::new(0) }));
    }

    /// Removes the scripts that look for this text.
    pub(crate) fn remove(&self, marker: &str) {
        let mut set = self.set.write().unwrap_or_else(PoisonError::into_inner);
        set.retain(|known| known.script.matching.contains.as_deref() != Some(marker));
    }

    pub(crate) fn clear(&self) {
        self.set.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(crate) fn all(&self) -> Vec<Script> {
        let set = self.set.read().unwrap_or_else(PoisonError::into_inner);
        set.iter().rev().map(|known| known.script.clone()).collect()
    }

    /// The reply for this request. Counts it.
    pub(crate) fn find(&self, provider: &str, request: &Request, body: &Value) -> Option<Found> {
        self.first(provider, request, body, |script| {
            script.replies.iter().all(|reply| reply.progress.is_none())
        })
    }

    /// The same among the scripts that say how work goes on.
    pub(crate) fn find_progress(&self, provider: &str, request: &Request, body: &Value) -> Option<Found> {
        let is_meant = |script: &Script| script.replies.iter().any(|reply| reply.progress.is_some());
        self.first(provider, request, body, is_meant)
    }

    /// The same among the scripts that say bytes, which need nobody to render them.
    pub(crate) fn find_raw(&self, provider: &str, request: &Request, body: &Value) -> Option<Found> {
        self.first(provider, request, body, |script| script.replies.iter().all(|reply| reply.raw.is_some()))
    }

    fn first(
        &self,
        provider: &str,
        request: &Request,
        body: &Value,
        is_meant: impl Fn(&Script) -> bool,
    ) -> Option<Found> {
        let set = self.set.read().unwrap_or_else(PoisonError::into_inner);
        if set.is_empty() {
            return None;
        }
        let text = Searched::new(&request.body, || Some(Cow::Borrowed(body)));
        let scripted =
            set.iter().find(|known| is_meant(&known.script) && known.takes(provider, request, &text))?;
        let number = scripted.answered.fetch_add(1, Ordering::Relaxed);
        let index = turn(&scripted.script.replies, number);
        Some(Found { scripted: Arc::clone(scripted), index })
    }
}

impl Scripted {
    fn takes(&self, provider: &str, request: &Request, text: &Searched<'_>) -> bool {
        let Match { contains, provider: wanted, path, nth } = &self.script.matching;
        let matches = !self.script.replies.is_empty()
            && wanted.as_ref().is_none_or(|wanted| wanted == provider)
            && path.as_ref().is_none_or(|path| *path == request.path)
            && contains.as_ref().is_none_or(|contains| text.contains(contains));
        matches && {
            let number = self.seen.fetch_add(1, Ordering::Relaxed) + 1;
            nth.is_none_or(|nth| nth == number)
        }
    }
}

/// Which reply is due after so many requests.
fn turn(replies: &[Reply], mut number: u64) -> usize {
    let last = replies.len() - 1;
    for (index, reply) in replies[..last].iter().enumerate() {
        let times = reply.times.unwrap_or(1);
        if number < times {
            return index;
        }
        number -= times;
    }
    last
}

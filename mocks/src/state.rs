//! What all connections of one set of mocks share.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use crate::cloud::Issued;
use crate::journal::{Entry, Followed, Record, Ring};
use crate::scripts::Scripts;
use crate::seed::Seed;
use crate::store::Store;
use crate::{Keys, Options};

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) options: Options,
    pub(crate) scripts: Scripts,
    pub(crate) journal: Ring,
    pub(crate) seed: Seed,
    pub(crate) store: Store,
    pub(crate) epoch: Instant,
    /// The longest that what the clouds issue holds, in seconds; [`u64::MAX`]: as long as the clouds say.
    token_seconds: AtomicU64,
    /// Rings when the journal changes, for those who wait for it.
    changed: Notify,
    waiting: AtomicUsize,
}

impl State {
    pub(crate) fn new(options: Options, store: Store) -> Self {
        Self {
            scripts: Scripts::default(),
            journal: Ring::new(options.journal),
            seed: Seed::of_run(options.seed, store.run()),
            store,
            epoch: Instant::now(),
            token_seconds: AtomicU64::new(options.token_seconds.unwrap_or(u64::MAX)),
            changed: Notify::new(),
            waiting: AtomicUsize::new(0),
            options,
        }
    }

    /// What is accepted at this moment.
    pub(crate) fn keys(&self) -> Keys<'_> {
        let issued = Issued::new(&self.store, jiff::Timestamp::now(), self.token_seconds());
        Keys { published: &self.options.credentials, issued }
    }

    pub(crate) fn token_seconds(&self) -> Option<u64> {
        let seconds = self.token_seconds.load(Ordering::Relaxed);
        (seconds != u64::MAX).then_some(seconds)
    }

    pub(crate) fn set_token_seconds(&self, seconds: Option<u64>) {
        self.token_seconds.store(seconds.unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Milliseconds since the start.
    pub(crate) fn now_ms(&self) -> f64 {
        milliseconds(self.epoch.elapsed())
    }

    /// The exchange is over.
    pub(crate) fn finish(&self, record: &Record, aborted: bool) {
        self.journal.finish(record, self.now_ms(), aborted);
        self.changed();
    }

    /// The journal changed. Costs next to nothing while nobody waits; in a burst of writes it is told at the end.
    pub(crate) fn changed(&self) {
        if self.waiting.load(Ordering::SeqCst) > 0 {
            self.changed.notify_waiters();
        }
    }

    /// The journal once it is as wanted.
    pub(crate) async fn journal_when(
        &self,
        marker: Option<&str>,
        wanted: impl Fn(&[Entry]) -> bool,
    ) -> Vec<Entry> {
        let _waiting = Waiting::new(&self.waiting);
        let (mut followed, mut progress) = (Followed::default(), None);
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            self.journal.follow(&mut followed, marker);
            let now = Some(followed.progress());
            if now != progress {
                progress = now;
                let entries = followed.entries();
                if wanted(&entries) {
                    return entries;
                }
            }
            changed.await;
        }
    }

    /// Looks [`LOOKS`] times in the time that is asked for, and comes back when so many looks in a row saw nothing new. It is looks
    /// that are counted and not time: where this process gets no processor, its own replies do not go on either.
    pub(crate) async fn quiet(&self, marker: &str, quiet: Duration) {
        let (mut followed, mut progress, mut same) = (Followed::default(), None, 0);
        while same < LOOKS {
            sleep(quiet / LOOKS).await;
            self.journal.follow(&mut followed, Some(marker));
            let now = Some(followed.progress());
            same = if now == progress { same + 1 } else { 0 };
            progress = now;
            if followed.is_over() {
                return;
            }
        }
    }

    /// Forgets scripts, journal, what was drawn and what was kept.
    pub(crate) fn reset(&self) {
        self.scripts.clear();
        self.journal.clear();
        self.seed.reset();
        self.store.clear();
        self.changed();
    }
}

/// So often whoever waits for quiet looks in the time that it asks for.
const LOOKS: u32 = 15;

/// Counts as waiting until it is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

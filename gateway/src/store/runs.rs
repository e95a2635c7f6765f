//! Responses that are made in the background: who makes them, and what was told of those that are streamed.
//!
//! A run belongs to this process, as the connection to its provider does. Once it is over, what it told is kept for a while, so that
//! whoever lost the stream takes it up again where it was.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Scope;
use super::files::lock;
use super::shelf::{Bounds, Shelf};
use crate::limits::Limits;

type Key = (Scope, Box<str>);
type Running = HashMap<Key, Arc<Run>>;

/// All of one process.
pub(crate) struct Runs {
    running: Mutex<Running>,
    over: Mutex<Shelf<Arc<Run>>>,
    /// How many there may be at once.
    most: usize,
    /// Bytes that one may tell.
    most_bytes: usize,
}

/// One of them.
pub(crate) struct Run {
    /// Nobody wants it any more.
    pub(crate) stop: CancellationToken,
    told: watch::Sender<Told>,
    is_streamed: bool,
}

/// What was told.
#[derive(Default)]
struct Told {
    /// Each with the empty line behind it; the first is number 0.
    events: Vec<Bytes>,
    bytes: usize,
    is_over: bool,
}

/// Bytes that a follower is handed at once: the rest waits until it has taken them, so that it is not held twice.
const AT_ONCE: usize = 64 << 10;

/// A run that has begun, and is over when this is dropped.
pub(crate) struct Begun {
    runs: Arc<Runs>,
    key: Key,
    pub(crate) run: Arc<Run>,
}

impl Runs {
    pub(super) fn new(limits: &Limits) -> Self {
        let bounds = Bounds { count: limits.kept, bytes: limits.kept_bytes, age: limits.kept_for };
        Self {
            running: Mutex::default(),
            over: Mutex::new(Shelf::new(bounds)),
            most: limits.background,
            most_bytes: limits.reply_bytes,
        }
    }

    /// Begins one. `None`: there are too many.
    pub(crate) fn begin(self: &Arc<Self>, scope: Scope, id: &str, is_streamed: bool) -> Option<Begun> {
        let mut running = self.running();
        if running.len() >= self.most {
            return None;
        }
        let run =
            Arc::new(Run { stop: CancellationToken::new(), told: watch::Sender::default(), is_streamed });
        let key: Key = (scope, id.into());
        running.insert(key.clone(), Arc::clone(&run));
        Some(Begun { runs: Arc::clone(self), key, run })
    }

    /// Stops one, if it is here.
    pub(crate) fn stop(&self, scope: Scope, id: &str) {
        if let Some(run) = self.running().get(&(scope, id.into())) {
            run.stop.cancel();
        }
    }

    /// Stops one, and forgets what it told.
    pub(crate) fn forget(&self, scope: Scope, id: &str) {
        self.stop(scope, id);
        lock(&self.over).remove(scope, id, Instant::now());
    }

    /// One that is streamed, be it over or not.
    pub(crate) fn find(&self, scope: Scope, id: &str) -> Option<Arc<Run>> {
        let running = self.running().get(&(scope, id.into())).cloned();
        running.filter(|run| run.is_streamed).or_else(|| lock(&self.over).get(scope, id, Instant::now()))
    }

    /// How many there are now.
    pub(crate) fn count(&self) -> usize {
        self.running().len()
    }

    pub(super) fn sweep(&self, now: Instant) {
        lock(&self.over).sweep(now);
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Begun {
    /// Tells whole events; `false`: that is too much, so that nothing but its end may follow.
    pub(crate) fn tell(&self, events: Bytes) -> bool {
        self.run.told.send_modify(|told| {
            told.bytes += events.len();
            told.events.extend(split(events));
        });
        self.run.told.borrow().bytes <= self.runs.most_bytes
    }

    /// How many events were told.
    pub(crate) fn told(&self) -> usize {
        self.run.told.borrow().events.len()
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        let (scope, id) = &self.key;
        // A follower that is told the end finds what there was at any time.
        let bytes = self.run.told.borrow().bytes;
        // One that told nothing was refused, and no client knows its name.
        if self.run.is_streamed && bytes > 0 && !self.run.stop.is_cancelled() {
            lock(&self.runs.over).put(*scope, id, Arc::clone(&self.run), bytes, Instant::now());
        }
        self.runs.running().remove(&self.key);
        self.run.told.send_modify(|told| told.is_over = true);
    }
}

impl Run {
    /// Some of what it tells from event `next` on, once there is something, and which event is next after that. `None`: there will be
    /// nothing more.
    pub(crate) async fn follow(&self, next: usize) -> Option<(Bytes, usize)> {
        let mut told = self.told.subscribe();
        let told = told.wait_for(|told| told.events.len() > next || told.is_over).await.ok()?;
        let new = told.events.get(next..).filter(|new| !new.is_empty())?;
        let (mut bytes, mut count) = (BytesMut::new(), 0);
        for event in new {
            if bytes.len() >= AT_ONCE {
                break;
            }
            bytes.extend_from_slice(event);
            count += 1;
        }
        Some((bytes.freeze(), next + count))
    }
}

/// Events, which hold no empty line but the one behind each.
fn split(mut events: Bytes) -> Vec<Bytes> {
    const END: &[u8] = b"\n\n";
    let mut parts = Vec::new();
    while let Some(at) = events.windows(END.len()).position(|two| two == END) {
        parts.push(events.split_to(at + END.len()));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(background: usize, reply_bytes: usize) -> Arc<Runs> {
        Arc::new(Runs::new(&Limits { background, reply_bytes, ..Limits::default() }))
    }

    fn text(told: Option<(Bytes, usize)>) -> Option<(String, usize)> {
        told.map(|(bytes, next)| (String::from_utf8(bytes.to_vec()).unwrap(), next))
    }

    #[tokio::test]
    async fn whoever_follows_gets_every_event_from_where_they_were() {
        let runs = runs(1, 100);
        let begun = runs.begin(Scope::of(1), "a", true).unwrap();
        assert!(begun.tell("0\n\n1\n\n".into()));
        let run = runs.find(Scope::of(1), "a").unwrap();
        assert!(runs.find(Scope::of(2), "a").is_none());
        assert_eq!(text(run.follow(0).await), Some(("0\n\n1\n\n".to_owned(), 2)));
        assert_eq!(text(run.follow(1).await), Some(("1\n\n".to_owned(), 2)));
        let (later, ()) = tokio::join!(run.follow(2), async {
            tokio::task::yield_now().await;
            assert!(begun.tell("2\n\n".into()));
        });
        assert_eq!(text(later), Some(("2\n\n".to_owned(), 3)));
        let (end, ()) = tokio::join!(run.follow(3), async { drop(begun) });
        assert_eq!((text(end), runs.count()), (None, 0));
        let run = runs.find(Scope::of(1), "a").unwrap();
        assert_eq!(text(run.follow(2).await), Some(("2\n\n".to_owned(), 3)), "it is found when it is over");
        assert_eq!(text(run.follow(9).await), None);
        runs.forget(Scope::of(1), "a");
        assert!(runs.find(Scope::of(1), "a").is_none());
    }

    #[test]
    fn there_are_no_more_than_may_be() {
        let runs = runs(1, 5);
        let begun = runs.begin(Scope::of(1), "a", false).unwrap();
        assert!(runs.begin(Scope::of(1), "b", false).is_none());
        assert!(runs.find(Scope::of(1), "a").is_none(), "it is not streamed");
        runs.stop(Scope::of(1), "a");
        assert!(begun.run.stop.is_cancelled());
        drop(begun);
        assert!(runs.begin(Scope::of(1), "b", false).is_some());
    }

    #[tokio::test]
    async fn of_what_tells_too_much_the_end_is_told() {
        let runs = runs(1, 5);
        let begun = runs.begin(Scope::of(1), "a", true).unwrap();
        let run = runs.find(Scope::of(1), "a").unwrap();
        assert!(begun.tell("0\n\n".into()) && !begun.tell("1\n\n".into()));
        begun.tell("end\n\n".into());
        drop(begun);
        assert_eq!(text(run.follow(0).await), Some(("0\n\n1\n\nend\n\n".to_owned(), 3)));
    }

    #[tokio::test]
    async fn much_is_handed_out_piece_by_piece() {
        let runs = runs(1, usize::MAX);
        let begun = runs.begin(Scope::of(1), "a", true).unwrap();
        let event = format!("{}\n\n", "x".repeat(AT_ONCE / 2 - 2));
        assert!(begun.tell(event.repeat(5).into()));
        drop(begun);
        let run = runs.find(Scope::of(1), "a").unwrap();
        for (next, count) in [(0, 2), (2, 2), (4, 1)] {
            assert_eq!(text(run.follow(next).await), Some((event.repeat(count), next + count)));
        }
        assert_eq!(text(run.follow(5).await), None);
    }

    #[test]
    fn one_that_was_refused_takes_no_room() {
        let runs = runs(1, 100);
        drop(runs.begin(Scope::of(1), "a", true).unwrap());
        assert!(runs.find(Scope::of(1), "a").is_none());
    }
}

//! How much each caller may have in a window of time, and has had.
//!
//! A call takes from all limits that hold for it at once, or from none; what it takes is held until it is settled by what was
//! really used. Windows follow one another from 1970 on. In one that slides, what was used in the window before counts still, by
//! the part of it that a window ending now would cover, as if it had been spread evenly:
//!
//! ```text
//! ├──── before: 60 ────┼──── now: 20 ────┤      a quarter into the window: 20 + 60 × 3/4 = 65
//!       ├────── the last minute ──────┤
//! ```
//!
//! So in any stretch as long as a window no more is admitted than the limit and that part of the window before which has passed;
//! in a window of its own, never more than the limit.
//!
//! It is shared by all cores, each caller in one of several parts behind a lock of its own, and bounded: who was not seen for longest
//! is forgotten first. Nothing in it reads a clock: `now` is the time since 1970.
//!
//! <https://developer.konghq.com/gateway/rate-limiting/window-types/>

mod counter;
mod recent;

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ring::digest::{Context, SHA256};

use crate::config::{Amount, Counts, Limit};
use counter::Counter;
use recent::Recent;

/// Parts that are locked by themselves.
const PARTS: usize = 16;

/// See the module.
pub(crate) struct Limiter {
    parts: [Mutex<Recent<Key, Entry>>; PARTS],
    hasher: RandomState,
}

/// Whose something is, and what of: a digest, so that nothing of a caller is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key([u8; 16]);

/// What is wanted, or was used, of all that is counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spent {
    pub(crate) requests: u64,
    pub(crate) prompt: u64,
    pub(crate) completion: u64,
    pub(crate) total: u64,
    pub(crate) cost: f64,
}

/// What a call has taken and not yet settled.
#[derive(Clone, Debug)]
#[must_use = "what is taken is to be settled"]
pub(crate) struct Held {
    /// Of the entry that it was taken from: a later one of the same caller knows nothing of it.
    born: u64,
    /// For each limit the start of the window, and how much.
    taken: Vec<(u64, Amount)>,
}

/// How a caller stands with one limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) limit: Limit,
    /// What may still be had now.
    pub(crate) left: Amount,
    /// Until the window ends.
    pub(crate) reset: Duration,
    /// Until there is room for what was wanted; nothing, where there is now.
    pub(crate) wait: Duration,
}

/// One caller's.
struct Entry {
    born: u64,
    counters: Vec<(Limit, Counter)>,
}

impl Limiter {
    /// `most`: how many callers are known at once.
    pub(crate) fn new(most: usize) -> Self {
        let part = |_| Mutex::new(Recent::new(most.div_ceil(PARTS)));
        Self { parts: std::array::from_fn(part), hasher: RandomState::new() }
    }

    /// Takes what is wanted of all `limits`; nothing, where one of them has not got it.
    ///
    /// What is wanted of a limit counts for no more than all of it, so that nobody is turned away for ever; and of nothing that is
    /// wanted there must be a little left.
    pub(crate) fn take(
        &self,
        key: Key,
        limits: &[Limit],
        wanted: &Spent,
        now: Duration,
    ) -> Result<(Held, Vec<Standing>), Vec<Standing>> {
        let mut part = self.part(&key);
        let entry = part.get_or_insert(key, Entry::new);
        entry.fit(limits, now);
        let stand = |(limit, counter): &(Limit, Counter)| {
            let wanted = wanted.of(limit.counts).min(limit.most);
            Standing {
                limit: *limit,
                left: limit.most.less(counter.used(limit.window, now)),
                reset: counter.reset(limit.window, now),
                wait: counter.wait(limit, wanted.max(Amount::LEAST), now),
            }
        };
        let standings: Vec<Standing> = entry.counters.iter().map(stand).collect();
        if standings.iter().any(|standing| !standing.wait.is_zero()) {
            return Err(standings);
        }
        let mut taken = Vec::with_capacity(limits.len());
        let mut after = standings;
        for ((limit, counter), standing) in entry.counters.iter_mut().zip(&mut after) {
            let amount = wanted.of(limit.counts).min(limit.most);
            taken.push((counter.start(), amount));
            counter.add(amount);
            standing.left = limit.most.less(counter.used(limit.window, now));
        }
        Ok((Held { born: entry.born, taken }, after))
    }

    /// Gives back what was held, and counts what was used. `limits` are those that it was taken from.
    pub(crate) fn settle(&self, key: Key, limits: &[Limit], held: &Held, used: &Spent, now: Duration) {
        let mut part = self.part(&key);
        let entry = part.get_or_insert(key, Entry::new);
        entry.fit(limits, now);
        for ((limit, counter), (start, amount)) in entry.counters.iter_mut().zip(&held.taken) {
            if entry.born == held.born {
                counter.give_back(limit.window, *start, *amount);
            }
            counter.add(used.of(limit.counts));
        }
    }

    /// How a caller stands who wants nothing.
    pub(crate) fn look(&self, key: Key, limits: &[Limit], now: Duration) -> Vec<Standing> {
        let mut part = self.part(&key);
        let fresh =
            Entry { born: 0, counters: limits.iter().map(|limit| (*limit, Counter::default())).collect() };
        let mut entry =
            part.get(&key).map_or(fresh, |entry| Entry { born: 0, counters: entry.counters.clone() });
        entry.fit(limits, now);
        let stand = |(limit, counter): &(Limit, Counter)| Standing {
            limit: *limit,
            left: limit.most.less(counter.used(limit.window, now)),
            reset: counter.reset(limit.window, now),
            wait: Duration::ZERO,
        };
        entry.counters.iter().map(stand).collect()
    }

    /// How many callers are known.
    #[cfg(test)]
    pub(crate) fn known(&self) -> usize {
        self.parts.iter().map(|part| lock(part).len()).sum()
    }

    fn part(&self, key: &Key) -> MutexGuard<'_, Recent<Key, Entry>> {
        let number = usize::try_from(self.hasher.hash_one(key) % PARTS as u64).unwrap_or_default();
        lock(&self.parts[number])
    }
}

/// A panic while the lock is held leaves nothing half done that would matter.
fn lock<T>(part: &Mutex<T>) -> MutexGuard<'_, T> {
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Key {
    /// Of these words, in this order.
    pub(crate) fn of<'a>(words: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hash = Context::new(&SHA256);
        for word in words {
            hash.update(&word.len().to_le_bytes());
            hash.update(word);
        }
        let mut key = [0; 16];
        key.copy_from_slice(&hash.finish().as_ref()[..16]);
        Self(key)
    }
}

impl Spent {
    /// One request, of which nothing else is known yet.
    pub(crate) const REQUEST: Self = Self { requests: 1, prompt: 0, completion: 0, total: 0, cost: 0.0 };

    fn of(&self, counts: Counts) -> Amount {
        match counts {
            Counts::Requests => Amount::of(self.requests),
            Counts::Total => Amount::of(self.total),
            Counts::Prompt => Amount::of(self.prompt),
            Counts::Completion => Amount::of(self.completion),
            Counts::Cost => Amount::from_number(self.cost),
        }
    }
}

impl Entry {
    fn new(number: u64) -> Self {
        Self { born: number, counters: Vec::new() }
    }

    /// Has a counter for each limit, in their order, and each in the window of `now`. Where a file has changed, what was counted lives
    /// on as far as it is counted still.
    fn fit(&mut self, limits: &[Limit], now: Duration) {
        let is_same =
            |known: &Limit, limit: &Limit| (known.counts, known.window) == (limit.counts, limit.window);
        let fits = self.counters.len() == limits.len()
            && self.counters.iter().zip(limits).all(|((known, _), limit)| is_same(known, limit));
        if !fits {
            let counter = |limit: &Limit| {
                let known = self.counters.iter().find(|(known, _)| is_same(known, limit));
                (*limit, known.map(|(_, counter)| *counter).unwrap_or_default())
            };
            self.counters = limits.iter().map(counter).collect();
        }
        for ((known, counter), limit) in self.counters.iter_mut().zip(limits) {
            *known = *limit;
            counter.roll(limit.window, now);
        }
    }
}

#[cfg(test)]
mod tests;

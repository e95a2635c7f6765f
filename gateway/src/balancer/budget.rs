//! How many tries may be made in vain, so that an outage is not made worse by those who ask again.
//!
//! Whenever a call is tried again: of all tries after the first in the last ten seconds, those that led to no answer are at most
//! [`LEAST`], and as many as there were calls that got one. A call that is answered in the end has its tries back: so calls that some target can serve are never held up by
//! one another, and what runs dry in an outage of all targets is the asking again, not the asking. An outage sees every call once,
//! and ten more a second.
//!
//! Finagle's [retry budget](https://twitter.github.io/finagle/guide/Clients.html#retries) counts all calls and all retries; here a
//! retry goes to another target, and one that is answered there is no load on what failed.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

/// Tries in vain that are there in any case, within [`SECONDS`].
const LEAST: u64 = 100;
/// What is remembered.
const SECONDS: usize = 10;

/// What is left of it, for all cores.
#[derive(Default)]
pub(crate) struct Budget {
    window: Mutex<Option<Window>>,
}

/// A try after the first, until it is known what came of it.
#[derive(Debug)]
pub(crate) struct Retry {
    second: u64,
}

impl Budget {
    /// A try after the first, if there may be one.
    pub(crate) fn retry(&self, now: Instant) -> Option<Retry> {
        self.with(now, |window| {
            let may = window.retried() < LEAST.saturating_add(window.served());
            may.then(|| {
                window.slot().retried += 1;
                Retry { second: window.second }
            })
        })
    }

    /// A call was answered, after `retries`.
    pub(crate) fn served(&self, retries: &[Retry], now: Instant) {
        self.with(now, |window| {
            window.slot().served += 1;
            for retry in retries.iter().filter(|retry| window.second - retry.second < SECONDS as u64) {
                window.slots[index(retry.second)].retried -= 1;
            }
        });
    }

    fn with<T>(&self, now: Instant, act: impl FnOnce(&mut Window) -> T) -> T {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let window =
            window.get_or_insert_with(|| Window { start: now, second: 0, slots: Default::default() });
        window.turn(now);
        act(window)
    }
}

/// The last seconds, each on its own.
struct Window {
    start: Instant,
    /// The one that runs, counted from the start.
    second: u64,
    slots: [Slot; SECONDS],
}

#[derive(Clone, Copy, Default)]
struct Slot {
    served: u64,
    /// Those that were not given back.
    retried: u64,
}

impl Window {
    /// Forgets what is over.
    fn turn(&mut self, now: Instant) {
        let second = now.saturating_duration_since(self.start).as_secs();
        for passed in (self.second + 1..=second).take(SECONDS) {
            self.slots[index(passed)] = Slot::default();
        }
        self.second = self.second.max(second);
    }

    fn slot(&mut self) -> &mut Slot {
        &mut self.slots[index(self.second)]
    }

    fn served(&self) -> u64 {
        self.slots.iter().map(|slot| slot.served).sum()
    }

    fn retried(&self) -> u64 {
        self.slots.iter().map(|slot| slot.retried).sum()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the remainder is less than ten")]
fn index(second: u64) -> usize {
    (second % SECONDS as u64) as usize
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_outage_of_all_is_asked_ten_times_a_second_more() {
        let (budget, start) = (Budget::default(), Instant::now());
        let spent = |from: u64, to: u64| {
            let times = (from * 1000..to * 1000).map(|milli| start + Duration::from_millis(milli));
            times.filter(|now| budget.retry(*now).is_some()).count()
        };
        assert_eq!(spent(0, 10), 100);
        assert_eq!(spent(10, 20), 100);
        assert_eq!(spent(20, 80), 600);
    }

    #[test]
    fn calls_that_are_answered_in_the_end_take_nothing() {
        let (budget, now) = (Budget::default(), Instant::now());
        for _ in 0..10_000 {
            let retries: Vec<Retry> = (0..5).map(|_| budget.retry(now).expect("a try")).collect();
            budget.served(&retries, now);
        }
        assert!(budget.retry(now).is_some());
    }

    #[test]
    fn what_is_given_back_late_is_not_given_twice() {
        let (budget, start) = (Budget::default(), Instant::now());
        let early: Vec<Retry> = (0..50).map(|_| budget.retry(start).expect("a try")).collect();
        let late = start + Duration::from_secs(11);
        budget.served(&early, late);
        let left = std::iter::from_fn(|| budget.retry(late)).count();
        assert_eq!(left, 101);
    }

    proptest! {
        /// The law, for any calls at any times: some are answered after so many tries, and some never.
        #[test]
        fn tries_in_vain_are_at_most_as_many_as_answers_and_a_hundred(
            calls in prop::collection::vec((0..400_u64, 0..6_usize, any::<bool>()), 1..1500),
        ) {
            let (budget, start) = (Budget::default(), Instant::now());
            // Seconds are counted from the first try.
            let (mut at, mut vain, mut served) = (0, vec![0], Vec::new());
            budget.retry(start);
            for (pause, tries, answered) in calls {
                let now = start + Duration::from_millis(at);
                let retries: Vec<Retry> = (0..tries).map_while(|_| budget.retry(now)).collect();
                if answered {
                    budget.served(&retries, now);
                    served.push(at / 1000);
                } else if !retries.is_empty() {
                    vain.extend(std::iter::repeat_n(at / 1000, retries.len()));
                    let recent = |seconds: &[u64]| {
                        seconds.iter().filter(|second| **second + 10 > at / 1000).count()
                    };
                    prop_assert!(recent(&vain) <= 100 + recent(&served));
                }
                at += pause;
            }
        }
    }
}

//! When calls are due. Under open-loop load that is fixed before: a reply that comes late does not put off the next call,
//! and what it waits for a free connection counts as its latency. So a gateway that stalls is charged with every call that
//! it kept waiting, and not only with the one that it held ([coordinated
//! omission](https://www.infoq.com/presentations/latency-response-time/)).

use std::cell::{Cell, RefCell};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use super::clock::Clock;
use super::tally::Outcome;
use super::{Tally, Window};

/// Says when the next call is due, and waits until then.
pub(super) enum Pace {
    /// As soon as a connection is free: closed-loop load.
    Closed,
    /// At fixed times.
    Open(Schedule),
}

/// Fixed times: the first, and so much from each to the next.
pub(super) struct Schedule {
    first: Instant,
    gap: Duration,
    count: u64,
    next: Cell<u64>,
    /// Who holds it is the next to call. Who waits longest gets it next.
    turn: Mutex<Clock>,
}

impl Schedule {
    /// Every `gap` from `first` on, and before `end`.
    pub(super) fn new(first: Instant, gap: Duration, end: Instant, clock: Clock) -> Self {
        let gap = gap.max(Duration::from_nanos(1));
        let count = end.saturating_duration_since(first).as_nanos().div_ceil(gap.as_nanos());
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        Self { first, gap, count, next: Cell::new(0), turn: Mutex::new(clock) }
    }

    fn due(&self, number: u64) -> Instant {
        let since = self.gap.as_nanos() * u128::from(number);
        self.first + Duration::from_nanos(u64::try_from(since).unwrap_or(u64::MAX))
    }

    /// The next call's time, once it has come; nothing behind the last.
    async fn take(&self) -> Option<Instant> {
        let clock = self.turn.lock().await;
        let number = self.next.get();
        if number == self.count {
            return None;
        }
        let due = self.due(number);
        clock.until(due).await;
        self.next.set(number + 1);
        Some(due)
    }

    /// The times for which nobody was free.
    fn left(&self) -> impl Iterator<Item = Instant> {
        (self.next.get()..self.count).map(|number| self.due(number))
    }
}

impl Pace {
    async fn next(&self, window: Window) -> Option<Instant> {
        match self {
            Self::Closed => Some(Instant::now()).filter(|now| *now < window.end),
            Self::Open(schedule) => schedule.take().await,
        }
    }

    /// Counts what was due and never sent.
    pub(super) fn settle(&self, window: Window, tally: &RefCell<Tally>) {
        if let Self::Open(schedule) = self {
            let now = Instant::now().max(window.end);
            schedule.left().for_each(|due| tally.borrow_mut().unsent(due, now));
        }
    }
}

/// Calls whenever it is due, one call at a time, until nothing is due any more or the window's limit is reached.
pub(super) async fn drive(
    pace: &Pace,
    window: Window,
    tally: &RefCell<Tally>,
    mut call: impl AsyncFnMut() -> Outcome,
) {
    let under_way = Cell::new(None);
    let calls = async {
        while tally.borrow().is_well() {
            let Some(due) = pace.next(window).await else { break };
            under_way.set(Some(due));
            tally.borrow_mut().sent += 1;
            let outcome = call().await;
            under_way.set(None);
            tally.borrow_mut().call(window, due, Instant::now(), outcome);
        }
    };
    if timeout_at(window.limit, calls).await.is_err()
        && let Some(due) = under_way.get()
    {
        tally.borrow_mut().unfinished(due, Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use tokio::time::{sleep, sleep_until};

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn window(seconds: u64, grace: u64) -> Window {
        let begin = Instant::now();
        let end = begin + Duration::from_secs(seconds);
        Window { start: begin, begin, end, limit: end + Duration::from_secs(grace) }
    }

    fn schedule(window: Window, gap: Duration) -> Pace {
        Pace::Open(Schedule::new(window.begin, gap, window.end, Clock::Coarse))
    }

    /// So many connections to a server that answers in a millisecond, but not at all between these two times.
    async fn load(pace: Pace, window: Window, connections: usize, stall: [u64; 2]) -> Tally {
        let tally = RefCell::new(Tally::new());
        let [from, to] = stall.map(|second| window.begin + Duration::from_secs(second));
        let server = async || {
            sleep(MS).await;
            if (from..to).contains(&Instant::now()) {
                sleep_until(to).await;
            }
            Ok(None)
        };
        join_all((0..connections).map(|_| drive(&pace, window, &tally, server))).await;
        pace.settle(window, &tally);
        tally.into_inner()
    }

    fn ms(tally: &Tally, quantile: f64) -> u64 {
        tally.latency.value_at_quantile(quantile) / 1_000_000
    }

    #[tokio::test(start_paused = true)]
    async fn a_stall_is_charged_with_every_call_that_it_kept_waiting() {
        // Ten seconds, 100 calls a second, and a stall from the second to the fourth second: a fifth of all calls wait,
        // two seconds at most, one on average.
        let window = window(10, 5);
        let tally = load(schedule(window, 10 * MS), window, 4, [2, 4]).await;
        assert_eq!((tally.calls, tally.sent, tally.latency.len()), (1_000, 1_000, 1_000));
        assert_eq!((tally.unsent, tally.unfinished, tally.wrong), (0, 0, 0));
        assert_eq!(ms(&tally, 0.5), 1, "most calls do not wait");
        assert!((900..=1_100).contains(&ms(&tally, 0.9)), "{}", ms(&tally, 0.9));
        assert!((1_850..=1_950).contains(&ms(&tally, 0.99)), "{}", ms(&tally, 0.99));
        assert!(tally.latency.max() >= 1_990_000_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_loop_would_have_hidden_the_stall() {
        let window = window(10, 5);
        let tally = load(Pace::Closed, window, 4, [2, 4]).await;
        // Four calls of some 32,000 waited: the loop put the others off.
        assert_eq!(
            tally.latency.iter_recorded().filter(|bar| bar.value_iterated_to() > 1_000_000_000).count(),
            1
        );
        assert!(ms(&tally, 0.999) <= 2 && tally.latency.max() > 1_900_000_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_never_answers_again_gets_the_age_of_every_call() {
        let window = window(10, 5);
        let tally = load(schedule(window, 10 * MS), window, 4, [5, 99]).await;
        assert_eq!((tally.unfinished, tally.sent), (4, 504));
        assert_eq!(tally.unsent, 496);
        assert_eq!(tally.latency.len(), 1_000, "every call that was due has its place");
        // The last half waits until the limit: from five to ten seconds.
        assert!(ms(&tally, 0.51) >= 5_000 && tally.latency.max() >= 9_990_000_000);
    }

    #[tokio::test(start_paused = true)]
    async fn calls_are_sent_when_they_are_due_and_not_before() {
        let window = window(1, 1);
        let pace = schedule(window, 100 * MS);
        let (tally, sent) = (RefCell::new(Tally::new()), RefCell::new(Vec::new()));
        let call = async || {
            sent.borrow_mut().push((Instant::now() - window.begin).as_millis());
            Ok(None)
        };
        join_all((0..3).map(|_| drive(&pace, window, &tally, call))).await;
        assert_eq!(*sent.borrow(), (0..10).map(|number| number * 100).collect::<Vec<_>>());
    }

    #[tokio::test(start_paused = true)]
    async fn what_came_before_the_window_is_not_counted() {
        let start = Instant::now();
        let begin = start + Duration::from_secs(1);
        let end = begin + Duration::from_secs(1);
        let window = Window { start, begin, end, limit: end + Duration::from_secs(1) };
        let pace = Pace::Open(Schedule::new(start, 100 * MS, end, Clock::Coarse));
        let tally = RefCell::new(Tally::new());
        let call = async || {
            sleep(MS).await;
            Ok(None)
        };
        drive(&pace, window, &tally, call).await;
        let tally = tally.into_inner();
        assert_eq!((tally.sent, tally.calls, tally.latency.len()), (20, 10, 10));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_goes_on_asking_who_only_answers_wrongly() {
        let window = window(1, 1);
        let tally = RefCell::new(Tally::new());
        drive(&Pace::Closed, window, &tally, async || Err(super::super::Wrong::Status(500))).await;
        assert_eq!(tally.borrow().wrong, 100);
        assert_eq!(tally.borrow().reason, Some(super::super::Wrong::Status(500)));
    }
}

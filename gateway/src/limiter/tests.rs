use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::config::{Span, Window};

const LENGTH: u64 = 1000;

fn limit(most: u64, slides: bool) -> Limit {
    Limit {
        most: Amount::of(most),
        counts: Counts::Total,
        window: Window { span: Span::Millis(LENGTH), slides },
    }
}

fn tokens(total: u64) -> Spent {
    Spent { total, ..Spent::default() }
}

fn at(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn key(number: u8) -> Key {
    Key::of([&[number][..]])
}

/// Steps of a caller: how much later, and how much is wanted.
fn steps() -> impl Strategy<Value = Vec<(u64, u64)>> {
    proptest::collection::vec((0..700_u64, 1..12_u64), 1..120)
}

/// What is admitted, and when.
fn admitted(limit: Limit, steps: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let (limiter, mut now, mut all) = (Limiter::new(9), 50_000, Vec::new());
    for (later, wanted) in steps {
        now += later;
        if limiter.take(key(1), &[limit], &tokens(*wanted), at(now)).is_ok() {
            all.push((now, *wanted));
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_window_of_its_own_admits_more_than_the_limit(steps in steps(), most in 12..40_u64, slides: bool) {
        let mut windows: HashMap<u64, u64> = HashMap::new();
        for (time, amount) in admitted(limit(most, slides), &steps) {
            *windows.entry(time / LENGTH).or_default() += amount;
        }
        prop_assert!(windows.values().all(|sum| *sum <= most), "{windows:?}");
    }

    #[test]
    fn any_stretch_of_a_sliding_window_has_no_more_than_the_limit_and_what_has_passed_of_the_one_before(
        steps in steps(), most in 12..40_u64,
    ) {
        let all = admitted(limit(most, true), &steps);
        for (end, _) in &all {
            let within = |from: u64, to: u64| -> u64 {
                all.iter().filter(|(time, _)| (from..=to).contains(time)).map(|(_, amount)| amount).sum()
            };
            let start = end - end % LENGTH;
            let before = within(start - LENGTH, start - 1);
            let passed = end - start;
            prop_assert!(
                within(end - LENGTH + 1, *end) * LENGTH <= most * LENGTH + before * passed,
                "at {end}: {all:?}"
            );
        }
    }

    #[test]
    fn nobody_is_refused_who_asks_evenly(each in proptest::sample::select(vec![1_u64, 2, 4, 5, 8, 10, 20, 25, 40, 50]), slides: bool) {
        let limiter = Limiter::new(9);
        // At the start of a window all of the one before counts still, so a sliding one has room for one more.
        let limit = Limit { counts: Counts::Requests, ..limit(each + u64::from(slides), slides) };
        for number in 0..each * 5 {
            let now = at(50_000 + number * LENGTH / each);
            prop_assert!(limiter.take(key(1), &[limit], &Spent::REQUEST, now).is_ok(), "{number}");
        }
    }

    #[test]
    fn what_is_given_back_was_never_taken(steps in steps(), most in 12..40_u64, slides: bool, later in 0..400_u64) {
        let limit = limit(most, slides);
        let (one, other) = (Limiter::new(9), Limiter::new(9));
        let mut now = 50_000;
        for (step, wanted) in steps {
            now += step;
            // The other one also takes something, and gives it back a little later.
            let ghost = other.take(key(1), &[limit], &tokens(wanted), at(now));
            if let Ok((held, _)) = ghost {
                other.settle(key(1), &[limit], &held, &Spent::default(), at(now + later));
            }
            now += later;
            let (first, second) = (
                one.take(key(1), &[limit], &tokens(wanted), at(now)).is_ok(),
                other.take(key(1), &[limit], &tokens(wanted), at(now)).is_ok(),
            );
            prop_assert_eq!(first, second);
            prop_assert_eq!(one.look(key(1), &[limit], at(now)), other.look(key(1), &[limit], at(now)));
        }
    }

    #[test]
    fn what_is_settled_is_what_was_used_and_does_not_drift(
        calls in proptest::collection::vec((0..50_u64, 0..50_u64), 1..200), most in 1_000_000..2_000_000_u64,
    ) {
        let (limiter, limit, now) = (Limiter::new(9), limit(most, false), at(50_000));
        let held: Vec<_> = calls.iter().map(|(wanted, _)| limiter.take(key(1), &[limit], &tokens(*wanted), now)).collect();
        for (held, (_, used)) in held.into_iter().zip(&calls) {
            let (held, _) = held.expect("room for all");
            limiter.settle(key(1), &[limit], &held, &tokens(*used), now);
        }
        let used: u64 = calls.iter().map(|(_, used)| used).sum();
        prop_assert_eq!(limiter.look(key(1), &[limit], now)[0].left, Amount::of(most - used));
    }

    #[test]
    fn who_waits_as_long_as_told_is_admitted_and_nobody_sooner(steps in steps(), most in 12..40_u64, wanted in 1..60_u64, slides: bool) {
        let limit = limit(most, slides);
        let (limiter, mut now) = (Limiter::new(9), 50_000);
        for (later, wanted) in &steps {
            now += later;
            let _ = limiter.take(key(1), &[limit], &tokens(*wanted), at(now));
        }
        if let Err(standings) = limiter.take(key(1), &[limit], &tokens(wanted), at(now)) {
            let wait = u64::try_from(standings[0].wait.as_millis()).unwrap();
            prop_assert!(wait > 0 && wait <= 2 * LENGTH);
            prop_assert!(limiter.take(key(1), &[limit], &tokens(wanted), at(now + wait - 1)).is_err());
            prop_assert!(limiter.take(key(1), &[limit], &tokens(wanted), at(now + wait)).is_ok());
        }
    }

    #[test]
    fn no_more_callers_are_known_than_may_be(keys in proptest::collection::vec(any::<u16>(), 0..400)) {
        let limiter = Limiter::new(32);
        for number in keys {
            let _ = limiter.take(Key::of([&number.to_le_bytes()[..]]), &[limit(1, false)], &tokens(1), at(50_000));
            // Each part has a share.
            prop_assert!(limiter.known() <= 32);
        }
    }
}

#[test]
fn who_was_not_seen_for_longest_is_forgotten_first() {
    let mut recent = Recent::new(2);
    for (key, expected) in [(1, 1), (2, 2), (1, 1), (3, 4), (1, 1), (2, 6)] {
        assert_eq!(*recent.get_or_insert(key, |number| number), expected, "{key}");
    }
    assert_eq!(recent.len(), 2);
}

#[test]
fn all_limits_are_taken_from_or_none() {
    let (limiter, now) = (Limiter::new(9), at(50_000));
    let long = Limit { window: Window { span: Span::Millis(60_000), slides: false }, ..limit(3, false) };
    let limits = [limit(2, false), long];
    let take =
        |wanted, now| limiter.take(key(1), &limits, &tokens(wanted), now).map(|(_, standings)| standings);
    assert!(take(2, now).is_ok());
    let refused = take(2, at(51_000)).unwrap_err();
    assert_eq!(refused.iter().map(|standing| standing.left.whole()).collect::<Vec<_>>(), [2, 1]);
    let left: Vec<u64> = take(1, at(51_000)).unwrap().iter().map(|standing| standing.left.whole()).collect();
    assert_eq!(left, [1, 0], "the refused call took nothing");
}

#[test]
fn a_call_that_wants_more_than_all_gets_all_and_no_less() {
    let (limiter, now) = (Limiter::new(9), at(50_000));
    let limits = [limit(10, false)];
    let (held, _) = limiter.take(key(1), &limits, &tokens(4_000), now).unwrap();
    assert!(limiter.take(key(1), &limits, &tokens(0), now).is_err(), "nothing is left while it runs");
    limiter.settle(key(1), &limits, &held, &tokens(3), now);
    assert_eq!(limiter.look(key(1), &limits, now)[0].left, Amount::of(7));
    assert!(
        limiter.take(key(1), &limits, &tokens(4_000), now).is_err(),
        "it needs a window that nobody has used"
    );
}

#[test]
fn what_was_held_before_its_caller_was_forgotten_is_not_given_back() {
    let (limiter, now, limits) = (Limiter::new(1), at(50_000), [limit(10, false)]);
    let (held, _) = limiter.take(key(1), &limits, &tokens(6), now).unwrap();
    // Every part has room for one.
    for number in 2..=255 {
        let _ = limiter.take(key(number), &limits, &tokens(1), now);
    }
    let (_other, _) = limiter.take(key(1), &limits, &tokens(5), now).unwrap();
    limiter.settle(key(1), &limits, &held, &tokens(2), now);
    assert_eq!(
        limiter.look(key(1), &limits, now)[0].left,
        Amount::of(3),
        "5 are held by the other, 2 were used"
    );
}

#[test]
fn what_was_counted_lives_on_where_the_limit_changes() {
    let (limiter, now) = (Limiter::new(9), at(50_000));
    let (held, _) = limiter.take(key(1), &[limit(10, false)], &tokens(6), now).unwrap();
    limiter.settle(key(1), &[limit(10, false)], &held, &tokens(6), now);
    let long = Limit { window: Window { span: Span::Millis(60_000), slides: false }, ..limit(50, false) };
    let left: Vec<u64> = limiter
        .look(key(1), &[long, limit(20, false)], now)
        .iter()
        .map(|standing| standing.left.whole())
        .collect();
    assert_eq!(left, [50, 14]);
}

#[test]
fn exactly_the_limit_is_admitted_on_all_cores_together() {
    let (limiter, limits) = (Limiter::new(9), [Limit { counts: Counts::Requests, ..limit(50, false) }]);
    let admitted: usize = std::thread::scope(|scope| {
        let one = || {
            (0..100).filter(|_| limiter.take(key(1), &limits, &Spent::REQUEST, at(50_000)).is_ok()).count()
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(admitted, 50);
}

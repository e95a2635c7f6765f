//! The state machine by a clock of the tests' own.

use http::HeaderValue;
use proptest::prelude::*;

use super::*;

fn issued(seconds: Option<u64>) -> Issued {
    let credential = Credential::Token(HeaderValue::from_static("Bearer t"));
    Issued { credential, by: "the test", lasts: seconds.map(Duration::from_secs) }
}

fn failure() -> Failure {
    Failure::Settings("the test says so".to_owned())
}

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// A lease that was issued at `start`.
fn leased(start: Instant, lasts: Option<u64>) -> Lease {
    let mut lease = Lease::new(start);
    assert!(lease.begin(start));
    lease.settle(Ok(issued(lasts)), start, 0.5);
    lease
}

fn is_good(lease: &mut Lease, now: Instant) -> bool {
    matches!(lease.look(now), Look::Good(_))
}

#[test]
fn the_first_one_is_asked_for_before_anybody_needs_it_and_once() {
    let start = Instant::now();
    let mut lease = Lease::new(start);
    assert_eq!(lease.due(), Some(start));
    assert!(lease.begin(start));
    assert!(!lease.begin(start), "it is asked for already");
    assert!(matches!(lease.look(start), Look::Wait));
    assert!(!lease.begin(start), "whoever waits changes nothing");
    lease.settle(Ok(issued(Some(3600))), start, 0.5);
    assert!(is_good(&mut lease, start));
}

#[test]
fn what_is_used_is_renewed_ahead_of_its_end_and_what_is_not_is_let_go() {
    let start = Instant::now();
    let mut lease = leased(start, Some(3600));
    assert_eq!(lease.due(), None, "nobody has used it");
    assert!(is_good(&mut lease, start));
    assert_eq!(lease.due(), Some(start + seconds(3600.0 - 225.0)));
    assert!(!lease.begin(start + seconds(3374.0)));
    assert!(lease.begin(start + seconds(3375.0)));
    assert!(
        is_good(&mut lease, start + seconds(3400.0)),
        "the one that is there is good while another is asked for"
    );
    lease.settle(Ok(issued(Some(3600))), start + seconds(3400.0), 0.5);
    assert_eq!(lease.due(), None);
}

#[test]
fn the_end_of_a_short_one_is_nearer() {
    let start = Instant::now();
    let mut lease = leased(start, Some(60));
    assert!(is_good(&mut lease, start));
    assert_eq!(lease.due(), Some(start + seconds(45.0)));
    assert!(is_good(&mut lease, start + seconds(53.9)));
    assert!(!is_good(&mut lease, start + seconds(54.0)), "it must still be good when it arrives");
    assert_eq!(lease.due(), Some(start + seconds(1.0)), "who needs one then wants it at once");
}

#[test]
fn one_whose_end_nobody_says_is_held_for_a_while_and_good_until_there_is_another() {
    let start = Instant::now();
    let mut lease = leased(start, None);
    assert!(is_good(&mut lease, start));
    assert_eq!(lease.due(), Some(start + seconds(900.0)));
    let later = start + seconds(1_000_000.0);
    assert!(lease.begin(later));
    lease.settle(Err(failure()), later, 0.5);
    assert!(is_good(&mut lease, later));
}

#[test]
fn one_that_is_said_to_be_good_for_ever_is_not_believed() {
    let start = Instant::now();
    let mut lease = leased(start, Some(u64::MAX));
    assert!(is_good(&mut lease, start));
    assert_eq!(lease.due(), Some(start + MOST - AHEAD));
    assert!(!is_good(&mut lease, start + MOST));
}

#[test]
fn a_failure_does_not_take_away_what_is_good() {
    let start = Instant::now();
    let mut lease = leased(start, Some(3600));
    assert!(is_good(&mut lease, start));
    let renew = start + seconds(3375.0);
    assert!(lease.begin(renew));
    lease.settle(Err(failure()), renew, 1.0);
    assert!(is_good(&mut lease, renew));
    assert_eq!(lease.due(), Some(renew + seconds(1.0)), "and it is asked for again");
    let end = start + seconds(3590.0);
    assert!(lease.begin(end));
    assert!(matches!(lease.look(end), Look::Wait));
    lease.settle(Err(failure()), end, 1.0);
    assert!(matches!(lease.look(end), Look::Failed(_)));
}

#[test]
fn after_failures_nobody_is_asked_for_longer_and_longer() {
    let mut now = Instant::now();
    let mut lease = Lease::new(now);
    let mut waits = Vec::new();
    for _ in 0..9 {
        assert!(lease.begin(now));
        lease.settle(Err(failure()), now, 1.0);
        assert!(lease.due().is_none(), "nobody needs one");
        assert!(matches!(lease.look(now), Look::Failed(_)), "who needs one is told at once");
        let due = lease.due().expect("somebody needs one");
        assert!(!lease.begin(due - Duration::from_millis(1)));
        waits.push((due - now).as_secs());
        now = due;
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    assert!(lease.begin(now));
    assert!(matches!(lease.look(now), Look::Wait), "while somebody is asked, there is hope");
    lease.settle(Ok(issued(Some(60))), now, 1.0);
    assert!(is_good(&mut lease, now));
    // And then it begins anew.
    let later = now + seconds(60.0);
    assert!(matches!(lease.look(later), Look::Wait));
    assert!(lease.begin(later));
    lease.settle(Err(failure()), later, 0.0);
    assert!(matches!(lease.look(later), Look::Failed(_)));
    assert_eq!(lease.due(), Some(later + seconds(0.5)));
}

#[test]
fn one_that_is_refused_is_replaced_and_the_next_one_is_trusted() {
    let start = Instant::now();
    let mut lease = leased(start, Some(3600));
    let first = lease.number();
    assert!(lease.refuse(first, start));
    assert!(matches!(lease.look(start), Look::Wait));
    assert_eq!(lease.due(), Some(start), "without a pause");
    assert!(lease.refuse(first, start), "who was refused with the same one waits for the same other");
    assert!(lease.begin(start));
    lease.settle(Ok(issued(Some(3600))), start, 0.5);
    assert!(lease.refuse(first, start), "this one is new to him");
    assert!(is_good(&mut lease, start));
    let second = lease.number();
    assert!(!lease.refuse(second, start + seconds(59.0)), "who is not allowed is refused with any");
    assert!(is_good(&mut lease, start + seconds(59.0)));
    assert!(lease.refuse(second, start + seconds(60.0)));
}

proptest! {
    #[test]
    fn nobody_gets_one_after_its_end_and_at_most_one_is_asked_for(
        steps in proptest::collection::vec((0u64..2_000, 0u8..6, proptest::option::of(1u64..4_000)), 1..60),
    ) {
        let mut now = Instant::now();
        let mut lease = Lease::new(now);
        let (mut asking, mut end, mut asked) = (false, None, now - PAUSE);
        for (pause, step, lasts) in steps {
            now += Duration::from_secs(pause);
            match step {
                0 | 1 => match lease.look(now) {
                    Look::Good(_) => prop_assert!(end.is_none_or(|end: Option<Instant>| end.is_none_or(|end| now < end))),
                    Look::Wait => prop_assert!(asking || lease.due().is_some(), "who waits is not forgotten"),
                    Look::Failed(_) => prop_assert!(!asking),
                },
                2 | 3 if lease.begin(now) => {
                    prop_assert!(!asking, "one at a time");
                    asking = true;
                    asked = now;
                }
                4 if asking => {
                    lease.settle(Ok(issued(lasts)), now, 0.5);
                    (asking, end) = (false, Some(lasts.map(|lasts| now + Duration::from_secs(lasts))));
                }
                5 if asking => {
                    lease.settle(Err(failure()), now, 0.0);
                    asking = false;
                    prop_assert!(!lease.begin(now), "not again in the same moment");
                }
                _ => (),
            }
        }
        prop_assert!(asked <= now);
    }
}

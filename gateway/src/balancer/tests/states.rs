//! Who is out, who comes back, and what is known of whom.

use super::*;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The targets of the next picks, each of which ends at once and well.
fn next(balancer: &Arc<Balancer>, count: usize, now: Instant) -> Vec<usize> {
    let one = || {
        let pick = balancer.any(now).unwrap();
        pick.answered();
        pick.target
    };
    std::iter::repeat_with(one).take(count).collect()
}

#[test]
fn what_counts_is_what_kong_says() {
    let criteria = json!(["http_403", "http_404", "http_429", "http_503"]);
    for (failure, counts) in [
        (Failure::Error, true),
        (Failure::Timeout, true),
        (Failure::InvalidHeader, true),
        (Failure::Status(429), true),
        (Failure::Status(503), true),
        (Failure::Status(403), false),
        (Failure::Status(404), false),
        (Failure::Status(500), false),
        (Failure::Status(400), false),
    ] {
        let balancer = among(&[100], &json!({"max_fails": 1, "failover_criteria": criteria}));
        let now = Instant::now();
        balancer.any(now).unwrap().failed(failure, now);
        assert_eq!(balancer.any(now).is_err(), counts, "{failure:?}");
    }
}

#[test]
fn a_target_that_fails_is_left_and_found_out_by_one_call() {
    let balancer = among(&[100, 100], &json!({"max_fails": 2, "fail_timeout": 10_000}));
    let start = Instant::now();
    for _ in 0..2 {
        balancer.ask(None, &[1], start).unwrap().failed(Failure::Timeout, start);
    }
    assert_eq!(balancer.health(start)[0].state, State::Open(seconds(10)));
    assert_eq!(next(&balancer, 4, start + seconds(9)), [1; 4]);
    // Two at once: one of them finds out, and others do not, until it did.
    let later = start + seconds(10);
    assert_eq!(balancer.health(later)[0].state, State::HalfOpen);
    let probe = balancer.ask(None, &[1], later).unwrap();
    assert_eq!(probe.target, 0);
    assert_eq!(balancer.health(later)[0].state, State::Open(Duration::ZERO));
    assert_eq!(next(&balancer, 4, later), [1; 4]);
    probe.answered();
    assert_eq!(balancer.health(later)[0].state, State::Closed);
    assert!(next(&balancer, 4, later).contains(&0));
}

#[test]
fn a_probe_whose_client_leaves_is_followed_by_another() {
    let balancer = among(&[100], &json!({"max_fails": 1}));
    let start = Instant::now();
    balancer.any(start).unwrap().failed(Failure::Error, start);
    let later = start + seconds(10);
    let probe = balancer.any(later).unwrap();
    assert!(balancer.any(later).is_err());
    drop(probe);
    assert!(balancer.any(later).is_ok());
}

#[test]
fn who_asks_to_be_left_alone_is() {
    let balancer = among(&[100, 100], &json!({}));
    let start = Instant::now();
    let pick = balancer.ask(None, &[1], start).unwrap();
    pick.failed(Failure::Status(429), start);
    pick.set_aside(start + seconds(30));
    // What was said first does not shorten what was said last, nor the other way round.
    pick.set_aside(start + seconds(5));
    assert_eq!(balancer.health(start)[0].state, State::Aside(seconds(30)));
    assert_eq!(next(&balancer, 3, start + seconds(29)), [1; 3]);
    assert!(next(&balancer, 2, start + seconds(30)).contains(&0));
}

#[test]
fn who_cannot_be_asked_is_said_until_when() {
    let balancer = among(&[100, 100, 100], &json!({"max_fails": 1, "fail_timeout": 8_000}));
    let start = Instant::now();
    let picks: Vec<Pick> = (0..3).map(|_| balancer.any(start).unwrap()).collect();
    for pick in &picks[..2] {
        pick.set_aside(start + seconds(20));
    }
    picks[2].set_aside(start + seconds(30));
    assert_eq!(balancer.any(start).err(), Some(Out { wait: Some(seconds(20)), aside: true }));
    picks[0].failed(Failure::Error, start);
    // It failed, but it also asked for more time than that takes away.
    assert_eq!(balancer.any(start).err(), Some(Out { wait: Some(seconds(20)), aside: false }));
    let nobody = Ask { hash: None, candidates: &[false; 3], tried: &[], nearest: None };
    assert_eq!(balancer.pick(&nobody, start).err().and_then(|out| out.wait), None);
}

#[test]
fn a_group_of_lower_priority_is_asked_when_all_above_are_out_or_tried() {
    let balancer = among(&[200, 200, 100], &json!({"algorithm": "priority", "max_fails": 1}));
    let now = Instant::now();
    assert_eq!(balancer.ask(None, &[0], now).unwrap().target, 1);
    assert_eq!(balancer.ask(None, &[0, 1], now).unwrap().target, 2);
    for tried in [0, 1] {
        balancer.ask(None, &[1 - tried], now).unwrap().failed(Failure::Error, now);
    }
    assert_eq!(next(&balancer, 3, now), [2; 3]);
}

#[test]
fn who_does_not_fit_is_not_asked_even_if_the_others_are_out() {
    let balancer = among(&[100; 3], &json!({"algorithm": "semantic", "max_fails": 1}));
    let now = Instant::now();
    let ask = Ask { hash: None, candidates: &[true; 3], tried: &[], nearest: Some(&[1, 0]) };
    balancer.pick(&ask, now).unwrap().failed(Failure::Error, now);
    assert_eq!(balancer.pick(&ask, now).unwrap().target, 0);
    // Tried again, for want of another that fits.
    let again = Ask { tried: &[0], ..ask };
    assert_eq!(balancer.pick(&again, now).unwrap().target, 0);
}

#[test]
fn a_target_that_was_out_does_not_make_up_for_it() {
    let balancer = among(&[100, 100], &json!({"algorithm": "lowest-usage", "max_fails": 1}));
    let start = Instant::now();
    balancer.ask(None, &[1], start).unwrap().failed(Failure::Error, start);
    let call = |now: Instant| {
        let pick = balancer.any(now).unwrap();
        pick.answered();
        pick.spent(&took(100, seconds(1)), now);
        pick.target
    };
    assert!((0..1_000).all(|_| call(start) == 1));
    // It is back, and level: from now on each gets half.
    let later = start + seconds(11);
    let counts = (0..1_000).filter(|_| call(later) == 0).count();
    assert!(counts.abs_diff(500) <= 1, "{counts}");
}

#[test]
fn a_target_that_fails_fast_is_neither_unused_nor_fast() {
    for algorithm in ["lowest-usage", "lowest-latency"] {
        let balancer = among(&[100, 100, 100], &json!({"algorithm": algorithm, "latency_strategy": "e2e"}));
        let mut now = Instant::now();
        let mut failed = 0;
        for _ in 0..3_000 {
            let pick = balancer.any(now).unwrap();
            if pick.target == 0 {
                failed += 1;
                pick.failed(Failure::Status(500), now);
            } else {
                now += Duration::from_millis(100);
                pick.answered();
                pick.spent(&took(100, Duration::from_millis(100)), now);
            }
        }
        assert!(failed <= 1_010, "{algorithm}: {failed} of 3,000 went where none is answered");
    }
}

#[test]
fn a_target_that_is_stuck_is_not_chosen_for_ever() {
    // By usage it has its share, which it has not had yet.
    for (algorithm, most) in [("lowest-latency", 12), ("least-connections", 2), ("lowest-usage", 50)] {
        let balancer = among(&[100, 100], &json!({"algorithm": algorithm, "latency_strategy": "e2e"}));
        let mut now = Instant::now();
        // The first was ten times as fast, and now says nothing any more.
        for (target, latency) in [(0, 100), (1, 1_000)] {
            let pick = balancer.ask(None, &[1 - target], now).unwrap();
            pick.answered();
            pick.spent(&took(10, Duration::from_millis(latency)), now);
        }
        let mut stuck = Vec::new();
        for _ in 0..100 {
            let pick = balancer.any(now).unwrap();
            if pick.target == 0 {
                stuck.push(pick);
            } else {
                now += Duration::from_millis(10);
                pick.answered();
                pick.spent(&took(10, seconds(1)), now);
            }
        }
        assert!(stuck.len() <= most, "{algorithm}: {} of 100 are stuck", stuck.len());
    }
}

#[test]
fn a_new_target_starts_at_the_mean() {
    let route = |count: usize| {
        let targets: Vec<Value> = (0..count).map(|number| target(number, 100)).collect();
        of(&targets, &json!({"algorithm": "lowest-latency", "latency_strategy": "e2e"}))
    };
    let two = balancer(&route(2));
    let now = Instant::now();
    for (target, latency) in [(0, 1), (1, 3)] {
        let pick = two.ask(None, &[1 - target], now).unwrap();
        pick.spent(&took(1, seconds(latency)), now);
    }
    let three = renewed(&route(3), Some(&two));
    drop(three.any(now).unwrap());
    assert_eq!(three.health(now)[2].e2e, Some(seconds(2)));
    // And it is asked, though the first is faster, within a while.
    let mut now = now;
    let asked = (0..200).any(|_| {
        now += Duration::from_millis(100);
        let pick = three.any(now).unwrap();
        pick.spent(&took(1, seconds(1)), now);
        pick.target == 2
    });
    assert!(asked);
}

#[test]
fn what_is_known_of_a_target_lives_on_in_a_new_file() {
    let settings = json!({"max_fails": 1, "fail_timeout": 60_000});
    let before = balancer(&of(&[target(0, 100), target(1, 100)], &settings));
    let now = Instant::now();
    before.ask(None, &[0], now).unwrap().failed(Failure::Error, now);
    let on_its_way = before.ask(None, &[], now).unwrap();
    // One is new and stands first; of the others the weights are.
    let file = of(&[target(9, 100), target(1, 300), target(0, 300)], &settings);
    let after = renewed(&file, Some(&before));
    let states: Vec<State> = after.health(now).into_iter().map(|health| health.state).collect();
    assert_eq!(states, [State::Closed, State::Open(seconds(60)), State::Closed]);
    assert_eq!(after.health(now)[2].in_flight, 1);
    // A call of the old file still counts.
    on_its_way.failed(Failure::Error, now);
    drop(on_its_way);
    let last = &after.health(now)[2];
    assert_eq!((last.in_flight, last.state), (0, State::Open(seconds(60))));
}

#[test]
fn targets_that_are_alike_are_told_apart() {
    let balancer = among(&[100], &json!({}));
    let twice = balancer_of_twins();
    assert_eq!(twice.health(Instant::now()).len(), 2);
    let names: Vec<&str> = twice.targets.iter().map(|(gauge, _)| &*gauge.name).collect();
    assert_ne!(names[0], names[1]);
    assert_eq!(names[0], balancer.targets[0].0.name);
}

fn balancer_of_twins() -> Arc<Balancer> {
    balancer(&of(&[target(0, 100), target(0, 100)], &json!({})))
}

#[test]
fn what_calls_took_is_told() {
    let balancer = among(&[100], &json!({}));
    let now = Instant::now();
    let pick = balancer.any(now).unwrap();
    pick.answered();
    pick.spent(&Spent { prompt: 5, completion: 20, cost: 0.25, latency: Some(seconds(2)) }, now);
    assert_eq!(balancer.health(now)[0].in_flight, 1);
    drop(pick);
    balancer.any(now).unwrap().failed(Failure::Status(500), now);
    let health = balancer.health(now)[0];
    assert_eq!((health.in_flight, health.calls, health.failed), (0, 2, 1));
    assert_eq!((health.prompt, health.completion), (5, 20));
    assert!((health.cost - 0.25).abs() < 1e-9);
    assert_eq!((health.e2e, health.tpot), (Some(seconds(2)), Some(Duration::from_millis(100))));
}

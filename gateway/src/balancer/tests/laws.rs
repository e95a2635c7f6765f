//! What holds of every algorithm, whatever happens.

use proptest::prelude::*;

use super::*;

const ALGORITHMS: [&str; 7] = [
    "consistent-hashing",
    "least-connections",
    "lowest-latency",
    "lowest-usage",
    "priority",
    "round-robin",
    "semantic",
];

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    /// A call is tried here and there, by targets that were tried before.
    Pick {
        hash: u8,
        tried: Vec<usize>,
        may: Vec<bool>,
    },
    /// Of a call that is on its way: what becomes of it.
    End {
        call: usize,
        how: How,
    },
    Wait(u64),
}

#[derive(Clone, Copy, Debug)]
enum How {
    Answered { tokens: u64, millis: u64 },
    Failed(u16),
    Aside(u64),
    Gone,
}

fn step() -> impl Strategy<Value = Step> {
    let how = prop_oneof![
        (0..2_000_u64, 1..5_000_u64).prop_map(|(tokens, millis)| How::Answered { tokens, millis }),
        prop::sample::select(vec![0_u16, 400, 404, 429, 500, 503]).prop_map(How::Failed),
        (1..60_000_u64).prop_map(How::Aside),
        Just(How::Gone),
    ];
    let may = prop::collection::vec(prop::bool::weighted(0.9), 5);
    prop_oneof![
        3 => (any::<u8>(), prop::collection::vec(0..5_usize, 0..7), may)
            .prop_map(|(hash, tried, may)| Step::Pick { hash, tried, may }),
        3 => (any::<prop::sample::Index>(), how).prop_map(|(call, how)| Step::End { call: call.index(1 << 16), how }),
        1 => (1..15_000_u64).prop_map(Step::Wait),
    ]
}

fn end(pick: &Pick, how: How, now: Instant) {
    match how {
        How::Answered { tokens, millis } => {
            pick.answered();
            pick.spent(&took(tokens, Duration::from_millis(millis)), now);
        }
        How::Failed(0) => pick.failed(Failure::Error, now),
        How::Failed(status) => pick.failed(Failure::Status(status), now),
        How::Aside(millis) => {
            pick.failed(Failure::Status(429), now);
            pick.set_aside(now + Duration::from_millis(millis));
        }
        How::Gone => (),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whoever_is_picked_may_be_and_was_tried_least(
        algorithm in prop::sample::select(&ALGORITHMS[..]),
        weights in prop::collection::vec(1..=400_u16, 5),
        steps in prop::collection::vec(step(), 1..200),
    ) {
        let balancer = among(&weights, &json!({
            "algorithm": algorithm, "max_fails": 3, "failover_criteria": ["http_429", "http_500", "http_404"]}));
        let mut now = Instant::now();
        let mut calls: Vec<Pick> = Vec::new();
        for step in steps {
            match step {
                Step::Wait(millis) => now += Duration::from_millis(millis),
                Step::End { call, how } if !calls.is_empty() => {
                    let pick = calls.swap_remove(call % calls.len());
                    end(&pick, how, now);
                }
                Step::End { .. } => (),
                Step::Pick { hash, tried, may } => {
                    let is_in = |target: usize| {
                        let state = balancer.health(now)[target].state;
                        may[target] && matches!(state, State::Closed | State::HalfOpen)
                    };
                    let tries = |target: usize| tried.iter().filter(|other| **other == target).count();
                    let fewest = (0..5).filter(|target| is_in(*target)).map(tries).min();
                    let ask = Ask { hash: Some(&[hash]), candidates: &may, tried: &tried, nearest: None };
                    let before: Vec<bool> = (0..5).map(is_in).collect();
                    let picked = balancer.pick(&ask, now);
                    match (picked, fewest) {
                        (Ok(pick), Some(fewest)) => {
                            prop_assert!(before[pick.target], "{} is out", pick.target);
                            prop_assert_eq!(tries(pick.target), fewest);
                            calls.push(pick);
                        }
                        (Err(_), None) => (),
                        (picked, fewest) => {
                            prop_assert!(false, "{:?} where {fewest:?}", picked.map(|pick| pick.target));
                        }
                    }
                }
            }
            // Everyone who is on the way is counted, and nobody else.
            for (target, health) in balancer.health(now).iter().enumerate() {
                let own = calls.iter().filter(|pick| pick.target == target).count();
                prop_assert_eq!(health.in_flight as usize, own);
            }
        }
        drop(calls);
        prop_assert!(balancer.health(now).iter().all(|health| health.in_flight == 0));
        // Nobody is out for ever: after the longest wait that there was, all are asked again.
        now += Duration::from_secs(61);
        for target in 0..5 {
            let may: Vec<bool> = (0..5).map(|other| other == target).collect();
            let ask = Ask { hash: None, candidates: &may, tried: &[], nearest: None };
            prop_assert!(balancer.pick(&ask, now).is_ok());
        }
    }

    /// Of the keys, only those move whose target is gone, and they go to more than one of the others.
    #[test]
    fn on_the_ring_only_the_calls_of_who_is_gone_move(gone in 0..5_usize, weights in prop::collection::vec(50..=200_u16, 5)) {
        let balancer = among(&weights, &json!({"algorithm": "consistent-hashing"}));
        let now = Instant::now();
        let mut heirs = [0; 5];
        for key in 0..2_000_u32 {
            let key = key.to_be_bytes();
            let owner = balancer.ask(Some(&key), &[], now).unwrap().target;
            let heir = balancer.ask(Some(&key), &[gone], now).unwrap().target;
            prop_assert!(heir != gone);
            if owner == gone { heirs[heir] += 1 } else { prop_assert_eq!(owner, heir) }
        }
        prop_assert!(heirs.iter().filter(|heirs| **heirs > 0).count() == 4, "{heirs:?}");
    }
}

/// A file without one of the targets, of which all weigh the same: no more than its share moves. So it is when one is added.
#[test]
fn a_target_more_or_less_moves_its_share() {
    for count in [2, 3, 5, 10_usize] {
        let targets: Vec<Value> = (0..count).map(|number| target(number, 100)).collect();
        let settings = json!({"algorithm": "consistent-hashing"});
        let all = balancer(&of(&targets, &settings));
        // From the middle, so that the numbers of the others change.
        let gone = count / 2;
        let mut fewer = targets;
        fewer.remove(gone);
        let rest = balancer(&of(&fewer, &settings));
        let now = Instant::now();
        let moved = (0..10_000_u32).filter(|key| {
            let key = key.to_be_bytes();
            let before = all.ask(Some(&key), &[], now).unwrap().target;
            let after = rest.ask(Some(&key), &[], now).unwrap().target;
            let after = if after < gone { after } else { after + 1 };
            assert!(before == after || before == gone, "a call of another target moved");
            before == gone
        });
        let (moved, due) = (moved.count(), 10_000 / count);
        assert!(moved.abs_diff(due) * 10 <= due, "{moved} of {due}, a tenth");
    }
}

/// Two processes, or one before and after a restart, agree.
#[test]
fn the_ring_is_the_same_everywhere() {
    let settings = json!({"algorithm": "consistent-hashing"});
    let (one, other) = (among(&[100, 300], &settings), among(&[100, 300], &settings));
    let now = Instant::now();
    for key in 0..1_000_u32 {
        let key = key.to_be_bytes();
        let pick = |balancer: &Arc<Balancer>| balancer.ask(Some(&key), &[], now).unwrap().target;
        assert_eq!(pick(&one), pick(&other));
    }
}

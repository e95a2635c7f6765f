//! Ten thousand picks by each algorithm: who gets which share, within bounds that are said.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::*;

const PICKS: usize = 10_000;

/// Calls one after the other, each of which is over before the next begins.
fn one_by_one(balancer: &Arc<Balancer>, mut take: impl FnMut(usize) -> Spent) -> Vec<usize> {
    let mut counts = vec![0; balancer.targets.len()];
    let mut now = Instant::now();
    for _ in 0..PICKS {
        let pick = balancer.any(now).unwrap();
        counts[pick.target] += 1;
        let spent = take(pick.target);
        now += spent.latency.unwrap();
        pick.answered();
        pick.spent(&spent, now);
    }
    counts
}

/// Calls that begin one every `pause`, however many are on their way.
fn side_by_side(
    balancer: &Arc<Balancer>,
    pause: Duration,
    mut take: impl FnMut(usize) -> Spent,
) -> Vec<usize> {
    let start = Instant::now();
    let mut counts = vec![0; balancer.targets.len()];
    let mut ends: BinaryHeap<Reverse<(Instant, usize)>> = BinaryHeap::new();
    let mut calls: Vec<Option<(Pick, Spent)>> = Vec::new();
    for number in 0..u32::try_from(PICKS).unwrap() {
        let now = start + pause * number;
        while ends.peek().is_some_and(|Reverse((end, _))| *end <= now) {
            let Reverse((end, call)) = ends.pop().unwrap();
            let (pick, spent) = calls[call].take().unwrap();
            pick.answered();
            pick.spent(&spent, end);
        }
        let pick = balancer.any(now).unwrap();
        counts[pick.target] += 1;
        let spent = take(pick.target);
        ends.push(Reverse((now + spent.latency.unwrap(), calls.len())));
        calls.push(Some((pick, spent)));
    }
    counts
}

/// Calls of as many clients.
fn keyed(balancer: &Arc<Balancer>) -> Vec<usize> {
    let mut counts = vec![0; balancer.targets.len()];
    for key in 0..PICKS {
        let key = format!("user-{key}");
        counts[balancer.ask(Some(key.as_bytes()), &[], Instant::now()).unwrap().target] += 1;
    }
    counts
}

/// Asserts that each count is within so many per cent of what its weight says.
fn by_weight(counts: &[usize], weights: &[u16], percent: f64) {
    let total: f64 = weights.iter().map(|weight| f64::from(*weight)).sum();
    for (count, weight) in counts.iter().zip(weights) {
        let due = f64::from(*weight) / total;
        let share = share(*count);
        assert!((share - due).abs() <= due * percent / 100.0, "{share} of {due} in {counts:?}");
    }
}

fn share(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap()) / 10_000.0
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn round_robin_gives_each_its_weight_exactly() {
    let weights = [100, 300, 50, 50];
    let counts = one_by_one(&among(&weights, &json!({})), |_| took(1, millis(1)));
    assert_eq!(counts, [2_000, 6_000, 1_000, 1_000]);
}

#[test]
fn round_robin_spreads_each_evenly() {
    let balancer = among(&[5, 1, 1], &json!({}));
    let order: Vec<usize> = (0..7).map(|_| balancer.any(Instant::now()).unwrap().target).collect();
    // The example of nginx's own change: a b c with 5 1 1 go a a b a c a a.
    assert_eq!(order, [0, 0, 1, 0, 2, 0, 0]);
}

#[test]
fn the_ring_gives_each_about_its_weight() {
    let weights = [100, 100, 200, 400];
    let balancer = among(&weights, &json!({"algorithm": "consistent-hashing"}));
    let counts = keyed(&balancer);
    by_weight(&counts, &weights, 15.0);
    let alike = among(&[100; 4], &json!({"algorithm": "consistent-hashing"}));
    by_weight(&keyed(&alike), &[1; 4], 8.0);
}

#[test]
fn without_a_key_the_ring_takes_turns() {
    let balancer = among(&[100, 300], &json!({"algorithm": "consistent-hashing"}));
    assert_eq!(one_by_one(&balancer, |_| took(1, millis(1))), [2_500, 7_500]);
}

#[test]
fn least_connections_keeps_as_many_on_their_way_as_weights_say() {
    // Twice as slow and twice the weight: as many calls in the same time.
    let weights = [100, 200, 100];
    let balancer = among(&weights, &json!({"algorithm": "least-connections"}));
    let latencies = [100, 200, 100].map(millis);
    let counts = side_by_side(&balancer, millis(1), |target| took(1, latencies[target]));
    by_weight(&counts, &[1, 1, 1], 2.0);
    // A slow target among fast ones of its weight gets what it can do: calls in inverse proportion to how long they take.
    let balancer = among(&[100, 100], &json!({"algorithm": "least-connections"}));
    let counts = side_by_side(&balancer, millis(1), |target| took(1, [millis(50), millis(450)][target]));
    by_weight(&counts, &[9, 1], 5.0);
}

#[test]
fn lowest_usage_gives_each_its_weight_in_tokens() {
    // One answers at length, the other shortly: the tokens are shared, not the calls.
    for concurrent in [false, true] {
        let weights = [100, 100, 200];
        let balancer = among(&weights, &json!({"algorithm": "lowest-usage"}));
        let tokens = [1_000, 100, 400];
        let take = |target: usize| took(tokens[target], millis(500));
        let counts =
            if concurrent { side_by_side(&balancer, millis(10), take) } else { one_by_one(&balancer, take) };
        let spent: Vec<u64> =
            balancer.health(Instant::now()).iter().map(|health| health.completion).collect();
        let total: u64 = spent.iter().sum();
        for (spent, weight) in spent.iter().zip(weights) {
            let due = total * u64::from(weight) / 400;
            assert!(spent.abs_diff(due) * 50 <= due, "{spent} of {due}, 2 %: {counts:?}");
        }
    }
}

#[test]
fn lowest_usage_compares_what_the_file_says() {
    let spent = Spent { prompt: 100, completion: 10, cost: 3.0, latency: Some(millis(1)) };
    let other = Spent { prompt: 10, completion: 100, cost: 1.0, ..spent };
    for (strategy, due) in [
        ("prompt-tokens", [1, 10]),
        ("completion-tokens", [10, 1]),
        ("total-tokens", [1, 1]),
        ("cost", [1, 3]),
    ] {
        let balancer =
            among(&[1, 1], &json!({"algorithm": "lowest-usage", "tokens_count_strategy": strategy}));
        let counts = one_by_one(&balancer, |target| [spent, other][target]);
        by_weight(&counts, &due, 1.0);
    }
}

#[test]
fn lowest_latency_prefers_the_fastest() {
    // Kong says of its own: 90 to 99 % for the fastest, 0.1 to 5 % for each of the others.
    for strategy in ["tpot", "e2e"] {
        let balancer =
            among(&[100; 3], &json!({"algorithm": "lowest-latency", "latency_strategy": strategy}));
        let counts =
            one_by_one(&balancer, |target| took(10, [millis(200), millis(100), millis(400)][target]));
        assert!((0.90..=0.99).contains(&share(counts[1])), "{counts:?}");
        assert!((0.001..=0.05).contains(&share(counts[0])), "{counts:?}");
        assert!((0.001..=0.05).contains(&share(counts[2])), "{counts:?}");
    }
}

#[test]
fn lowest_latency_compares_what_the_file_says() {
    // One takes longer, but for more tokens.
    let take = |target: usize| [took(100, millis(300)), took(10, millis(100))][target];
    for (strategy, fastest) in [("tpot", 0), ("e2e", 1)] {
        let balancer = among(&[1, 1], &json!({"algorithm": "lowest-latency", "latency_strategy": strategy}));
        let counts = one_by_one(&balancer, take);
        assert!(share(counts[fastest]) > 0.9, "{counts:?}");
    }
}

#[test]
fn lowest_latency_weighs() {
    // Half as fast with thrice the weight is better.
    let balancer = among(&[100, 300], &json!({"algorithm": "lowest-latency"}));
    let counts = one_by_one(&balancer, |target| took(10, [millis(100), millis(200)][target]));
    assert!(share(counts[1]) > 0.9, "{counts:?}");
}

#[test]
fn lowest_latency_does_not_run_over_the_fastest() {
    // A hundred at once: each gets what its speed is worth.
    let balancer = among(&[1, 1], &json!({"algorithm": "lowest-latency", "latency_strategy": "e2e"}));
    let counts = side_by_side(&balancer, millis(10), |target| took(10, [millis(1000), millis(2000)][target]));
    assert!((0.6..=0.9).contains(&share(counts[0])), "{counts:?}");
}

#[test]
fn priority_asks_the_first_group_and_no_other() {
    let balancer = among(&[100, 200, 200, 50], &json!({"algorithm": "priority"}));
    assert_eq!(one_by_one(&balancer, |_| took(1, millis(1))), [0, 5_000, 5_000, 0]);
}

#[test]
fn semantic_asks_the_nearest() {
    let balancer = among(&[100; 3], &json!({"algorithm": "semantic"}));
    let mut counts = [0; 3];
    let now = Instant::now();
    for call in 0..PICKS {
        let nearest: &[usize] = if call % 4 == 0 { &[2, 0] } else { &[0, 2] };
        let ask = Ask { hash: None, candidates: &[true; 3], tried: &[], nearest: Some(nearest) };
        counts[balancer.pick(&ask, now).unwrap().target] += 1;
    }
    assert_eq!(counts, [7_500, 0, 2_500]);
    // Where nobody could say who is, it is each one's turn.
    let counts = one_by_one(&balancer, |_| took(1, millis(1)));
    by_weight(&counts, &[1, 1, 1], 0.1);
}

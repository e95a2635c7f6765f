//! What one balancer tells another.

use super::*;

/// Two processes with the same file.
fn both() -> [Arc<Balancer>; 2] {
    [(); 2].map(|()| among(&[1, 1], &json!({"max_fails": 1, "failover_criteria": ["error"]})))
}

#[test]
fn what_others_tell_counts_as_if_it_were_our_own() {
    let ([ours, theirs], now) = (both(), Instant::now());
    let pick = theirs.any(now).unwrap();
    let target = pick.target;
    pick.answered();
    let latency = Some(Duration::from_secs(2));
    pick.spent(&Spent { prompt: 7, completion: 5, cost: 0.25, latency }, now);
    drop(pick);
    let standing = &theirs.standings(now)[target];
    assert_eq!(standing.tally, [7.0, 5.0, 0.25, 1.0, 0.0, 2.0, 1.0, 0.4, 1.0]);
    ours.absorb(target, &standing.tally, None, None, now);
    assert_eq!(ours.standings(now), theirs.standings(now));
    let (health, other) = (&ours.health(now)[target], &theirs.health(now)[target]);
    assert_eq!((health.prompt, health.completion, health.e2e), (7, 5, latency));
    assert_eq!((health.cost, health.tpot), (0.25, other.tpot));
}

#[test]
fn who_is_left_alone_by_others_is_left_alone_here() {
    let ([ours, theirs], now) = (both(), Instant::now());
    let failing = theirs.any(now).unwrap();
    failing.failed(Failure::Error, now);
    let busy = theirs.any(now).unwrap();
    busy.set_aside(now + Duration::from_secs(3));
    let standings = theirs.standings(now);
    let left = |number: usize| (standings[number].open, standings[number].aside);
    assert_eq!(left(failing.target), (Some(Duration::from_secs(10)), None));
    assert_eq!(left(busy.target), (None, Some(Duration::from_secs(3))));
    for (number, standing) in standings.iter().enumerate() {
        ours.absorb(number, &Tally::default(), standing.open, standing.aside, now);
    }
    assert_eq!(ours.standings(now), standings);
    assert!(ours.any(now).is_err());
    let pick = ours.any(now + Duration::from_secs(3)).unwrap();
    assert_eq!(pick.target, busy.target);
}

#[test]
fn what_is_being_found_out_here_is_not_overruled() {
    let ([ours, _], now) = (both(), Instant::now());
    ours.any(now).unwrap().failed(Failure::Error, now);
    let target = ours.standings(now).iter().position(|standing| standing.open.is_some()).unwrap();
    let later = now + Duration::from_secs(10);
    let probe = [ours.any(later).unwrap(), ours.any(later).unwrap()];
    ours.absorb(target, &Tally::default(), Some(Duration::from_secs(60)), None, later);
    probe.iter().for_each(Pick::answered);
    assert!(ours.standings(later).iter().all(|standing| standing.open.is_none()));
}

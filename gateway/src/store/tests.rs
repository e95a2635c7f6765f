use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn store(kept: usize, kept_bytes: usize) -> Store {
    Store::new(&Limits { kept, kept_bytes, kept_for: Duration::from_secs(60), ..Limits::default() })
}

fn kept(response: &str, previous: Option<&str>) -> Kept {
    Kept { response: response.to_owned(), input: Vec::new(), previous: previous.map(str::to_owned) }
}

fn found(store: &Store, scope: u8, id: &str, now: Instant) -> Option<String> {
    store.get(Scope::of(scope), id, now).map(|kept| kept.response.clone())
}

#[test]
fn nobody_finds_what_another_one_left() {
    let (store, now) = (store(9, 1 << 20), Instant::now());
    store.put(Scope::of(1), "a", kept("mine", None), now);
    assert_eq!(found(&store, 1, "a", now).as_deref(), Some("mine"));
    assert_eq!(found(&store, 2, "a", now), None);
    assert!(!store.remove(Scope::of(2), "a", now));
    assert_eq!(store.conversation(Scope::of(2), "a", now).unwrap_err(), "a");
    assert!(store.remove(Scope::of(1), "a", now));
    assert_eq!(found(&store, 1, "a", now), None);
}

#[test]
fn what_was_not_used_for_longest_is_forgotten_first() {
    let (store, now) = (store(3, 1 << 20), Instant::now());
    for id in ["a", "b", "c"] {
        store.put(Scope::of(1), id, kept(id, None), now);
    }
    found(&store, 1, "a", now);
    store.put(Scope::of(1), "d", kept("d", None), now);
    let left = ["a", "b", "c", "d"].map(|id| found(&store, 1, id, now).is_some());
    assert_eq!(left, [true, false, true, true]);
}

#[test]
fn what_is_too_large_is_not_kept_and_drives_nothing_out() {
    let (store, now) = (store(9, 2_000), Instant::now());
    store.put(Scope::of(1), "a", kept("a", None), now);
    store.put(Scope::of(1), "b", kept(&"b".repeat(2_000), None), now);
    assert!(found(&store, 1, "a", now).is_some() && found(&store, 1, "b", now).is_none());
}

#[test]
fn what_is_old_is_forgotten_though_it_is_used() {
    let (store, now) = (store(9, 1 << 20), Instant::now());
    store.put(Scope::of(1), "a", kept("a", None), now);
    let later = now + Duration::from_secs(59);
    assert!(found(&store, 1, "a", later).is_some());
    store.put(Scope::of(1), "a", kept("again", None), later);
    assert_eq!(found(&store, 1, "a", now + Duration::from_secs(100)).as_deref(), Some("again"));
    assert_eq!(found(&store, 1, "a", later + Duration::from_secs(60)), None);
    store.shelf().sweep(later + Duration::from_secs(60));
    assert_eq!(store.shelf().held(), (0, 0));
}

#[test]
fn a_conversation_is_whole_or_none() {
    let (store, now) = (store(9, 1 << 20), Instant::now());
    store.put(Scope::of(1), "a", kept("a", None), now);
    store.put(Scope::of(1), "b", kept("b", Some("a")), now);
    store.put(Scope::of(1), "c", kept("c", Some("b")), now);
    let turns = store.conversation(Scope::of(1), "c", now).unwrap();
    assert_eq!(turns.iter().map(|turn| turn.response.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    store.remove(Scope::of(1), "a", now);
    assert_eq!(store.conversation(Scope::of(1), "c", now).unwrap_err(), "a");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_bounds_hold_whatever_is_done(steps in proptest::collection::vec((0..4_u8, 0..3_u8, 0..12_u8, 0..900_usize, 0..30_u64), 0..120)) {
        let (store, mut now) = (store(7, 4_000), Instant::now());
        for (what, scope, id, size, wait) in steps {
            let (scope, id) = (Scope::of(scope), id.to_string());
            now += Duration::from_secs(wait);
            match what {
                0 | 1 => store.put(scope, &id, kept(&"x".repeat(size), None), now),
                2 => drop(store.get(scope, &id, now)),
                _ => drop(store.remove(scope, &id, now)),
            }
            let (count, bytes) = store.shelf().held();
            prop_assert!(count <= 7 && bytes <= 4_000, "{} {}", count, bytes);
        }
    }
}

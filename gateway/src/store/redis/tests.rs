//! Two processes and a Redis server that the test starts, as far as the machine has one.

use std::sync::Arc;

use serde_json::json;

use super::super::Responses;
use super::super::responses::Near;
use super::*;
use crate::databases::tests::vectordb;
use crate::servers;

fn limits() -> Limits {
    Limits { kept: 4, kept_bytes: 1_000, ..Limits::default() }
}

fn server(redis: &servers::Redis, limits: &Limits) -> Server {
    let settings = vectordb(&json!({"port": redis.port}), &json!({})).redis;
    Server::new(&settings, &crate::tls::client(None).unwrap(), limits).unwrap()
}

fn kept(text: &str, previous: Option<&str>) -> Kept {
    let (input, previous) =
        (vec![json!({"i": text}).to_string(), "[]".to_owned()], previous.map(str::to_owned));
    Kept { response: json!({"text": text}).to_string(), input, previous }
}

async fn there<const N: usize>(server: &Server, ids: [&str; N]) -> [bool; N] {
    let mut found = [false; N];
    for (found, id) in found.iter_mut().zip(ids) {
        *found = server.get(Scope::of(1), id).await.unwrap().is_some();
    }
    found
}

#[tokio::test]
async fn what_one_keeps_all_of_the_same_client_find() {
    let Some(redis) = servers::Redis::start() else { return };
    let (one, other) = (server(&redis, &limits()), server(&redis, &limits()));
    let first = kept("é \"quoted\" \u{1f600}", Some("resp_0"));
    one.put(Scope::of(1), "a", &first).await.unwrap();
    assert_eq!(other.get(Scope::of(1), "a").await, Ok(Some(first)));
    assert_eq!(other.get(Scope::of(2), "a").await, Ok(None));
    assert_eq!(other.remove(Scope::of(2), "a").await, Ok(false));
    let second = kept("b", None);
    other.put(Scope::of(1), "a", &second).await.unwrap();
    assert_eq!(one.get(Scope::of(1), "a").await, Ok(Some(second)));
    assert_eq!(one.remove(Scope::of(1), "a").await, Ok(true));
    assert_eq!((other.remove(Scope::of(1), "a").await, there(&other, ["a"]).await), (Ok(false), [false]));
    assert_eq!(redis.ask(&["HGET", "{touchstone:kept}:sizes", "all"]), "0");
}

#[tokio::test]
async fn the_oldest_go_first_where_there_is_too_much() {
    let Some(redis) = servers::Redis::start() else { return };
    let server = server(&redis, &limits());
    // Redis counts milliseconds: no two are kept within the same.
    let time =
        || redis.ask(&["EVAL", "local t = redis.call('TIME') return t[1] .. math.floor(t[2] / 1000)", "0"]);
    let put = async |id: &str, size: usize| {
        server.put(Scope::of(1), id, &kept(&"x".repeat(size), None)).await.unwrap();
        let now = time();
        while time() == now {}
    };
    // Among those of the same age, the first by name would go: here that is the newest.
    for id in ["g", "f", "e", "d", "c"] {
        put(id, 1).await;
    }
    assert_eq!(there(&server, ["g", "f", "e", "d", "c"]).await, [false, true, true, true, true], "too many");
    put("b", 400).await;
    assert_eq!(
        there(&server, ["f", "e", "d", "c", "b"]).await,
        [false, false, true, true, true],
        "too large"
    );
    put("a", 1_000).await;
    assert_eq!(there(&server, ["d", "c", "b", "a"]).await, [true, true, true, false], "it would never fit");
    let sizes: u64 = redis.ask(&["HGET", "{touchstone:kept}:sizes", "all"]).parse().unwrap();
    let held: u64 = ["d", "c", "b"]
        .map(|id| redis.ask(&["STRLEN", &key(Scope::of(1), id)]).parse().unwrap())
        .iter()
        .sum();
    assert_eq!(sizes, held);
    assert_eq!(redis.ask(&["DBSIZE"]), "5", "three values, and what is known of them");
    put("d", 1_000).await;
    assert_eq!(
        there(&server, ["d", "c", "b"]).await,
        [false, true, true],
        "nor does what it was before stay"
    );
}

#[tokio::test]
async fn what_is_still_made_is_held_while_others_come_and_go() {
    let Some(redis) = servers::Redis::start() else { return };
    let server = server(&redis, &limits());
    let put = async |id: &str| server.put(Scope::of(1), id, &kept("x", None)).await.unwrap();
    for id in ["a", "b", "c", "d"] {
        put(id).await;
    }
    let own = key(Scope::of(1), "a");
    for key in ["{touchstone:kept}:ages", "{touchstone:kept}:sizes", &own] {
        redis.ask(&["PEXPIRE", key, "60000"]);
    }
    redis.ask(&["ZADD", "{touchstone:kept}:ages", "XX", "INCR", "-1000", &own]);
    assert_eq!(server.hold(Scope::of(1), "a").await, Ok(Some(kept("x", None))));
    for key in ["{touchstone:kept}:ages", "{touchstone:kept}:sizes", &own] {
        let left: u64 = redis.ask(&["PTTL", key]).parse().unwrap();
        assert!(left > 60_000, "{key} stays as long as if it were kept now: {left}");
    }
    // Of those that are as old, the first by name goes.
    redis.ask(&["ZADD", "{touchstone:kept}:ages", "XX", "INCR", "1", &own]);
    put("e").await;
    assert_eq!(there(&server, ["a", "b", "c", "d", "e"]).await, [true, false, true, true, true]);
    assert_eq!(server.hold(Scope::of(1), "none").await, Ok(None));
    assert_eq!(redis.ask(&["ZCARD", "{touchstone:kept}:ages"]), "4");
}

#[tokio::test]
async fn what_the_server_dropped_on_its_own_takes_no_room() {
    let Some(redis) = servers::Redis::start() else { return };
    let server = server(&redis, &limits());
    server.put(Scope::of(1), "a", &kept("a", None)).await.unwrap();
    for gone in ["{touchstone:kept}:ages", &key(Scope::of(1), "a")] {
        redis.ask(&["DEL", gone]);
    }
    redis.ask(&["HSET", "{touchstone:kept}:sizes", "all", "1000"]);
    server.put(Scope::of(1), "b", &kept("b", None)).await.unwrap();
    server.put(Scope::of(1), "c", &kept("c", None)).await.unwrap();
    assert_eq!(there(&server, ["b", "c"]).await, [true, true]);
}

#[tokio::test]
async fn what_is_old_is_gone_and_counts_no_more() {
    let Some(redis) = servers::Redis::start() else { return };
    let limits = limits();
    let server = server(&redis, &limits);
    server.put(Scope::of(1), "a", &kept("a", None)).await.unwrap();
    let own = key(Scope::of(1), "a");
    let most = limits.kept_for.as_millis();
    for key in ["{touchstone:kept}:ages", "{touchstone:kept}:sizes", &own] {
        let left: u128 = redis.ask(&["PTTL", key]).parse().unwrap();
        assert!((1..=most).contains(&left), "{key} expires by itself: {left}");
    }
    // It was kept so long ago that it has expired, while others were kept since.
    redis.ask(&["ZADD", "{touchstone:kept}:ages", "1", &own]);
    server.put(Scope::of(1), "b", &kept("b", None)).await.unwrap();
    assert_eq!(redis.ask(&["ZCARD", "{touchstone:kept}:ages"]), "1");
    assert_eq!(redis.ask(&["HLEN", "{touchstone:kept}:sizes"]), "2", "all of them, and the other one");
}

#[tokio::test]
async fn a_server_that_failed_is_left_alone_for_a_while() {
    let Some(mut redis) = servers::Redis::start() else { return };
    let server = server(&redis, &limits());
    server.put(Scope::of(1), "a", &kept("a", None)).await.unwrap();
    redis.kill();
    let before = Instant::now();
    assert_eq!(server.get(Scope::of(1), "a").await, Err(Lost));
    assert!(server.pause().is_some_and(|until| until >= before + PAUSE));
    redis.restart();
    *server.pause() = Some(Instant::now() + Duration::from_secs(3_600));
    assert_eq!(server.get(Scope::of(1), "a").await, Err(Lost), "it is not asked yet");
    *server.pause() = Some(before);
    assert_eq!(server.get(Scope::of(1), "a").await, Ok(None), "it has forgotten all");
    assert_eq!(*server.pause(), None, "it is asked by all again");
}

#[tokio::test]
async fn one_call_sees_whether_a_server_is_back_and_the_others_go_on() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let settings = vectordb(&json!({"port": silent.local_addr().unwrap().port()}), &json!({})).redis;
    let server = Server::new(&settings, &crate::tls::client(None).unwrap(), &limits()).unwrap();
    *server.pause() = Some(Instant::now());
    tokio::select! {
        biased;
        _ = server.get(Scope::of(1), "a") => panic!("somebody answers"),
        lost = server.get(Scope::of(1), "a") => assert_eq!(lost, Err(Lost)),
    }
}

#[tokio::test]
async fn what_is_deleted_is_gone_from_memory_and_from_the_server() {
    let Some(redis) = servers::Redis::start() else { return };
    let server = Arc::new(server(&redis, &limits()));
    let responses = Responses::new(Arc::new(Near::new(&limits())), Some(Arc::clone(&server)));
    let scope = Scope::of(1);
    responses.put(scope, "a", kept("begun", None)).await;
    *server.pause() = Some(Instant::now() + Duration::from_secs(3_600));
    responses.put(scope, "a", kept("done", None)).await;
    assert_eq!(responses.remove(scope, "a").await, Err(Lost), "the server still has it");
    assert_eq!(responses.get(scope, "a").await.unwrap().as_deref(), Some(&kept("done", None)));
    *server.pause() = None;
    assert_eq!(responses.remove(scope, "a").await, Ok(true));
    assert_eq!(responses.get(scope, "a").await, Ok(None));
    assert_eq!(responses.remove(scope, "a").await, Ok(false));
}

//! Two processes and a Redis server that the test starts, as far as the machine has one.

use serde_json::json;

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
    let put = async |id: &str, size: usize| {
        server.put(Scope::of(1), id, &kept(&"x".repeat(size), None)).await.unwrap();
        // Redis counts milliseconds.
        tokio::time::sleep(Duration::from_millis(3)).await;
    };
    for id in ["a", "b", "c", "d", "e"] {
        put(id, 1).await;
    }
    assert_eq!(there(&server, ["a", "b", "c", "d", "e"]).await, [false, true, true, true, true], "too many");
    put("f", 400).await;
    assert_eq!(
        there(&server, ["b", "c", "d", "e", "f"]).await,
        [false, false, true, true, true],
        "too large"
    );
    put("g", 1_000).await;
    assert_eq!(there(&server, ["d", "e", "f", "g"]).await, [true, true, true, false], "it would never fit");
    let sizes: u64 = redis.ask(&["HGET", "{touchstone:kept}:sizes", "all"]).parse().unwrap();
    let held: u64 = ["d", "e", "f"]
        .map(|id| redis.ask(&["STRLEN", &key(Scope::of(1), id)]).parse().unwrap())
        .iter()
        .sum();
    assert_eq!(sizes, held);
    assert_eq!(redis.ask(&["DBSIZE"]), "5", "three values, and what is known of them");
}

#[tokio::test]
async fn what_is_old_is_gone_and_counts_no_more() {
    let Some(redis) = servers::Redis::start() else { return };
    let brief = server(&redis, &Limits { kept_for: Duration::from_secs(2), ..limits() });
    let long = server(&redis, &limits());
    brief.put(Scope::of(1), "a", &kept("a", None)).await.unwrap();
    assert_eq!(there(&brief, ["a"]).await, [true]);
    let all = || {
        redis.ask(&["EXISTS", "{touchstone:kept}:ages", "{touchstone:kept}:sizes", &key(Scope::of(1), "a")])
    };
    while all() != "0" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    long.put(Scope::of(1), "b", &kept("b", None)).await.unwrap();
    assert_eq!(redis.ask(&["HLEN", "{touchstone:kept}:sizes"]), "2");
}

#[tokio::test]
async fn a_server_that_failed_is_left_alone_for_a_while() {
    let Some(mut redis) = servers::Redis::start() else { return };
    let server = server(&redis, &limits());
    server.put(Scope::of(1), "a", &kept("a", None)).await.unwrap();
    redis.kill();
    assert_eq!(server.get(Scope::of(1), "a").await, Err(Lost));
    let until = server.pause().expect("a pause");
    redis.restart();
    // However long that took.
    *server.pause() = Some(until + Duration::from_secs(3_600));
    assert_eq!(server.get(Scope::of(1), "a").await, Err(Lost), "it is not asked yet");
    *server.pause() = None;
    assert_eq!(server.get(Scope::of(1), "a").await, Ok(None), "it has forgotten all");
}

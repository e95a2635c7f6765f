//! Two gateways that share what they know of their targets, and a Redis server that comes and goes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gateway::Gateway;
use serde_json::json;

use super::databases::Redis;
use super::semantic::{Server, closing, who};
use super::vectors::until;
use super::{ANSWER, Setup, plugin};

/// A target that has no time for anybody as soon as `busy` is set, and for a long while.
async fn target(busy: &Arc<AtomicBool>) -> Server {
    let busy = Arc::clone(busy);
    Server::start(move |_| {
        if busy.load(Ordering::SeqCst) {
            closing("429 Too Many Requests\r\nretry-after: 300", "{}")
        } else {
            closing("200 OK", ANSWER)
        }
    })
    .await
}

fn start(redis: &Redis, targets: &[Server]) -> Gateway {
    let named = |(number, server): (usize, &Server)| {
        let mut target = plugin("openai", &server.url);
        target["model"]["name"] = json!(format!("m{number}"));
        target
    };
    let targets: Vec<_> = targets.iter().enumerate().map(named).collect();
    let balancer = json!({"retries": 2, "failover_criteria": ["http_429"]});
    let vectordb = json!({"strategy": "redis", "dimensions": 1, "distance_metric": "cosine", "redis": {"port": redis.port}});
    let setup = Setup::among(&targets, &balancer).set("/vectordb", vectordb).tagged("touchstone-share:redis");
    setup.limits(|limits| limits.share = Duration::from_millis(10)).start()
}

/// Waits until both gateways have asked Redis several times.
async fn met(redis: &Redis) {
    let asked = || -> u64 {
        let stats = redis.ask(&["INFO", "commandstats"]);
        let calls = stats.lines().find_map(|line| line.strip_prefix("cmdstat_pttl:calls="));
        calls.and_then(|rest| rest.split(',').next()?.parse().ok()).unwrap_or_default()
    };
    let before = asked();
    until("the gateways ask", async || asked() >= before + 200).await;
}

/// Who answers this many calls.
async fn answers(gateway: &Gateway, calls: usize) -> Vec<String> {
    let mut names = Vec::new();
    for _ in 0..calls {
        names.push(who(gateway, "Hello").await);
    }
    names.sort_unstable();
    names.dedup();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_busy_for_one_gateway_is_left_alone_by_the_other() {
    let Some(mut redis) = Redis::start() else { return };
    let busy = [(); 3].map(|()| Arc::new(AtomicBool::new(false)));
    let targets = [target(&busy[0]).await, target(&busy[1]).await, target(&busy[2]).await];
    let (one, other) = (start(&redis, &targets), start(&redis, &targets));
    met(&redis).await;
    assert_eq!(answers(&other, 6).await, ["openai/m0", "openai/m1", "openai/m2"]);

    busy[0].store(true, Ordering::SeqCst);
    assert_eq!(answers(&one, 6).await, ["openai/m1", "openai/m2"]);
    let asked = targets[0].calls();
    met(&redis).await;
    assert_eq!(answers(&other, 6).await, ["openai/m1", "openai/m2"]);
    assert_eq!(targets[0].calls(), asked, "nobody asked it again");

    // Without Redis each goes on with what it knows.
    redis.kill();
    assert_eq!(answers(&one, 6).await, ["openai/m1", "openai/m2"]);
    assert_eq!(answers(&other, 6).await, ["openai/m1", "openai/m2"]);
    busy[1].store(true, Ordering::SeqCst);
    assert_eq!(answers(&one, 3).await, ["openai/m2"]);
    let asked = targets[1].calls();

    // Once it is back, the other hears what it could not.
    redis.restart();
    met(&redis).await;
    assert_eq!(answers(&other, 6).await, ["openai/m2"]);
    assert_eq!(targets[1].calls(), asked, "nobody asked it again");
}

//! Two processes and a Redis server that the test starts, as far as the machine has one. Whoever tells does so when the test says.

use serde_json::json;

use super::*;
use crate::balancer::{Ask, Failure, Spent};
use crate::config::Config;
use crate::servers;

/// One process.
struct Process {
    circle: Circle,
    balancer: Arc<Balancer>,
}

impl Process {
    fn at(redis: &servers::Redis) -> Self {
        let target = |number: u16| {
            json!({"route_type": "llm/v1/chat", "model": {
                "provider": "openai", "options": {"upstream_url": format!("http://h/{number}")}}})
        };
        let config = json!({
            "targets": [target(0), target(1)],
            "balancer": {"algorithm": "lowest-usage", "max_fails": 1},
            "vectordb": {"strategy": "redis", "dimensions": 1, "distance_metric": "cosine", "redis": {"port": redis.port}},
        });
        let plugins = json!([{"name": "ai-proxy-advanced", "config": config}]);
        let services = json!([{"name": "s", "host": "h", "routes": [{"name": "r", "paths": ["/"], "plugins": plugins}]}]);
        let file = json!({"_format_version": "3.0", "services": services}).to_string();
        let config = Config::parse(&file, &|_| None).unwrap_or_else(|errors| panic!("{errors}"));
        let route = &config.router.routes()[0];
        let settings = route.plugin.balancer.as_ref().unwrap();
        let balancer = Arc::new(Balancer::new(settings, &route.plugin.targets, None));
        let redis = &route.plugin.vectordb.as_ref().unwrap().redis;
        let mut circle = Circle::new(redis, &crate::tls::client(None).unwrap()).unwrap();
        circle.add(route, &balancer);
        Self { circle, balancer }
    }

    async fn meet(&self) -> Result<(), RedisError> {
        self.circle.meet(&mut self.circle.members.lock().await).await
    }

    /// A call of so many tokens at this target.
    fn call(&self, target: usize, tokens: u64) {
        let candidates = [target == 0, target == 1];
        let ask = Ask { hash: None, candidates: &candidates, tried: &[], nearest: None };
        let pick = self.balancer.pick(&ask, Instant::now()).unwrap();
        let latency = Some(Duration::from_secs(tokens));
        pick.answered();
        pick.spent(&Spent { prompt: 1, completion: tokens, cost: 0.5, latency }, Instant::now());
    }

    fn standings(&self) -> Vec<Standing> {
        self.balancer.standings(Instant::now())
    }

    /// Tokens that were made by each target, and calls that made them.
    fn used(&self) -> Vec<(f64, f64)> {
        self.standings().iter().map(|standing| (standing.tally[1], standing.tally[3])).collect()
    }
}

#[tokio::test]
async fn what_one_spends_all_know() {
    let Some(redis) = servers::Redis::start() else { return };
    let (one, other) = (Process::at(&redis), Process::at(&redis));
    one.meet().await.unwrap();
    other.meet().await.unwrap();
    let mut expected = [(0.0, 0.0); 2];
    for tokens in 1..=20_u32 {
        let target = usize::from(tokens % 3 == 0);
        let who = if tokens % 2 == 0 { &one } else { &other };
        who.call(target, tokens.into());
        expected[target].0 += f64::from(tokens);
        expected[target].1 += 1.0;
        // Some tell after each call, and some after several.
        if tokens % 5 == 0 {
            one.meet().await.unwrap();
        }
        if tokens % 7 == 0 {
            other.meet().await.unwrap();
        }
    }
    for who in [&one, &other, &one] {
        who.meet().await.unwrap();
    }
    assert_eq!(one.used(), expected);
    assert_eq!(other.used(), expected);
    let parts = |process: &Process| {
        process.standings().into_iter().map(|standing| standing.tally).collect::<Vec<_>>()
    };
    for (one, other) in parts(&one).iter().flatten().zip(parts(&other).iter().flatten()) {
        assert!((one - other).abs() < 1e-6, "{one} {other}");
    }
    // Nothing is told twice.
    for who in [&one, &other, &one, &other] {
        who.meet().await.unwrap();
    }
    assert_eq!(one.used(), expected);
}

#[tokio::test]
async fn who_comes_late_begins_level() {
    let Some(redis) = servers::Redis::start() else { return };
    let one = Process::at(&redis);
    one.meet().await.unwrap();
    one.call(0, 100);
    one.meet().await.unwrap();
    let late = Process::at(&redis);
    late.meet().await.unwrap();
    assert_eq!(late.used(), [(0.0, 0.0), (0.0, 0.0)]);
    one.call(1, 7);
    one.meet().await.unwrap();
    late.meet().await.unwrap();
    assert_eq!(late.used(), [(0.0, 0.0), (7.0, 1.0)]);
    assert_eq!(one.used(), [(100.0, 1.0), (7.0, 1.0)]);
}

#[tokio::test]
async fn each_goes_on_alone_while_redis_is_gone_and_tells_the_rest_afterwards() {
    let Some(mut redis) = servers::Redis::start() else { return };
    let (one, other) = (Process::at(&redis), Process::at(&redis));
    one.meet().await.unwrap();
    other.meet().await.unwrap();
    one.call(0, 3);
    one.meet().await.unwrap();
    other.meet().await.unwrap();
    redis.kill();
    one.call(0, 10);
    other.call(1, 20);
    assert!(one.meet().await.is_err());
    assert!(other.meet().await.is_err());
    assert_eq!(one.used(), [(13.0, 2.0), (0.0, 0.0)], "its own calls count all the same");
    // It comes back with nothing in it.
    redis.restart();
    assert_eq!(redis.ask(&["DBSIZE"]), "0");
    for who in [&one, &other, &one, &other] {
        who.meet().await.unwrap();
    }
    assert_eq!(one.used(), [(13.0, 2.0), (20.0, 1.0)]);
    assert_eq!(other.used(), one.used());
    other.call(0, 1);
    other.meet().await.unwrap();
    one.meet().await.unwrap();
    assert_eq!(one.used(), [(14.0, 3.0), (20.0, 1.0)]);
}

#[tokio::test]
async fn who_fails_one_is_left_alone_by_all() {
    let Some(redis) = servers::Redis::start() else { return };
    let (one, other) = (Process::at(&redis), Process::at(&redis));
    let ask = |target: usize| [target == 0, target == 1];
    let pick = |process: &Process, target| {
        let candidates = ask(target);
        let ask = Ask { hash: None, candidates: &candidates, tried: &[], nearest: None };
        process.balancer.pick(&ask, Instant::now())
    };
    pick(&one, 0).unwrap().failed(Failure::Error, Instant::now());
    pick(&one, 1).unwrap().set_aside(Instant::now() + Duration::from_secs(60));
    for who in [&one, &other] {
        who.meet().await.unwrap();
    }
    assert!(pick(&other, 0).is_err() && pick(&other, 1).is_err());
    let standings = other.standings();
    let near = |left: Option<Duration>, seconds: u64| {
        left.is_some_and(|left| left.abs_diff(Duration::from_secs(seconds)) < Duration::from_secs(5))
    };
    assert!(near(standings[0].open, 10) && near(standings[1].aside, 60), "{standings:?}");
    // What was told is not told back: Redis forgets it in time.
    redis.ask(&[
        "EVAL",
        "for _, key in ipairs(redis.call('KEYS', '*:open')) do redis.call('DEL', key) end",
        "0",
    ]);
    other.meet().await.unwrap();
    assert_eq!(redis.ask(&["KEYS", "*:open"]), "");
}

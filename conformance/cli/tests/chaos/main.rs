//! Four providers that fail in every way there is, behind one gateway, and twenty thousand calls: none is lost that a target could have
//! served, none gets another's answer, and at the end the gateway has counted as the providers have.
//!
//! What fails is in the words of each call, a marker for each provider, which the mocks' scripts know. So which calls must be answered is
//! known beforehand, whatever the order of things.

mod client;
mod faults;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gateway::config::Config;
use gateway::{Gateway, Limits, Settings, StatusAddress};
use mocks::{JournalLimits, Mocks, Options};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::timeout;

use client::{Client, Reply};
use faults::{Chance, LATE, PROVIDERS, Plan};

/// Calls that are under way at once.
const AT_ONCE: usize = 48;
/// The routes, each with an algorithm, and how many calls it gets.
const ROUTES: [(&str, usize); 8] = [
    ("round-robin", 3_000),
    ("least-connections", 3_000),
    ("lowest-usage", 3_000),
    ("lowest-latency", 3_000),
    ("consistent-hashing", 2_000),
    ("priority", 2_000),
    ("late", 1_000),
    ("phases", 3_000),
];
/// Within which all must be over, however slow the machine is.
const WITHIN: Duration = Duration::from_secs(600);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_is_lost_that_a_target_could_have_served() {
    timeout(WITHIN, chaos()).await.expect("a bounded time");
}

async fn chaos() {
    let journal = JournalLimits { entries: 1, bytes: 1, ..JournalLimits::default() };
    let mocks =
        mocks::start_with(Options { threads: 2, journal, ..Options::default() }).await.expect("mocks");
    faults::teach(&mocks);
    let gateway = start(&mocks);
    let mut seen = BTreeMap::new();
    for (route, calls) in ROUTES {
        seen.insert(route, play(&gateway, route, calls).await);
    }
    let status = Client::get(gateway.status_addr().expect("it has one"), "/status.json").await;
    check(&status, &seen);
    gateway.shutdown().await;
    mocks.shutdown().await;
}

/// What became of the calls of one route.
#[derive(Debug, Default)]
struct Seen {
    served: usize,
    /// Every target would have failed.
    refused: usize,
    /// Broken off behind their beginning.
    broken: usize,
    /// Tokens that the clients were told of, by provider.
    tokens: BTreeMap<String, u64>,
}

/// Calls at one route. With phases, the targets that fail are the same for all calls of one, which is over before the next begins.
async fn play(gateway: &Gateway, route: &'static str, calls: usize) -> Seen {
    let phase = if route == "phases" { 300 } else { calls };
    let mut seen = Seen::default();
    for first in (0..calls).step_by(phase) {
        let next = Arc::new(AtomicUsize::new(first));
        let mut workers = JoinSet::new();
        for _ in 0..AT_ONCE {
            let (next, addr) = (Arc::clone(&next), gateway.addr());
            workers.spawn(async move {
                let (mut client, mut seen) = (Client::connect(addr).await, Seen::default());
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= first + phase {
                        return seen;
                    }
                    let plan = plan(route, number, phase);
                    let reply = client.ask(&format!("/{route}"), &plan).await;
                    seen.note(&plan, &reply);
                }
            });
        }
        while let Some(worker) = workers.join_next().await {
            seen.add(worker.expect("what a call must be"));
        }
    }
    seen
}

fn plan(route: &str, number: usize, phase: usize) -> Plan {
    let mut chance = Chance::of(route, number);
    match route {
        "late" => Plan::late(route, number, &mut chance),
        // Two of the four are well, and one of them stays so in the next phase.
        "phases" => Plan::phase(route, number, number / phase, &mut chance),
        _ => Plan::any(route, number, &mut chance),
    }
}

impl Seen {
    /// Notes what became of a call, and whether it was right.
    fn note(&mut self, plan: &Plan, reply: &Reply) {
        let text = reply.text();
        if reply.status != 200 {
            assert!(plan.is_hopeless(), "lost, with {}: {plan:?}\n{}", reply.status, reply.body);
            let error = reply.json();
            assert!(error["error"]["message"].is_string(), "an error: {}", reply.body);
            self.refused += 1;
            return;
        }
        let said = format!("You said: {}", plan.words());
        if reply.is_complete() {
            assert!(!plan.is_hopeless(), "nobody could have served {plan:?}");
            assert!(text.ends_with(&said), "another's answer: {text}\n{plan:?}");
            self.served += 1;
            *self.tokens.entry(reply.provider()).or_default() += reply.tokens();
            return;
        }
        assert!(plan.may_break() && reply.tells_an_error(), "broken off: {plan:?}\n{}", reply.body);
        assert!(format!("This is a mock's answer. {said}").starts_with(&text), "another's: {text}\n{plan:?}");
        self.broken += 1;
    }

    fn add(&mut self, other: Self) {
        self.served += other.served;
        self.refused += other.refused;
        self.broken += other.broken;
        for (provider, tokens) in other.tokens {
            *self.tokens.entry(provider).or_default() += tokens;
        }
    }
}

/// Holds what the gateway counted against what its clients saw.
fn check(status: &Value, seen: &BTreeMap<&str, Seen>) {
    for (route, calls) in ROUTES {
        let seen = &seen[route];
        println!("{route}: {} served, {} refused, {} broken off", seen.served, seen.refused, seen.broken);
        assert_eq!(seen.served + seen.refused + seen.broken, calls, "{route}");
        let all = status["routes"].as_array().expect("routes");
        let told = all.iter().find(|told| told["name"] == route).expect("the route");
        assert_eq!(told["calls"], calls, "{route}");
        assert_eq!(told["failed"], seen.refused + seen.broken, "{route}: {told:#}");
        for target in told["targets"].as_array().expect("targets") {
            assert_eq!(target["in_flight"], 0, "{route}: {target:#}");
            let provider = target["provider"].as_str().expect("a name");
            // Of a call that broke off, the gateway knows what the client was not told.
            let tokens = seen.tokens.get(provider).copied().unwrap_or_default();
            // So it does of one that a busy machine kept too long.
            if route == "late" || target["failures"]["timeout"].is_number() {
                assert!(target["tokens"]["total"].as_u64() >= Some(tokens), "{route}: {target:#}");
            } else {
                assert_eq!(target["tokens"]["total"], tokens, "{route}: {target:#}");
            }
        }
        let tries = sum(told, "tries");
        assert_eq!(tries, seen_tries(told, seen), "{route}: {told:#}");
    }
    assert_eq!(status["calls"]["in_flight"], 0);
    assert!(seen["late"].broken > 0 && seen["late"].served > 0, "both happen");
    assert!(seen.values().map(|seen| seen.refused).sum::<usize>() > 0, "some are hopeless");
}

/// Every try was answered, or failed.
fn seen_tries(told: &Value, seen: &Seen) -> u64 {
    sum(told, "failed") + u64::try_from(seen.served).expect("a count")
}

fn sum(told: &Value, member: &str) -> u64 {
    let targets = told["targets"].as_array().expect("targets").iter();
    targets.map(|target| target[member].as_u64().expect("a count")).sum()
}

fn start(mocks: &Mocks) -> Gateway {
    let routes: Vec<Value> = ROUTES.iter().map(|(name, _)| route(mocks, name)).collect();
    let service = json!({"name": "chaos", "host": "localhost", "routes": routes});
    let file = json!({"_format_version": "3.0", "services": [service]}).to_string();
    let config = Config::parse(&file, &|_| None).unwrap_or_else(|errors| panic!("{errors}"));
    let here = "127.0.0.1:0".parse().expect("an address");
    let settings = Settings {
        status: Some(StatusAddress::At(here)),
        threads: 2,
        limits: Limits::default(),
        ..Settings::new(here)
    };
    Gateway::start(config, settings).expect("a gateway")
}

fn route(mocks: &Mocks, name: &str) -> Value {
    let targets: Vec<Value> =
        PROVIDERS.iter().enumerate().map(|(rank, provider)| target(mocks, provider, rank)).collect();
    let algorithm = if [LATE, "phases"].contains(&name) { "round-robin" } else { name };
    let mut balancer = json!({
        "algorithm": algorithm, "hash_on_header": "x-session", "retries": 3, "read_timeout": 10_000,
        "failover_criteria": ["error", "timeout", "invalid_header", "non_idempotent", "http_403", "http_404", "http_429",
            "http_500", "http_502", "http_503", "http_504"],
    });
    if name == "phases" {
        balancer["max_fails"] = json!(5);
        balancer["fail_timeout"] = json!(30);
    }
    let plugins =
        json!([{"name": "ai-proxy-advanced", "config": {"targets": targets, "balancer": balancer}}]);
    json!({"name": name, "paths": [format!("/{name}")], "plugins": plugins})
}

fn target(mocks: &Mocks, provider: &str, rank: usize) -> Value {
    let key = mocks.credentials().key(provider);
    let (header, value) = match provider {
        "anthropic" => ("x-api-key", key.to_owned()),
        _ => ("Authorization", format!("Bearer {key}")),
    };
    let mut target = json!({
        "route_type": "llm/v1/chat", "weight": 400 - 100 * rank, "logging": {"log_statistics": true},
        "auth": {"header_name": header, "header_value": value},
        "model": {"provider": provider, "name": "m", "options": {"upstream_url": mocks.url(provider)}},
    });
    let options = &mut target["model"]["options"];
    let path = match provider {
        "anthropic" => {
            options["anthropic_version"] = json!("2023-06-01");
            options["max_tokens"] = json!(4096);
            "/v1/messages"
        }
        "cohere" => "/v2/chat",
        "mistral" => {
            options["mistral_format"] = json!("openai");
            "/v1/chat/completions"
        }
        _ => "/v1/chat/completions",
    };
    options["upstream_url"] = json!(format!("{}{path}", mocks.url(provider)));
    target
}

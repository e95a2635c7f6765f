//! Targets that calls are simulated on, in a time that the test makes.

mod laws;
#[cfg(feature = "redis")]
mod shared;
mod simulations;
mod states;

use serde_json::{Value, json};

use super::*;
use crate::config::{Config, Route};

/// A route as a file has it.
fn route(weights: &[u16], settings: &Value) -> Arc<Route> {
    let targets: Vec<Value> =
        weights.iter().enumerate().map(|(number, weight)| target(number, *weight)).collect();
    of(&targets, settings)
}

/// The target of this number.
fn target(number: usize, weight: u16) -> Value {
    json!({"route_type": "llm/v1/chat", "weight": weight, "description": number.to_string(), "model": {
        "provider": "openai", "name": "m", "options": {"upstream_url": format!("http://host-{number}")}}})
}

fn of(targets: &[Value], settings: &Value) -> Arc<Route> {
    let mut config = json!({"targets": targets, "balancer": settings});
    if settings["algorithm"] == "semantic" {
        config["embeddings"] = json!({"model": {"provider": "openai", "name": "e"}});
    }
    let plugins = json!([{"name": "ai-proxy-advanced", "config": config}]);
    let service = json!({"name": "s", "host": "h", "routes": [{"paths": ["/"], "plugins": plugins}]});
    let file = json!({"_format_version": "3.0", "services": [service]}).to_string();
    let config = Config::parse(&file, &|_| None).unwrap_or_else(|errors| panic!("{errors}"));
    Arc::clone(&config.router.routes()[0])
}

fn balancer(route: &Route) -> Arc<Balancer> {
    renewed(route, None)
}

fn renewed(route: &Route, before: Option<&Balancer>) -> Arc<Balancer> {
    let settings = route.plugin.balancer.as_ref().unwrap();
    Arc::new(Balancer::new(settings, &route.plugin.targets, before))
}

/// A balancer of targets with these weights.
fn among(weights: &[u16], settings: &Value) -> Arc<Balancer> {
    balancer(&route(weights, settings))
}

impl Balancer {
    /// A call that may go anywhere and was nowhere yet.
    fn any(self: &Arc<Self>, now: Instant) -> Result<Pick, Out> {
        self.ask(None, &[], now)
    }

    fn ask(self: &Arc<Self>, hash: Option<&[u8]>, tried: &[usize], now: Instant) -> Result<Pick, Out> {
        let candidates = vec![true; self.targets.len()];
        self.pick(&Ask { hash, candidates: &candidates, tried, nearest: None }, now)
    }
}

/// What a call took, of so many tokens in so much time.
fn took(tokens: u64, latency: Duration) -> Spent {
    Spent { prompt: 0, completion: tokens, cost: 0.0, latency: Some(latency) }
}

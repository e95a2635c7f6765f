//! What counting a call costs, and that cores do not lose each other's.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use translate::delta::Usage;

use super::{Metrics, Views};
use crate::config::{Config, Route};
use crate::statistics::{Facts, Latencies, Mode, Observer};

/// A route with everything on, whose clients choose their models.
pub(crate) fn route() -> Arc<Route> {
    let file = r#"{"_format_version": "3.0", "services": [{"name": "ai", "host": "localhost", "routes": [{"name": "chat", "paths": ["/chat"],
        "plugins": [{"name": "ai-proxy", "config": {"route_type": "llm/v1/chat", "model": {"provider": "openai"}, "logging": {"log_statistics": true}}},
        {"name": "prometheus", "config": {"ai_metrics": true, "latency_metrics": true, "status_code_metrics": true}}]}]}]}"#;
    let config = Config::parse(file, &|_| None).unwrap();
    Arc::clone(&config.router.routes()[0])
}

pub(crate) fn facts<'f>(route: &'f Route, usage: &'f Usage, model: &'f str) -> Facts<'f> {
    Facts {
        request_id: "r",
        route: Some(route),
        target: Some(&route.plugin.targets[0]),
        consumer: Some("somebody"),
        provider: Some("openai"),
        request_model: Some(model),
        response_model: Some("gpt-5-2026-01-01"),
        mode: Mode::Stream,
        status: 200,
        outcome: "done",
        upstream_status: Some(200),
        upstream_id: None,
        close_code: None,
        dropped: None,
        usage: Some(usage),
        estimated: false,
        cost: Some(0.5),
        latencies: Latencies {
            total: Duration::from_millis(900),
            gateway: Duration::from_micros(90),
            upstream: Some(Duration::from_millis(890)),
            first: Some(Duration::from_millis(200)),
        },
        ended: SystemTime::now(),
        tried: &[],
        pick: None,
        running: None,
        bytes: [100, 1000],
        payloads: None,
        wire: None,
    }
}

/// Nanoseconds that this thread has been at work; 0, where nobody counts them.
fn busy() -> u64 {
    let counted = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    counted.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or_default()
}

/// A call that is like an earlier one, at its target.
#[test]
fn counting_a_call_allocates_nothing() {
    let (route, metrics) = (route(), Metrics::new());
    let usage = Usage { prompt: 10, completion: 20, ..Usage::default() };
    let meter = metrics.meter(&route, 0);
    let count = || {
        let (_call, running) = (metrics.begin(), meter.begin());
        metrics.observe(&Facts { running: Some(&running), ..facts(&route, &usage, "gpt-5") });
    };
    count();
    let info = allocation_counter::measure(|| (0..1000).for_each(|_| count()));
    assert_eq!(info.count_total, 0);
    let began = busy();
    (0..100_000).for_each(|_| count());
    println!("{} ns a call", (busy() - began) / 100_000);
}

#[test]
fn cores_count_apart_and_lose_nothing() {
    const CALLS: u64 = 20_000;
    let (route, metrics) = (route(), Metrics::new());
    std::thread::scope(|scope| {
        for core in 0..4 {
            let (route, metrics) = (&route, &metrics);
            scope.spawn(move || {
                let usage = Usage { prompt: 1, completion: core, ..Usage::default() };
                let began = busy();
                (0..CALLS).for_each(|_| metrics.observe(&facts(route, &usage, "gpt-5")));
                println!("{} ns a call on one of four cores", (busy() - began) / CALLS);
            });
        }
        // Somebody looks meanwhile.
        (0..20).for_each(|_| drop(metrics.counted()));
    });
    let counted = metrics.counted();
    let (key, row) = counted.rows.first_key_value().unwrap();
    assert_eq!((counted.rows.len(), row.calls, row.whole.count()), (1, 4 * CALLS, 4 * CALLS));
    assert_eq!((row.tokens.prompt, row.tokens.completion), (4 * CALLS, 6 * CALLS));
    assert!(key.views.has(Views::AI) && key.views.has(Views::LATENCY) && !key.views.has(Views::BANDWIDTH));
}

#[test]
fn rows_are_bounded_whatever_clients_choose() {
    let (route, metrics) = (route(), Metrics::new());
    let usage = Usage::default();
    for number in 0..5000 {
        let (model, consumer) = (format!("m{number}"), format!("c{number}"));
        metrics.observe(&Facts { consumer: Some(&consumer), ..facts(&route, &usage, &model) });
    }
    let rows = metrics.counted().rows;
    assert_eq!(rows.len(), super::table::ROWS + 1, "and one for all that found no room");
    assert_eq!(rows.values().map(|row| row.calls).sum::<u64>(), 5000);
}

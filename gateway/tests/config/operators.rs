//! The plugins that say what operators see.

use gateway::config::{Config, OpenTelemetry, Prometheus, Propagation};
use serde_json::{Value, json};

use super::parse;

/// A file with plugins at the top, and one at the route.
fn file(everywhere: &[Value], route: &[Value]) -> String {
    let mut plugins = vec![
        json!({"name": "ai-proxy", "config": {"route_type": "llm/v1/chat", "model": {"provider": "openai"}}}),
    ];
    plugins.extend_from_slice(route);
    json!({"_format_version": "3.0", "plugins": everywhere, "services": [{"name": "ai", "host": "localhost",
        "routes": [{"name": "chat", "paths": ["/chat"], "plugins": plugins}]}]})
    .to_string()
}

fn read(everywhere: &[Value], route: &[Value]) -> Config {
    parse(&file(everywhere, route)).unwrap_or_else(|errors| panic!("{errors}"))
}

fn prometheus(config: &Config) -> Option<Prometheus> {
    config.router.routes()[0].plugins.prometheus
}

#[test]
fn metrics_are_off_unless_asked_for_and_the_routes_own_plugin_wins() {
    assert_eq!(prometheus(&read(&[], &[])), None);
    let bare = json!({"name": "prometheus"});
    assert_eq!(prometheus(&read(std::slice::from_ref(&bare), &[])), Some(Prometheus::default()));
    let all = json!({"name": "prometheus", "config": {"ai_metrics": true, "latency_metrics": true, "bandwidth_metrics": true,
        "status_code_metrics": true, "per_consumer": true, "upstream_health_metrics": true, "wasm_metrics": true}});
    let everything = Prometheus {
        ai: true,
        latency: true,
        bandwidth: true,
        status_code: true,
        per_consumer: true,
        upstream_health: true,
    };
    assert_eq!(prometheus(&read(std::slice::from_ref(&bare), std::slice::from_ref(&all))), Some(everything));
    assert_eq!(prometheus(&read(&[all], &[bare])), Some(Prometheus::default()));
}

/// What is said of `config` for `opentelemetry`, besides that a build cannot send it.
fn telemetry(config: &Value) -> Result<OpenTelemetry, Vec<String>> {
    let text = file(&[json!({"name": "opentelemetry", "config": config})], &[]);
    match parse(&text) {
        Ok(config) => {
            let plugin = config.router.routes()[0].plugins.opentelemetry.clone();
            Ok((*plugin.expect("it holds everywhere")).clone())
        }
        Err(errors) => {
            let errors = errors.all().iter().map(|error| format!("{}: {}", error.path, error.problem));
            Err(errors.filter(|error| !error.contains("feature 'otlp'")).collect())
        }
    }
}

#[test]
fn a_build_that_cannot_send_telemetry_says_so() {
    let text =
        file(&[json!({"name": "opentelemetry", "config": {"traces_endpoint": "http://a/v1/traces"}})], &[]);
    let refused = parse(&text).err().map(|errors| errors.to_string());
    if cfg!(feature = "otlp") {
        assert_eq!(refused, None);
    } else {
        let refused = refused.expect("it is refused");
        assert!(refused.contains("build it with the feature 'otlp'"), "{refused}");
    }
}

#[test]
#[cfg(feature = "otlp")]
fn telemetry_has_kongs_defaults() {
    use std::time::Duration;

    use gateway::config::{Queue, SamplingStrategy};

    let read = telemetry(&json!({"endpoint": "http://a/old"})).unwrap();
    let second = Duration::from_secs(1);
    assert_eq!(read.traces.unwrap().to_string(), "http://a/old");
    assert_eq!((read.metrics, read.headers.len(), read.resource.len()), (None, 0, 0));
    assert_eq!((read.connect, read.exchange), (second, 5 * second));
    assert_eq!((read.sampling, read.strategy), (None, SamplingStrategy::ParentDrop));
    assert_eq!(read.propagation, Propagation { extract: true, inject: true });
    let queue = Queue { max_batch_size: 200, ..Queue::default() };
    assert_eq!(read.queue, queue);
    let metrics =
        telemetry(&json!({"metrics": {"endpoint": "http://a/v1/metrics"}})).unwrap().metrics.unwrap();
    assert!(!metrics.ai && !metrics.latency && !metrics.request && metrics.interval.is_none());
    let older = telemetry(&json!({"endpoint": "http://a", "batch_span_count": 7, "batch_flush_delay": 3}));
    let older = older.unwrap().queue;
    assert_eq!((older.max_batch_size, older.max_coalescing_delay), (7, 3 * second));
    let once = telemetry(&json!({"endpoint": "http://a", "queue": {"max_retry_time": -1}}));
    assert_eq!(once.unwrap().queue.max_retry_time, None);
}

#[test]
fn whose_trace_a_call_belongs_to_is_read_as_kong_reads_it() {
    for (config, extract, inject) in [
        (json!({"header_type": "ignore"}), false, true),
        (json!({"header_type": "w3c"}), true, true),
        (json!({"header_type": "ignore", "propagation": {"extract": ["w3c"]}}), true, false),
        (json!({"propagation": {"inject": ["w3c"]}}), false, true),
        (json!({"propagation": {"extract": ["w3c"], "inject": ["preserve"], "clear": ["x"]}}), true, true),
        (json!({"propagation": {"default_format": "w3c"}}), true, true),
    ] {
        let mut config = config;
        config["traces_endpoint"] = json!("http://a");
        match telemetry(&config) {
            Ok(read) => assert_eq!(read.propagation, Propagation { extract, inject }, "{config}"),
            Err(errors) => assert_eq!(errors, Vec::<String>::new(), "{config}"),
        }
    }
}

#[test]
fn what_telemetry_cannot_be_is_told() {
    let path = "plugins[0].config";
    for (config, said) in [
        (
            json!({}),
            format!(
                "{path}: at least one of these fields must be non-empty: 'traces_endpoint', 'metrics.endpoint'"
            ),
        ),
        (
            json!({"traces_endpoint": "ftp://a"}),
            format!("{path}.traces_endpoint: expected one of: http, https"),
        ),
        (
            json!({"traces_endpoint": "http://a", "header_type": "b3"}),
            format!("{path}.header_type: 'b3' is not supported yet by this gateway"),
        ),
        (
            json!({"traces_endpoint": "http://a", "sampling_rate": 2}),
            format!("{path}.sampling_rate: value should be between 0 and 1"),
        ),
        (
            json!({"traces_endpoint": "http://a", "logs_endpoint": "http://a"}),
            format!("{path}.logs_endpoint: not supported yet by this gateway"),
        ),
        (
            json!({"traces_endpoint": "http://a", "queue": {"max_batch_size": 0}}),
            format!("{path}.queue.max_batch_size: value should be between 1 and 1000000"),
        ),
        (
            json!({"traces_endpoint": "http://a", "headers": {"a b": "c"}}),
            format!("{path}.headers.a b: invalid header name"),
        ),
        (
            json!({"traces_endpoint": "http://a", "resource_attributes": {"service.name": ""}}),
            format!("{path}.resource_attributes.service.name: required field missing"),
        ),
    ] {
        let errors = telemetry(&config).expect_err("it is refused");
        assert!(errors.contains(&said), "{said:?} is not in {errors:?}");
    }
}

//! Metrics as others read them.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use gateway::Gateway;
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::serve::client::{Client, Reply};

/// The value of every sample, by name and labels as a line has them, those in the order of their names.
pub(crate) type Samples = BTreeMap<String, f64>;

/// One look at what operators see.
pub(crate) async fn look(gateway: &Gateway, path: &str, fields: &str) -> Reply {
    let mut client = Client::connect(gateway.status_addr().expect("operators may look")).await;
    client.write(&format!("GET {path} HTTP/1.1\r\nhost: gateway\r\n{fields}\r\n")).await;
    client.reply().await
}

/// What Prometheus is told once the calls that are over are so many.
pub(crate) async fn after(gateway: &Gateway, calls: u32) -> String {
    let mut clock = tokio::time::interval(Duration::from_millis(2));
    let wait = async {
        loop {
            clock.tick().await;
            let text = look(gateway, "/metrics", "").await.text().to_owned();
            let samples = read(&text);
            let over: f64 = sum(&samples, "touchstone_calls_total{");
            let running = samples["touchstone_calls_in_flight"];
            if over == f64::from(calls) && running == 0.0 {
                return text;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.expect("all calls end")
}

/// What all samples that begin so come to.
pub(crate) fn sum(samples: &Samples, start: &str) -> f64 {
    samples.iter().filter(|(name, _)| name.starts_with(start)).map(|(_, value)| value).sum()
}

/// The samples as `prometheus-parse` reads them.
pub(crate) fn read(text: &str) -> Samples {
    use prometheus_parse::{Scrape, Value};
    let lines = text.lines().map(|line| Ok(line.to_owned()));
    let scrape = Scrape::parse(lines).expect("metrics that can be read");
    let mut samples = Samples::new();
    for sample in scrape.samples {
        let labels: BTreeMap<String, String> =
            sample.labels.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let mut put = |name: &str, bound: Option<f64>, value| {
            let mut labels = labels.clone();
            labels.extend(bound.map(|bound| ("le".to_owned(), bound_text(bound))));
            assert_eq!(samples.insert(key(name, &labels), value), None, "{name} {labels:?} twice");
        };
        match sample.value {
            Value::Counter(value) | Value::Gauge(value) | Value::Untyped(value) => {
                put(&sample.metric, None, value);
            }
            Value::Histogram(buckets) => {
                for bucket in buckets {
                    put(&format!("{}_bucket", sample.metric), Some(bucket.less_than), bucket.count);
                }
            }
            Value::Summary(_) => panic!("there are none"),
        }
    }
    samples
}

/// The samples as Prometheus' Python client reads them; `None`, where that is missing, which is said.
pub(crate) async fn read_by_python(text: &str, format: &str) -> Option<Samples> {
    let python = python().await?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/serve/metrics/parse.py");
    let mut child = Command::new(python)
        .args([script, format])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
    let read: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let sample = |sample: &Value| {
        let labels = sample["labels"].as_object().unwrap().iter();
        let labels = labels.map(|(name, value)| {
            let value = value.as_str().unwrap();
            let value = match value.parse() {
                Ok(bound) if name == "le" => bound_text(bound),
                _ => value.to_owned(),
            };
            (name.clone(), value)
        });
        (key(sample["name"].as_str().unwrap(), &labels.collect()), sample["value"].as_f64().unwrap())
    };
    Some(read.iter().map(sample).collect())
}

/// An interpreter that has the client: Debian's own has it from `python3-prometheus-client`.
async fn python() -> Option<&'static str> {
    for python in ["/usr/bin/python3", "python3"] {
        let mut probe = Command::new(python);
        let probe = probe.args(["-c", "import prometheus_client.openmetrics"]).stderr(Stdio::null());
        if probe.status().await.is_ok_and(|status| status.success()) {
            return Some(python);
        }
    }
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "python3-prometheus-client is missing");
    eprintln!("skipped: no Python has prometheus_client (Debian: python3-prometheus-client)");
    None
}

fn bound_text(bound: f64) -> String {
    if bound == f64::INFINITY { "+Inf".to_owned() } else { bound.to_string() }
}

fn key(name: &str, labels: &BTreeMap<String, String>) -> String {
    let labels: Vec<_> = labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    if labels.is_empty() { name.to_owned() } else { format!("{name}{{{}}}", labels.join(",")) }
}

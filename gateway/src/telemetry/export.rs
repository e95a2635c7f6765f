//! What goes to a collector, and how it is taken.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::Uri;
use rustls::ClientConfig;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::attribute::Attributes;
use super::instruments;
use super::protobuf::Message;
use super::span::nanos;
use crate::config::{OpenTelemetry, PushedMetrics};
use crate::egress::Ways;
use crate::metrics::Counter;
use crate::statistics::{Deliver, Endpoint};
use crate::upstream::Timeouts;

/// Kong's `push_interval` where nothing is said of it.
const INTERVAL: Duration = Duration::from_secs(60);
/// How long an idle connection to a collector is kept.
const KEEPALIVE: Duration = Duration::from_secs(120);
/// Who speaks. <https://opentelemetry.io/docs/specs/otel/glossary/#instrumentation-scope>
const SCOPE: (&str, &str) = ("touchstone", env!("CARGO_PKG_VERSION"));

pub(super) fn endpoint(settings: &OpenTelemetry, url: &Uri, way: (&Arc<ClientConfig>, &Ways)) -> Endpoint {
    let mut fields = vec![("content-type", "application/x-protobuf")];
    fields.extend(settings.headers.iter().map(|(name, value)| (name.as_str(), value.expose())));
    let within = settings.exchange;
    let timeouts = Timeouts { connect: settings.connect, write: within, read: within, call: 2 * within };
    Endpoint::new(("POST", url), &fields, timeouts, KEEPALIVE, way)
}

/// Takes spans, each encoded, and sends them in one request.
pub(super) struct Spans {
    endpoint: Endpoint,
    /// `resource`, and what stands before the spans of a scope, both encoded.
    resource: Arc<[u8]>,
    scope: Vec<u8>,
}

impl Spans {
    pub(super) fn new(endpoint: Endpoint, resource: Arc<[u8]>) -> Self {
        Self { endpoint, resource, scope: scope() }
    }

    /// `ExportTraceServiceRequest`.
    fn request(&self, spans: &[Bytes]) -> Vec<u8> {
        let mut scoped = Message::default();
        scoped.bytes(1, &self.scope);
        for span in spans {
            scoped.bytes(2, span);
        }
        let scoped = scoped.into_bytes();
        let mut request = Message::default();
        request.message(1, |of_resource| {
            of_resource.bytes(1, &self.resource).bytes(2, &scoped);
        });
        request.into_bytes()
    }
}

impl Deliver for Spans {
    fn name(&self) -> &str {
        &self.endpoint.name
    }

    /// All of them, or none.
    async fn deliver(&mut self, spans: &[Bytes]) -> (usize, Result<(), String>) {
        let request = self.request(spans);
        match self.endpoint.send(request.len(), |out| out.extend_from_slice(&request)).await {
            Ok(status) if status < 300 => (spans.len(), Ok(())),
            Ok(status) => (0, Err(format!("it answered with {status}"))),
            Err(fault) => (0, Err(fault.to_string())),
        }
    }
}

/// Sends metrics, again and again, until `end`.
pub(super) async fn push(
    endpoint: Endpoint,
    resource: Arc<[u8]>,
    metrics: PushedMetrics,
    counter: Arc<Counter>,
    end: Arc<Notify>,
) {
    let started = nanos(SystemTime::now());
    let interval = metrics.interval.unwrap_or(INTERVAL);
    let mut due = Instant::now() + interval;
    loop {
        let is_over = timeout_at(due, end.notified()).await.is_ok();
        due = Instant::now() + interval;
        let mut scoped = Message::default();
        scoped.bytes(1, &scope());
        let now = nanos(SystemTime::now());
        let before = scoped.len();
        instruments::write(&mut scoped, 2, &counter.rows(), &metrics, (started, now));
        if scoped.len() > before {
            let scoped = scoped.into_bytes();
            // `ExportMetricsServiceRequest`.
            let mut request = Message::default();
            request.message(1, |of_resource| {
                of_resource.bytes(1, &resource).bytes(2, &scoped);
            });
            let request = request.into_bytes();
            let sent = endpoint.send(request.len(), |out| out.extend_from_slice(&request)).await;
            let problem = match sent {
                Ok(status) if status < 300 => None,
                Ok(status) => Some(format!("it answered with {status}")),
                Err(fault) => Some(fault.to_string()),
            };
            if let Some(error) = problem {
                tracing::warn!(to = endpoint.name, error, "metrics are not taken; they go with the next");
            }
        }
        if is_over {
            return;
        }
    }
}

/// Who sends, encoded: the attributes that Kong has, and the file's.
pub(super) fn resource(settings: &OpenTelemetry) -> Vec<u8> {
    let instance = format!("{:032x}", fastrand::u128(..));
    let own =
        [("service.name", SCOPE.0), ("service.version", SCOPE.1), ("service.instance.id", instance.as_str())];
    let mut resource = Message::default();
    let mut attributes = Attributes::of(&mut resource, 1);
    let theirs = settings.resource.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let is_theirs = |name: &str| settings.resource.iter().any(|(known, _)| known == name);
    for (name, value) in own.into_iter().filter(|(name, _)| !is_theirs(name)).chain(theirs) {
        attributes.text(name, value);
    }
    resource.into_bytes()
}

fn scope() -> Vec<u8> {
    let mut scope = Message::default();
    scope.text(1, SCOPE.0).text(2, SCOPE.1);
    scope.into_bytes()
}

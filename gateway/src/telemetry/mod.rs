//! Traces and metrics of calls, sent over OTLP/HTTP to whoever collects them: Kong's plugin `opentelemetry`.
//!
//! ```text
//! Facts ─▶ spans, encoded by the core that served the call ─▶ Queue ─▶ thread ─▶ /v1/traces
//!      └─▶ a row of the core's table ──────────── every minute ─▶ thread ─▶ /v1/metrics
//! ```
//!
//! No core waits for a collector. Spans that find no room, or that nobody takes in time, are counted; metrics are sums since the
//! exporter began, so what is not taken now is taken with the next.
//!
//! <https://opentelemetry.io/docs/specs/otlp/#otlphttp>

mod attribute;
mod export;
mod instruments;
mod protobuf;
mod seen;
mod span;
mod trace;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use http::{HeaderMap, HeaderName};
use tokio::sync::Notify;

use crate::config::{OpenTelemetry, Plugins};
use crate::metrics::Counter;
use crate::statistics::{Facts, Sink, Sinks};
use seen::Seen;
pub(crate) use trace::Trace;

/// Spans that were lost since the process started.
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// How many spans found no room, or nobody to take them, since the process started.
pub(crate) fn dropped() -> u64 {
    DROPPED.load(Ordering::Relaxed)
}

/// All collectors, of all routes. Routes that say the same share one.
pub(crate) struct Telemetry {
    sinks: Arc<Sinks>,
    open: Mutex<Vec<Weak<Exporter>>>,
}

/// One of them. Dropping the last handle sends what waits, and ends it.
pub(crate) struct Exporter {
    settings: Arc<OpenTelemetry>,
    spans: Option<Sink>,
    counter: Arc<Counter>,
    /// Told once no more is counted.
    end: Arc<Notify>,
}

/// A call of which something is sent.
pub(crate) struct Traced {
    exporter: Arc<Exporter>,
    trace: Arc<Trace>,
    seen: Option<Box<Seen>>,
}

impl Telemetry {
    pub(crate) fn new(sinks: &Arc<Sinks>) -> Self {
        Self { sinks: Arc::clone(sinks), open: Mutex::default() }
    }

    /// Where telemetry of a route's calls goes.
    pub(crate) fn of(&self, plugins: &Plugins) -> Option<Arc<Exporter>> {
        let settings = plugins.opentelemetry.as_ref()?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|exporter| exporter.strong_count() > 0);
        let known = open.iter().filter_map(Weak::upgrade).find(|exporter| exporter.settings == *settings);
        Some(known.unwrap_or_else(|| {
            let exporter = Arc::new(Exporter::start(settings, &self.sinks));
            open.push(Arc::downgrade(&exporter));
            exporter
        }))
    }
}

impl Exporter {
    fn start(settings: &Arc<OpenTelemetry>, sinks: &Arc<Sinks>) -> Self {
        let resource: Arc<[u8]> = export::resource(settings).into();
        let (counter, end) = (Arc::new(Counter::new()), Arc::new(Notify::new()));
        let spans = settings.traces.clone().map(|url| {
            let (own, resource) = (Arc::clone(settings), Arc::clone(&resource));
            sinks.queue("gateway-otlp-spans", settings.queue.clone(), &DROPPED, move |tls, ways| {
                export::Spans::new(export::endpoint(&own, &url, (tls, ways)), resource)
            })
        });
        if let Some(metrics) = settings.metrics.clone() {
            let (own, counter, end) = (Arc::clone(settings), Arc::clone(&counter), Arc::clone(&end));
            sinks.task("gateway-otlp-metrics", move |tls, ways| {
                let endpoint = export::endpoint(&own, &metrics.endpoint, (tls, ways));
                export::push(endpoint, resource, metrics, counter, end)
            });
        }
        Self { settings: Arc::clone(settings), spans, counter, end }
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        self.end.notify_one();
    }
}

impl Traced {
    /// A call begins that a client asks for with these header fields.
    pub(crate) fn begin(exporter: &Arc<Exporter>, headers: &HeaderMap) -> Self {
        let trace = Trace::begin(&exporter.settings, headers);
        let seen = trace.is_sampled.then(Box::default);
        Self { exporter: Arc::clone(exporter), trace: Arc::new(trace), seen }
    }

    pub(crate) fn trace(&self) -> &Arc<Trace> {
        &self.trace
    }

    /// Another target is asked.
    pub(crate) fn next_try(&self) {
        self.trace.next_try();
    }

    /// The client's body.
    pub(crate) fn ask(&mut self, body: &[u8]) {
        if let Some(seen) = &mut self.seen {
            seen.asked = seen::Asked::of(body);
        }
    }

    /// Bytes that the client gets.
    pub(crate) fn give(&mut self, bytes: &[u8]) {
        if let Some(seen) = &mut self.seen {
            seen.give(bytes);
        }
    }

    /// Kong's `http_response_header_for_traceid`: the field that tells the client its trace.
    pub(crate) fn answer(&self) -> Option<(HeaderName, String)> {
        Some((self.exporter.settings.answer_header.clone()?, self.trace.name()))
    }

    /// The call is over.
    pub(crate) fn tell(&self, facts: &Facts<'_>) {
        if self.exporter.settings.metrics.is_some() {
            self.exporter.counter.count(facts);
        }
        if let (Some(sink), Some(seen)) = (&self.exporter.spans, &self.seen) {
            let spans = span::spans(facts, &self.trace, &seen.asked, &seen.said());
            spans.into_iter().for_each(|span| sink.put(span));
        }
    }
}

/// `gen_ai.provider.name`: the conventions' word for a provider where they have one, else Kong's.
/// <https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/>
fn provider(name: &str) -> &str {
    match name {
        "azure" => "azure.ai.openai",
        "bedrock" => "aws.bedrock",
        "gemini" => "gcp.gemini",
        "mistral" => "mistral_ai",
        "vertex" => "gcp.vertex_ai",
        "xai" => "x_ai",
        other => other,
    }
}

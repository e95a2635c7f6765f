//! Kong's `opentelemetry`: where traces and metrics go over OTLP/HTTP, and which of them.
//!
//! <https://developer.konghq.com/plugins/opentelemetry/reference/>

use std::time::Duration;

use http::{HeaderName, Uri};

use super::Queue;
use super::otel::Otel;
use crate::config::Secret;
use crate::config::env::Env;
use crate::config::error::Problem;
use crate::config::field::Field;
use crate::config::named::Named;
use crate::config::record::Record;
use crate::config::upstream::url;

/// Where telemetry of a route's calls goes.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenTelemetry {
    /// `traces_endpoint`, or its older name `endpoint`.
    pub traces: Option<Uri>,
    /// `metrics`, where it has an endpoint.
    pub metrics: Option<PushedMetrics>,
    /// `headers` of what is sent there.
    pub headers: Vec<(HeaderName, Secret)>,
    /// `resource_attributes`.
    pub resource: Vec<(String, String)>,
    /// `queue`, and the older names of its members.
    pub queue: Queue,
    /// `connect_timeout`.
    pub connect: Duration,
    /// `send_timeout` and `read_timeout`.
    pub exchange: Duration,
    /// `sampling_rate`: of which part of calls traces are told.
    pub sampling: Option<f64>,
    /// `sampling_strategy`.
    pub strategy: SamplingStrategy,
    /// `propagation` and `header_type`, as far as they concern `traceparent`.
    pub propagation: Propagation,
    /// `http_response_header_for_traceid`.
    pub answer_header: Option<HeaderName>,
}

/// Kong's `metrics` of `opentelemetry`.
#[derive(Clone, Debug, PartialEq)]
pub struct PushedMetrics {
    /// `endpoint`.
    pub endpoint: Uri,
    /// `push_interval`.
    pub interval: Option<Duration>,
    /// `enable_ai_metrics`.
    pub ai: bool,
    /// `enable_latency_metrics`.
    pub latency: bool,
    /// `enable_request_metrics`.
    pub request: bool,
    /// `enable_consumer_attribute`.
    pub consumer: bool,
}

/// Kong's `sampling_strategy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SamplingStrategy {
    /// A client that says no is obeyed; else chance decides.
    #[default]
    ParentDrop,
    /// A client is obeyed whatever it says; chance decides where it says nothing.
    Parent,
}

impl Named for SamplingStrategy {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("parent_drop_probability_fallback", Self::ParentDrop),
        ("parent_probability_fallback", Self::Parent),
    ];
}

/// Whose trace a call belongs to, and whether its upstream is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Propagation {
    /// A call belongs to the trace that its client names.
    pub extract: bool,
    /// Upstreams get a `traceparent`.
    pub inject: bool,
}

/// How long it may take to reach a collector, and each step of sending it something.
const CONNECT: Duration = Duration::from_secs(1);
const EXCHANGE: Duration = Duration::from_secs(5);
/// Spans that are sent at once.
const BATCH: u32 = 200;
/// Kong's longest time in milliseconds.
const MOST_MILLIS: i64 = 2_147_483_646;
impl OpenTelemetry {
    pub(in crate::config) fn read(record: &mut Record<'_>) -> Option<Self> {
        record.says(&[
            ("endpoint", "An older name of `traces_endpoint`."),
            ("traces_endpoint", "Where spans are sent, by OTLP over HTTP."),
            ("metrics", "Metrics that are sent."),
            ("logs_endpoint", "Not served."),
            ("access_logs", "Not served."),
            ("connect_timeout", "Milliseconds to a connection."),
            ("send_timeout", "Milliseconds for one exchange."),
            ("read_timeout", "Milliseconds for one exchange."),
            ("headers", "Headers of the requests."),
            ("resource_attributes", "What all that is sent says of this gateway."),
            ("sampling_rate", "The share of traces that is sent."),
            ("sampling_strategy", "Whether who calls decides over that."),
            ("propagation", "How traces are carried on."),
            ("header_type", "An older form of `propagation`."),
            ("http_response_header_for_traceid", "A header of replies that tells the trace's id."),
            ("queue", "What waits to be sent."),
            ("batch_span_count", "An older name of `queue.max_batch_size`."),
            ("batch_flush_delay", "An older name of `queue.max_coalescing_delay`."),
        ]);
        let otel = Otel(record.context.env);
        let older = record.get("endpoint").and_then(|field| endpoint(&field));
        let traces = record.get("traces_endpoint").map_or(older, |field| endpoint(&field));
        let traces = traces.or_else(|| otel.traces());
        let metrics = record.get("metrics").and_then(|field| field.record(PushedMetrics::read).flatten());
        let metrics = metrics.or_else(|| otel.metrics());
        for name in ["logs_endpoint", "access_logs"] {
            record.get(name).iter().for_each(|field| field.error(Problem::Unsupported));
        }
        record.rule(
            traces.is_none() && metrics.is_none(),
            "at least one of these fields must be non-empty: 'traces_endpoint', 'metrics.endpoint'",
        );
        let chance = otel.sampling();
        let send = millis(record, "send_timeout").max(millis(record, "read_timeout"));
        let read = Self {
            traces,
            metrics,
            headers: headers(record).unwrap_or_else(|| otel.headers()),
            resource: attributes(record, otel.resource()),
            connect: millis(record, "connect_timeout").unwrap_or(CONNECT),
            exchange: send.or_else(|| otel.timeout()).unwrap_or(EXCHANGE),
            sampling: record.number("sampling_rate", 0.0..=1.0).or(chance.map(|(rate, _)| rate)),
            strategy: record
                .named("sampling_strategy")
                .or(chance.map(|(_, strategy)| strategy))
                .unwrap_or_default(),
            propagation: Propagation::read(record),
            answer_header: record
                .get("http_response_header_for_traceid")
                .and_then(|field| field.parse(header_name)),
            queue: queue(record, &otel),
        };
        if cfg!(not(feature = "otlp")) {
            record.error(Problem::Rule(
                "this build cannot send telemetry: build it with the feature 'otlp'".to_owned(),
            ));
        }
        Some(read)
    }

    /// What holds for routes without the plugin: what the environment says, if it names a place to send anything to.
    pub(in crate::config) fn of_environment(env: &Env<'_>) -> Option<Self> {
        let otel = Otel(env);
        let (traces, metrics) = (otel.traces(), otel.metrics());
        if otel.is_disabled() || (traces.is_none() && metrics.is_none()) || cfg!(not(feature = "otlp")) {
            return None;
        }
        let chance = otel.sampling();
        let mut queue = Queue { max_batch_size: BATCH, ..Queue::default() };
        otel.queue(&mut queue);
        Some(Self {
            traces,
            metrics,
            headers: otel.headers(),
            resource: otel.resource(),
            connect: CONNECT,
            exchange: otel.timeout().unwrap_or(EXCHANGE),
            sampling: chance.map(|(rate, _)| rate),
            strategy: chance.map(|(_, strategy)| strategy).unwrap_or_default(),
            propagation: Propagation { extract: true, inject: true },
            answer_header: None,
            queue,
        })
    }
}

impl PushedMetrics {
    fn read(record: &mut Record<'_>) -> Option<Self> {
        record.says(&[
            ("endpoint", "Where they are sent, by OTLP over HTTP."),
            ("push_interval", "Seconds between two times."),
            ("enable_ai_metrics", "Requests, tokens and costs of models."),
            ("enable_latency_metrics", "How long calls took."),
            ("enable_request_metrics", "Calls by status."),
            ("enable_consumer_attribute", "Whether consumers are told."),
            ("enable_bandwidth_metrics", "Not served."),
            ("enable_upstream_health_metrics", "Not served."),
        ]);
        let endpoint = record.get("endpoint").and_then(|field| endpoint(&field));
        let interval = record.positive("push_interval").map(Duration::from_secs_f64);
        let interval = interval.or_else(|| Otel(record.context.env).interval());
        let mut flag = |name| record.boolean_or(name, false);
        let (ai, latency) = (flag("enable_ai_metrics"), flag("enable_latency_metrics"));
        let (request, consumer) = (flag("enable_request_metrics"), flag("enable_consumer_attribute"));
        for name in ["enable_bandwidth_metrics", "enable_upstream_health_metrics"] {
            if let Some(field) = record.get(name).filter(|field| field.boolean() == Some(true)) {
                field.error(Problem::Unsupported);
            }
        }
        Some(Self { endpoint: endpoint?, interval, ai, latency, request, consumer })
    }
}

impl Propagation {
    /// The members of `propagation` if any of them says something, else the older `header_type`. Other formats than W3C's are refused.
    fn read(record: &mut Record<'_>) -> Self {
        let older = record.get("header_type").and_then(|field| field.parse(HeaderType::of));
        let lists = record.get("propagation").and_then(|field| {
            field.record(|record| {
                record.says(&[
                    ("default_format", "`w3c`."),
                    ("clear", "Kong's own; nothing here."),
                    ("extract", "What is read of requests: `w3c`, or nothing."),
                    ("inject", "What is written into requests upstream: `w3c`, or nothing."),
                ]);
                record.get("default_format").map(|field| w3c(&field));
                record.list("clear").iter().for_each(|field| drop(field.string()));
                let mut list = |name| {
                    let field = record.get(name)?;
                    Some(field.list("an array").iter().filter(|field| w3c(field)).count() > 0)
                };
                (list("extract"), list("inject"))
            })
        });
        match (lists, older) {
            (Some((Some(extract), inject)), _) => Self { extract, inject: inject.unwrap_or_default() },
            (Some((None, Some(inject))), _) => Self { extract: false, inject },
            (_, Some(HeaderType::Ignore)) => Self { extract: false, inject: true },
            _ => Self { extract: true, inject: true },
        }
    }
}

enum HeaderType {
    Ignore,
    W3c,
}

impl HeaderType {
    fn of(text: &str) -> Result<Self, Problem> {
        match text {
            "ignore" => Ok(Self::Ignore),
            "preserve" | "w3c" => Ok(Self::W3c),
            other => Err(Problem::UnsupportedName(other.to_owned())),
        }
    }
}

/// Whether a format is W3C's, or the client's, which is the same where no other is known.
fn w3c(field: &Field<'_>) -> bool {
    let known = |text: &str| match text {
        "w3c" | "preserve" => Ok(()),
        other => Err(Problem::UnsupportedName(other.to_owned())),
    };
    field.parse(known).is_some()
}

/// `queue`, and the older names of two of its members.
fn queue(record: &mut Record<'_>, otel: &Otel<'_>) -> Queue {
    let batch = record.count("batch_span_count", 1..=1_000_000);
    let delay = record.count("batch_flush_delay", 0..=3600);
    let mut older = Queue { max_batch_size: BATCH, ..Queue::default() };
    otel.queue(&mut older);
    // What a file says is no default.
    if record.context.survey.is_none() {
        older.max_batch_size = batch.unwrap_or(older.max_batch_size);
        older.max_coalescing_delay =
            delay.map_or(older.max_coalescing_delay, |seconds| Duration::from_secs(seconds.into()));
    }
    let read = record.nested("queue", |record| Queue::or(record, &older));
    read.flatten().unwrap_or(older)
}

fn endpoint(field: &Field<'_>) -> Option<Uri> {
    field.parse(url)
}

fn millis(record: &mut Record<'_>, name: &'static str) -> Option<Duration> {
    let millis = record.integer(name, 0..=MOST_MILLIS)?;
    Some(Duration::from_millis(millis.unsigned_abs()))
}

fn headers(record: &mut Record<'_>) -> Option<Vec<(HeaderName, Secret)>> {
    let fields = record.get("headers")?.map();
    let read = fields.into_iter().filter_map(|(name, field)| {
        let value = field.parse(|text| match http::HeaderValue::from_str(text) {
            Ok(_) => Ok(Secret::new(text)),
            Err(_) => Err(Problem::Rule("invalid header value".to_owned())),
        });
        let name = header_name(name).map_err(|problem| field.error(problem)).ok();
        name.zip(value)
    });
    Some(read.collect())
}

/// The file's, and of the environment's those that it does not name.
fn attributes(record: &mut Record<'_>, environment: Vec<(String, String)>) -> Vec<(String, String)> {
    let fields = record.get("resource_attributes").map(|field| field.map()).unwrap_or_default();
    let read = fields.into_iter().filter_map(|(name, field)| {
        let value = field.parse(|text| match text {
            "" => Err(Problem::Required),
            text => Ok(text.to_owned()),
        })?;
        Some((name.to_owned(), value))
    });
    let mut all: Vec<_> = read.collect();
    let others = environment.into_iter().filter(|(name, _)| !all.iter().any(|(known, _)| known == name));
    let others: Vec<_> = others.collect();
    all.extend(others);
    all
}

fn header_name(text: &str) -> Result<HeaderName, Problem> {
    text.parse().map_err(|_| Problem::Rule("invalid header name".to_owned()))
}

//! Kong's `http-log`: a JSON object for each call, sent to a server, one by one or in batches.
//!
//! <https://developer.konghq.com/plugins/http-log/reference/>

use std::time::Duration;

use http::{HeaderName, HeaderValue, Uri, header};

use super::super::error::Problem;
use super::super::field::Field;
use super::super::named::Named;
use super::super::record::Record;
use super::super::{Secret, upstream};
use super::Queue;

/// One configured `http-log`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpLog {
    /// Where batches go.
    pub endpoint: Uri,
    /// `user:password` of the URL, which is not part of [`Self::endpoint`].
    pub user: Option<Secret>,
    /// How they are sent.
    pub method: Method,
    /// What they say they are.
    pub content_type: &'static str,
    /// How long each step of sending one may take.
    pub timeout: Duration,
    /// How long an idle connection is kept.
    pub keepalive: Duration,
    /// Header fields of each batch.
    pub headers: Vec<(HeaderName, Secret)>,
    /// What waits, and for how long.
    pub queue: Queue,
}

/// How a batch is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the methods")]
pub enum Method {
    Patch,
    #[default]
    Post,
    Put,
}

impl Named for Method {
    const NAMES: &'static [(&'static str, Self)] =
        &[("PATCH", Self::Patch), ("POST", Self::Post), ("PUT", Self::Put)];
}

/// The types that a batch may have.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum ContentType {
    #[default]
    Json,
    Utf8,
}

impl Named for ContentType {
    const NAMES: &'static [(&'static str, Self)] =
        &[("application/json", Self::Json), ("application/json; charset=utf-8", Self::Utf8)];
}

/// Kong's own defaults of its older settings, which stand for none.
const OLD_BATCH: u32 = 1;
const OLD_DELAY: f64 = 2.0;

impl HttpLog {
    /// Reads the plugin's `config`.
    pub(in crate::config) fn read(record: &mut Record<'_>) -> Option<Self> {
        record.says(&[
            ("http_endpoint", "Where records are sent."),
            ("method", "How."),
            ("content_type", "As what."),
            ("timeout", "Milliseconds to a connection, between two writes, and to an answer."),
            ("keepalive", "Milliseconds that an idle connection is kept."),
            ("headers", "Headers of the requests."),
            ("client_certificate", "Not served."),
            ("ssl_verify", "Certificates are always verified: true, or nothing."),
            ("queue", "What waits to be sent."),
            ("retry_count", "An older name; nothing any more."),
            ("queue_size", "An older name of `queue.max_batch_size`."),
            ("flush_timeout", "An older name of `queue.max_coalescing_delay`."),
        ]);
        let endpoint = record.required("http_endpoint").and_then(|field| field.parse(endpoint));
        let method = record.choice("method");
        let content_type: ContentType = record.choice("content_type");
        let timeout = milliseconds(record, "timeout", 10_000.0);
        let keepalive = milliseconds(record, "keepalive", 60_000.0);
        let headers = record.get("headers").map(|field| headers(&field)).unwrap_or_default();
        super::refuse_lua(record);
        if let Some(field) = record.get("client_certificate") {
            field.error(Problem::Unsupported);
        }
        // Certificates are always verified.
        if let Some(field) = record.get("ssl_verify").filter(|field| field.boolean() == Some(false)) {
            field.error(Problem::Unsupported);
        }
        let mut queue = record.nested("queue", Queue::read).flatten();
        // Kong reads these still, and has no use for the first.
        record.integer("retry_count", 0..=i64::from(u32::MAX));
        let batch = record.count("queue_size", 1..=1_000_000).filter(|size| *size != OLD_BATCH);
        let delay =
            record.number("flush_timeout", 0.0..=3600.0).filter(|delay| (delay - OLD_DELAY).abs() > 0.0);
        if let Some(queue) = &mut queue {
            queue.max_batch_size = batch.unwrap_or(queue.max_batch_size);
            queue.max_coalescing_delay = delay.map_or(queue.max_coalescing_delay, Duration::from_secs_f64);
        }
        let (endpoint, user) = endpoint?;
        let authorized = headers.iter().any(|(name, _)| name == header::AUTHORIZATION);
        record.rule(
            user.is_some() && authorized,
            "specifying both an 'Authorization' header and user info in 'http_endpoint' is not allowed",
        );
        let content_type = content_type.name();
        Some(Self { endpoint, user, method, content_type, timeout, keepalive, headers, queue: queue? })
    }
}

fn milliseconds(record: &mut Record<'_>, name: &'static str, default: f64) -> Duration {
    Duration::from_secs_f64(record.number_or(name, 1.0..=2_147_483_646.0, default) / 1e3)
}

/// A URL, and the credentials that stood in it.
fn endpoint(text: &str) -> Result<(Uri, Option<Secret>), Problem> {
    let Some((scheme, rest)) = text.split_once("://") else { return Ok((upstream::url(text)?, None)) };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rsplit_once('@') {
        None => Ok((upstream::url(text)?, None)),
        Some((user, host)) => {
            let plain = format!("{scheme}://{host}{}", &rest[end..]);
            // An error of the URL must not show what stood in it.
            let url = upstream::url(&plain).map_err(|_| Problem::Rule("could not parse url".to_owned()))?;
            Ok((url, Some(Secret::new(user))))
        }
    }
}

/// Header fields that a user may choose.
fn headers(field: &Field<'_>) -> Vec<(HeaderName, Secret)> {
    let fields = field.map().into_iter().filter_map(|(name, value)| {
        let rule = |text: &str| value.error(Problem::Rule(text.to_owned()));
        let Ok(name) = name.parse::<HeaderName>() else {
            rule("invalid header name");
            return None;
        };
        for (fixed, shown) in FIXED {
            if name == fixed {
                rule(&format!("cannot contain '{shown}' header"));
                return None;
            }
        }
        let text = value.string()?;
        if HeaderValue::from_str(&text).is_err() {
            rule("invalid header value");
            return None;
        }
        Some((name, Secret::new(text)))
    });
    fields.collect()
}

/// Those that say what is sent.
const FIXED: [(HeaderName, &str); 3] = [
    (header::HOST, "Host"),
    (header::CONTENT_LENGTH, "Content-Length"),
    (header::CONTENT_TYPE, "Content-Type"),
];

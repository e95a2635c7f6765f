//! Kong's other plugins, as far as this gateway runs them: one file each, with Kong's fields, defaults and rules.

mod acl;
mod ai_rate_limiting;
mod file_log;
mod http_log;
mod key_auth;
mod opentelemetry;
mod otel;
mod prometheus;
mod queue;
mod rate_limiting;

use std::sync::Arc;

use http::HeaderName;

use super::env::Env;
use super::error::Problem;
use super::field::Field;
use super::named::Named;
use super::record::Record;
use super::scope::Scoped;

pub use acl::Acl;
pub use ai_rate_limiting::{AiRateLimiting, Rule, Scope};
pub use file_log::{FileLog, Rotation};
pub use http_log::{HttpLog, Method};
pub use key_auth::KeyAuth;
pub use opentelemetry::{OpenTelemetry, Propagation, PushedMetrics, SamplingStrategy};
pub use prometheus::Prometheus;
pub use queue::Queue;
pub use rate_limiting::{PERIODS, RateLimiting};

/// What holds for a route beside the plugin that answers it: for each kind the route's own, else its service's, else the one that
/// holds everywhere; of some kinds, another for some consumers.
#[derive(Clone, Debug, Default)]
pub struct Plugins {
    /// By which names of Kong's they are known, each once.
    pub names: Vec<&'static str>,
    /// Who calls is known by a key.
    pub key_auth: Option<KeyAuth>,
    /// Which groups get in.
    pub acl: Option<Acl>,
    /// How many requests.
    pub rate_limiting: Scoped<RateLimiting>,
    /// How many tokens.
    pub ai_rate_limiting: Scoped<AiRateLimiting>,
    /// Where a line on each call goes.
    pub file_log: Option<FileLog>,
    /// Where an object for each call is sent.
    pub http_log: Option<HttpLog>,
    /// Metrics of its calls, to be read.
    pub prometheus: Option<Prometheus>,
    /// Traces and metrics of its calls, to be sent.
    pub opentelemetry: Option<Arc<OpenTelemetry>>,
}

impl Plugins {
    /// Adds what the environment asks for where the file says nothing of it.
    pub(super) fn complete(&mut self, env: &Env<'_>) {
        if self.opentelemetry.is_none() {
            self.opentelemetry = OpenTelemetry::of_environment(env).map(Arc::new);
        }
    }
}

/// No plugin runs code of the file's.
fn refuse_lua(record: &mut Record<'_>) {
    record.says(&[("custom_fields_by_lua", "Not served: may stand there empty.")]);
    if let Some(field) = record.get("custom_fields_by_lua").filter(|field| !field.is_empty_container()) {
        field.error(Problem::Unsupported);
    }
}

/// Who has a counter of their own. Who is not known by that is known by their address.
#[derive(Clone, Debug, PartialEq)]
pub enum By {
    /// Each consumer.
    Consumer,
    /// Each consumer group for which the plugin holds.
    ConsumerGroup,
    /// Each key.
    Credential,
    /// Each value of a header.
    Header(HeaderName),
    /// Each address.
    Ip,
    /// All who call this path.
    Path(String),
    /// All who call one service.
    Service,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Consumer,
    ConsumerGroup,
    Credential,
    Header,
    Ip,
    Path,
    Service,
}

impl Named for Kind {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("consumer", Self::Consumer),
        ("consumer-group", Self::ConsumerGroup),
        ("credential", Self::Credential),
        ("header", Self::Header),
        ("ip", Self::Ip),
        ("path", Self::Path),
        ("service", Self::Service),
    ];
}

impl By {
    fn read(record: &mut Record<'_>, name: &'static str) -> Option<Self> {
        record.says(&[
            (name, "Who has a counter of their own."),
            ("header_name", "The header by whose values it is counted."),
            ("path", "The path whose callers have a counter together."),
        ]);
        record.default(name, Kind::Consumer.name());
        let kind = record.get(name).map_or(Some(Kind::Consumer), |field| field.named());
        let (header, path) = (record.get("header_name"), record.get("path"));
        let needs = |kind_needed, field: &Option<Field<'_>>, name: &str| {
            record.rule(
                kind == Some(kind_needed) && field.is_none(),
                &format!("required field missing: {name}"),
            );
        };
        needs(Kind::Header, &header, "header_name");
        needs(Kind::Path, &path, "path");
        let header = header.and_then(|field| field.parse(header_name));
        let path = path.and_then(|field| field.parse(path_of));
        Some(match kind? {
            Kind::Consumer => Self::Consumer,
            Kind::ConsumerGroup => Self::ConsumerGroup,
            Kind::Credential => Self::Credential,
            Kind::Header => Self::Header(header?),
            Kind::Ip => Self::Ip,
            Kind::Path => Self::Path(path?),
            Kind::Service => Self::Service,
        })
    }
}

/// How a call is refused whose limit is exhausted.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// With which status.
    pub status: u16,
    /// In which words.
    pub message: String,
    /// Whether clients do not get to see how much is left.
    pub hides: bool,
}

impl Refusal {
    fn read(record: &mut Record<'_>, message: &str) -> Self {
        record.says(&[
            ("error_code", "The status of a refusal."),
            ("error_message", "Its words."),
            ("hide_client_headers", "Whether clients are not told what is left."),
        ]);
        Self {
            status: record.small_or("error_code", 400..=599, 429),
            message: record.string_or("error_message", message),
            hides: record.boolean_or("hide_client_headers", false),
        }
    }
}

/// The name of a header, in Kong's alphabet.
pub(super) fn header_name(text: &str) -> Result<HeaderName, Problem> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let name = text.parse().ok().filter(|_| text.chars().all(legal));
    name.ok_or_else(|| {
        let rule = "allowed characters are A-Z, a-z, 0-9, '_', and '-'";
        Problem::Rule(format!("bad header name '{text}', {rule}"))
    })
}

fn path_of(text: &str) -> Result<String, Problem> {
    if !text.starts_with('/') {
        return Err(Problem::Rule("should start with: /".to_owned()));
    }
    if text.contains("//") {
        return Err(Problem::Rule("must not have empty segments".to_owned()));
    }
    Ok(text.to_owned())
}

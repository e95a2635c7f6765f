//! Kong's routes and the service behind each.
//!
//! <https://developer.konghq.com/gateway/entities/route/>

use std::time::Duration;

use http::HeaderName;

use super::entity::{Identity, reference, tags};
use super::error::Problem;
use super::field::{Field, MOST};
use super::named::Named;
use super::record::Record;
use super::rule::{HeaderRule, HostRule, PathRule};
use super::service::protocol;
use super::{AiProxy, Algorithm, Balancer, Plugins, Target};

/// A route together with the `ai-proxy` that answers it.
#[derive(Clone, Debug)]
pub struct Route {
    /// Unique among routes.
    pub name: Option<String>,
    /// The service it belongs to, where it belongs to one.
    pub service: Option<String>,
    /// How long the gateway waits for the upstream: the service's.
    pub timeouts: Timeouts,
    /// Which schemes it serves.
    pub protocols: Protocols,
    /// Any of these, in capitals; empty: all.
    pub methods: Vec<String>,
    /// Any of these; empty: all.
    pub hosts: Vec<HostRule>,
    /// Any of these; empty: all.
    pub paths: Vec<PathRule>,
    /// All of these.
    pub headers: Vec<HeaderRule>,
    /// Ranks routes with regex paths; the highest first.
    pub regex_priority: i64,
    /// Whether what `paths` match is left out of a path that is preserved.
    pub strip_path: bool,
    /// Kong's words for tools.
    pub tags: Vec<String>,
    /// The route's plugin, else its service's, else the global one.
    pub plugin: AiProxy,
    /// The others that hold for it.
    pub plugins: Plugins,
}

impl Route {
    /// What tells it from others, now and in a later version of the file: its name, or else what it matches.
    pub(crate) fn key(&self) -> String {
        match &self.name {
            Some(name) => name.clone(),
            None => format!(
                "{:?} {:?} {:?} {:?} {:?}",
                self.service, self.methods, self.hosts, self.paths, self.headers
            ),
        }
    }
}

/// The schemes that a route serves; at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protocols {
    /// Plain.
    pub http: bool,
    /// TLS. A route that serves this alone answers plain requests with 426.
    pub https: bool,
}

impl Default for Protocols {
    fn default() -> Self {
        Self { http: true, https: true }
    }
}

/// A service's patience and persistence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// To connect.
    pub connect: Duration,
    /// Between two writes.
    pub write: Duration,
    /// Between two reads.
    pub read: Duration,
    /// How often a call that failed before a byte was read is tried again.
    pub retries: u16,
}

impl Default for Timeouts {
    /// Kong's.
    fn default() -> Self {
        let minute = Duration::from_secs(60);
        Self { connect: minute, write: minute, read: minute, retries: 5 }
    }
}

/// A route before it is known which plugin answers it.
pub(super) struct Draft<'c> {
    pub(super) identity: Identity,
    /// The service that a route at the top level names.
    pub(super) service: Option<(String, Field<'c>)>,
    protocols: Protocols,
    methods: Vec<String>,
    hosts: Vec<HostRule>,
    paths: Vec<PathRule>,
    headers: Vec<HeaderRule>,
    regex_priority: i64,
    strip_path: bool,
    tags: Vec<String>,
}

impl<'c> Draft<'c> {
    /// Reads all but the nested plugins.
    pub(super) fn read(record: &mut Record<'c>) -> Self {
        record.says(&[
            ("service", "The service that it is of, by name or id."),
            ("methods", "Methods that it takes; absent: all."),
            ("hosts", "Hosts that it takes; `*` at either end stands for anything."),
            ("paths", "Paths that it takes: beginnings, or regular expressions behind `~`."),
            ("headers", "Headers that a request must have, with one of these values each; behind `~*` a regular expression."),
            ("regex_priority", "Of several regular expressions that match, the one with the greatest is taken."),
            ("strip_path", "Whether what matched is taken off the path that goes on."),
        ]);
        let identity = Identity::read(record, "name");
        let service = reference(record, "service");
        let protocols = Protocols::read(record);
        let named = ["methods", "hosts", "headers", "paths"]
            .map(|name| record.get(name).is_some_and(|field| !field.is_empty_container()));
        let secure = if protocols.https { (", 'snis'", "https") } else { ("", "http") };
        record.rule(
            !named.contains(&true),
            &format!(
                "must set one of 'methods', 'hosts', 'headers', 'paths'{} when 'protocols' is '{}'",
                secure.0, secure.1
            ),
        );
        unserved(record);
        let methods = each(record, "methods", "a set", method);
        let hosts = each(record, "hosts", "an array", |text| HostRule::parse(text).map_err(Problem::Rule));
        let paths = each(record, "paths", "an array", |text| PathRule::parse(text).map_err(Problem::Rule));
        let headers = record.get("headers").map(|field| headers(&field)).unwrap_or_default();
        let regex_priority = record.integer_or("regex_priority", -MOST..=MOST, 0);
        let strip_path = record.boolean_or("strip_path", true);
        let tags = tags(record).into_iter().map(|(tag, _)| tag).collect();
        Self {
            identity,
            service,
            protocols,
            methods,
            hosts,
            paths,
            headers,
            regex_priority,
            strip_path,
            tags,
        }
    }

    /// The route, now that its plugins and its service are known.
    pub(super) fn finish(
        self,
        plugin: AiProxy,
        plugins: Plugins,
        service: Option<String>,
        timeouts: Timeouts,
    ) -> Route {
        Route {
            name: self.identity.name,
            service,
            timeouts,
            protocols: self.protocols,
            methods: self.methods,
            hosts: self.hosts,
            paths: self.paths,
            headers: self.headers,
            regex_priority: self.regex_priority,
            strip_path: self.strip_path,
            tags: self.tags,
            plugin,
            plugins,
        }
    }
}

impl Protocols {
    fn read(record: &mut Record<'_>) -> Self {
        record.says(&[("protocols", "Schemes that it takes: `http`, `https`.")]);
        let Some(field) = record.get("protocols") else { return Self::default() };
        let found: Vec<bool> = field.list("a set").iter().filter_map(|field| field.parse(protocol)).collect();
        if found.is_empty() {
            if field.is_empty_container() {
                field.error(Problem::Rule("length must be at least 1".to_owned()));
            }
            return Self::default();
        }
        Self { http: found.contains(&false), https: found.contains(&true) }
    }
}

/// Members that concern the way to the service, where the plugin goes its own, and conditions that are not served:
/// to skip one of those in silence would let in whom it keeps out.
fn unserved(record: &mut Record<'_>) {
    for name in ["preserve_host", "request_buffering", "response_buffering"] {
        record.says(&[(name, "About the way to the service; the plugin goes its own.")]);
        record.boolean(name);
    }
    record.says(&[
        ("path_handling", "About the way to the service; the plugin goes its own."),
        ("https_redirect_status_code", "What plain HTTP is told where only https is taken: 426."),
    ]);
    record.named::<PathHandling>("path_handling");
    if let Some(field) = record.get("https_redirect_status_code") {
        let known = field.integer(301..=426).is_none_or(|status| [301, 302, 307, 308, 426].contains(&status));
        if !known {
            field.error(Problem::OneOf { names: "426, 301, 302, 307, 308".to_owned(), nearest: None });
        }
    }
    for name in ["snis", "sources", "destinations", "expression", "priority"] {
        record.says(&[(name, "Not served: may stand there empty.")]);
        if let Some(field) = record.get(name).filter(|field| !field.is_empty_container()) {
            field.error(Problem::Unsupported);
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum PathHandling {
    V0,
    V1,
}

impl Named for PathHandling {
    const NAMES: &'static [(&'static str, Self)] = &[("v0", Self::V0), ("v1", Self::V1)];
}

fn method(text: &str) -> Result<String, Problem> {
    if !text.is_empty() && text.chars().all(|c| c.is_ascii_uppercase()) {
        return Ok(text.to_owned());
    }
    Err(Problem::Rule(format!("invalid value: {text}")))
}

fn headers(field: &Field<'_>) -> Vec<HeaderRule> {
    let rules = field.map().into_iter().filter_map(|(name, values)| {
        let Ok(name) = name.parse::<HeaderName>() else {
            values.error(Problem::Rule("invalid header name".to_owned()));
            return None;
        };
        if name == http::header::HOST {
            let rule = "cannot contain 'host' header, which must be specified in the 'hosts' attribute";
            values.error(Problem::Rule(rule.to_owned()));
            return None;
        }
        let texts: Vec<String> = values.list("an array").iter().filter_map(Field::string).collect();
        HeaderRule::new(name, texts.iter().map(String::as_str))
            .map_err(|rule| values.error(Problem::Rule(rule)))
            .ok()
    });
    rules.collect()
}

fn each<T>(
    record: &mut Record<'_>,
    name: &'static str,
    kind: &'static str,
    parse: impl Fn(&str) -> Result<T, Problem>,
) -> Vec<T> {
    let fields = record.get(name).map(|field| field.list(kind)).unwrap_or_default();
    fields.iter().filter_map(|field| field.parse(&parse)).collect()
}

impl Route {
    /// Whether somebody wants to know what a call of this target took: the file's statistics, limits of tokens, or who chooses by it.
    pub fn counts(&self, target: &Target) -> bool {
        let chooses = |balancer: &Balancer| {
            matches!(balancer.algorithm, Algorithm::LowestUsage | Algorithm::LowestLatency)
        };
        target.logging.log_statistics
            || !self.plugins.ai_rate_limiting.is_empty()
            || self.plugin.balancer.as_ref().is_some_and(chooses)
    }
}

//! What a route asks of a request's host, path and headers.
//!
//! Regular expressions are Rust's, as in Kong's own router since 3.0 (`traditional_compatible`): no backtracking, so no
//! expression can be made to take long. They are anchored at the start of the path and open at its end.

use std::fmt;

use http::{HeaderMap, HeaderName};
use regex::Regex;

/// A host name: exact, or with one wildcard label at either end, and perhaps a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRule {
    pattern: HostPattern,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum HostPattern {
    Exact(Box<str>),
    /// `*.example.com` keeps `.example.com`.
    Suffix(Box<str>),
    /// `example.*` keeps `example.`.
    Prefix(Box<str>),
}

impl HostRule {
    /// Reads `example.com`, `*.example.com`, `example.*`, each perhaps with `:port`.
    ///
    /// # Errors
    /// Kong's words for what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.matches('*').count() > 1 {
            return Err("invalid wildcard: must have at most one wildcard".to_owned());
        }
        let (host, port) = split_port(text);
        if host.contains('*') && !host.starts_with("*.") && !host.ends_with(".*") {
            return Err("invalid wildcard: must be placed at leftmost or rightmost label".to_owned());
        }
        let name = host.replace('*', "abc");
        let legal = |c: char| c.is_ascii_alphanumeric() || "-._[]:".contains(c);
        if name.is_empty() || !name.chars().all(legal) {
            return Err(format!("invalid value: {text}"));
        }
        let pattern = if let Some(suffix) = host.strip_prefix('*') {
            HostPattern::Suffix(suffix.into())
        } else if let Some(prefix) = host.strip_suffix('*') {
            HostPattern::Prefix(prefix.into())
        } else {
            HostPattern::Exact(host.into())
        };
        Ok(Self { pattern, port })
    }

    /// Whether `host`, without its port, is meant; case does not matter.
    pub(super) fn matches(&self, host: &str, port: Option<u16>) -> bool {
        let host = host.as_bytes();
        let named = match &self.pattern {
            HostPattern::Exact(name) => host.eq_ignore_ascii_case(name.as_bytes()),
            HostPattern::Suffix(suffix) => {
                let start = host.len().checked_sub(suffix.len());
                start.is_some_and(|start| host[start..].eq_ignore_ascii_case(suffix.as_bytes()))
            }
            HostPattern::Prefix(prefix) => {
                host.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
            }
        };
        named && (self.port.is_none() || self.port == port)
    }

    /// Whether it has no wildcard.
    pub(super) fn plain(&self) -> bool {
        matches!(self.pattern, HostPattern::Exact(_))
    }
}

/// The name and the port of `host` or `host:port`; an IPv6 address keeps its brackets.
pub(super) fn split_port(text: &str) -> (&str, Option<u16>) {
    match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (text, None),
        },
        _ => (text, None),
    }
}

/// A prefix of the path, or with a leading `~` a regular expression that its start must match.
#[derive(Clone, Debug)]
pub enum PathRule {
    /// `/openai`: every path that starts so, `/openai-chat` included, as in Kong.
    Prefix(Box<str>),
    /// `~/v1/(?<model>[^/]+)/chat$`.
    Regex(Box<Regex>),
}

impl PathRule {
    /// Reads a route's path.
    ///
    /// # Errors
    /// Kong's words for what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let regex = text.strip_prefix('~');
        if !regex.unwrap_or(text).starts_with('/') {
            return Err("should start with: / (fixed path) or ~/ (regex path)".to_owned());
        }
        if text.contains("//") {
            return Err("must not have empty segments".to_owned());
        }
        if let Some(bad) = super::path::bad_escape(text) {
            return Err(format!("invalid url-encoded value: '{bad}'"));
        }
        match regex {
            Some(regex) => pattern(&format!("^{regex}"))
                .map(|found| Self::Regex(Box::new(found)))
                .map_err(|reason| format!("invalid regex: '{regex}' ({reason})")),
            None => {
                let normal = super::path::normalize(text);
                if normal == text {
                    Ok(Self::Prefix(text.into()))
                } else {
                    Err(format!("non-normalized path, consider use '{normal}' instead"))
                }
            }
        }
    }
}

/// As in a file.
impl fmt::Display for PathRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix(prefix) => f.write_str(prefix),
            Self::Regex(regex) => write!(f, "~{}", regex.as_str().trim_start_matches('^')),
        }
    }
}

/// A header that must hold one of some values; values are compared without regard to case.
#[derive(Clone, Debug)]
pub struct HeaderRule {
    name: HeaderName,
    values: Vec<ValueRule>,
}

#[derive(Clone, Debug)]
enum ValueRule {
    Exact(Box<str>),
    Regex(Box<Regex>),
}

impl HeaderRule {
    /// A rule for `name`; a value that starts with `~*` is a regular expression.
    ///
    /// # Errors
    /// A value that is no regular expression although it says so.
    pub fn new<'v>(name: HeaderName, values: impl IntoIterator<Item = &'v str>) -> Result<Self, String> {
        let values = values.into_iter().map(|value| {
            let value = value.to_ascii_lowercase();
            match value.strip_prefix("~*") {
                None => Ok(ValueRule::Exact(value.into())),
                Some(regex) => pattern(regex)
                    .map(|found| ValueRule::Regex(Box::new(found)))
                    .map_err(|reason| format!("invalid regex: '{regex}' ({reason})")),
            }
        });
        Ok(Self { name, values: values.collect::<Result<_, _>>()? })
    }

    /// Whether any value of the header is one of the rule's.
    pub(super) fn matches(&self, headers: &HeaderMap) -> bool {
        headers.get_all(&self.name).iter().filter_map(|value| value.to_str().ok()).any(|value| {
            let value = value.to_ascii_lowercase();
            self.values.iter().any(|rule| match rule {
                ValueRule::Exact(wanted) => value == **wanted,
                ValueRule::Regex(wanted) => wanted.is_match(&value),
            })
        })
    }
}

/// Compiles, and says what is wrong in one line.
fn pattern(text: &str) -> Result<Regex, String> {
    Regex::new(text).map_err(|error| match error {
        regex::Error::Syntax(text) => {
            text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
        }
        other => other.to_string(),
    })
}

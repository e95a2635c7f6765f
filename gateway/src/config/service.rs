//! Kong's services. The plugin answers in their stead, so of each only the timeouts matter; the rest is checked.
//!
//! <https://developer.konghq.com/gateway/entities/service/>

use std::time::Duration;

use super::Timeouts;
use super::entity::{Identity, tags};
use super::error::Problem;
use super::record::Record;
use super::upstream;

/// A service as far as it matters here.
#[derive(Clone, Debug)]
pub(super) struct Service {
    pub(super) identity: Identity,
    pub(super) enabled: bool,
    pub(super) timeouts: Timeouts,
}

impl Service {
    /// Reads all but the nested routes and plugins.
    pub(super) fn read(record: &mut Record<'_>) -> Self {
        let identity = Identity::read(record, "name");
        tags(record);
        address(record);
        for name in ["client_certificate", "ca_certificates", "tls_verify_depth", "tls_sans"] {
            if let Some(field) = record.get(name) {
                field.error(Problem::Unsupported);
            }
        }
        // Certificates are always verified.
        if let Some(field) = record.get("tls_verify").filter(|field| field.boolean() == Some(false)) {
            field.error(Problem::Unsupported);
        }
        let timeouts = Timeouts::read(record);
        Self { identity, enabled: record.boolean("enabled").unwrap_or(true), timeouts }
    }
}

impl Timeouts {
    /// The members of a service, and of a balancer.
    pub(super) fn read(record: &mut Record<'_>) -> Self {
        let default = Self::default();
        let mut time = |name, default| {
            let time = record.integer(name, 1..=2_147_483_646).and_then(|value| u64::try_from(value).ok());
            time.map_or(default, Duration::from_millis)
        };
        let connect = time("connect_timeout", default.connect);
        let write = time("write_timeout", default.write);
        let read = time("read_timeout", default.read);
        let retries = record.integer("retries", 0..=32767).and_then(|value| u16::try_from(value).ok());
        Self { connect, write, read, retries: retries.unwrap_or(default.retries) }
    }
}

/// `url`, or `protocol`, `host`, `port` and `path`. The plugin goes elsewhere, but Kong asks for them.
fn address(record: &mut Record<'_>) {
    let url = record.get("url");
    if let Some(field) = record.get("protocol") {
        field.parse(protocol);
    }
    record.integer("port", 0..=65535);
    if let Some(field) = record.get("path") {
        field.parse(path);
    }
    match url {
        Some(field) => {
            record.get("host");
            field.parse(upstream::url);
        }
        None => {
            if let Some(field) = record.required("host") {
                field.parse(host);
            }
        }
    }
}

const PROTOCOLS: [&str; 8] = ["grpc", "grpcs", "http", "https", "tcp", "tls", "tls_passthrough", "udp"];

/// A service's or a route's protocol; Kong's others than http and https are known, but not served.
pub(super) fn protocol(text: &str) -> Result<bool, Problem> {
    match text {
        "http" => Ok(false),
        "https" => Ok(true),
        known if PROTOCOLS.contains(&known) => Err(Problem::UnsupportedName(known.to_owned())),
        _ => Err(Problem::OneOf { names: PROTOCOLS.join(", "), nearest: None }),
    }
}

fn path(text: &str) -> Result<(), Problem> {
    let wrong = if !text.starts_with('/') {
        "should start with: /".to_owned()
    } else if text.contains("//") {
        "must not have empty segments".to_owned()
    } else {
        return Ok(());
    };
    Err(Problem::Rule(wrong))
}

fn host(text: &str) -> Result<(), Problem> {
    if super::rule::split_port(text).1.is_some() {
        return Err(Problem::Rule("must not have a port".to_owned()));
    }
    let legal = |c: char| c.is_ascii_alphanumeric() || "-._[]:".contains(c);
    if !text.is_empty() && text.chars().all(legal) {
        return Ok(());
    }
    Err(Problem::Rule(format!("invalid value: {text}")))
}

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
        record.says(&[
            ("enabled", "Whether its routes are served."),
            ("tls_verify", "Certificates are always verified: true, or nothing."),
            ("client_certificate", "Not served."),
            ("ca_certificates", "Not served: the system's are trusted, and those of `--ca`."),
            ("tls_verify_depth", "Not served."),
            ("tls_sans", "Not served."),
        ]);
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
        Self { identity, enabled: record.boolean_or("enabled", true), timeouts }
    }
}

impl Timeouts {
    /// The members of a service, and of a balancer.
    pub(super) fn read(record: &mut Record<'_>) -> Self {
        let default = Self::default();
        record.says(&[
            ("connect_timeout", "Milliseconds to a connection, from the name on."),
            ("write_timeout", "Milliseconds between two writes."),
            ("read_timeout", "Milliseconds to the first byte of a reply, and between two reads."),
            ("retries", "Tries after the first one."),
        ]);
        let mut time = |name, default: Duration| {
            record.millis_or(name, 1, u32::try_from(default.as_millis()).unwrap_or(u32::MAX))
        };
        let connect = time("connect_timeout", default.connect);
        let write = time("write_timeout", default.write);
        let read = time("read_timeout", default.read);
        Self { connect, write, read, retries: record.small_or("retries", 0..=32767, default.retries) }
    }
}

/// `url`, or `protocol`, `host`, `port` and `path`. The plugin goes elsewhere, but Kong asks for them.
fn address(record: &mut Record<'_>) {
    record.says(&[
        ("url", "An address that Kong asks for; the plugin goes elsewhere."),
        ("protocol", "Of that address."),
        ("host", "Of that address; needed where there is no `url`."),
        ("port", "Of that address."),
        ("path", "Of that address."),
    ]);
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

//! Kong's `redis`, as several of its plugins have it: which server, as whom, and for how long.
//!
//! <https://developer.konghq.com/gateway/entities/partial/>

use std::time::Duration;

use super::Secret;
use super::error::Problem;
use super::record::Record;

/// One Redis server, or one of its kin: Valkey.
#[derive(Clone, Debug, PartialEq)]
pub struct Redis {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Who we are there; `None`: its default user.
    pub username: Option<String>,
    /// Our password.
    pub password: Option<Secret>,
    /// The number of the database.
    pub database: u16,
    /// Whether it is spoken to by TLS.
    pub ssl: bool,
    /// Whether its certificate must be good.
    pub ssl_verify: bool,
    /// The name that its certificate must be for, where that is not `host`.
    pub server_name: Option<String>,
    /// To connect.
    pub connect_timeout: Duration,
    /// For one answer: Kong's `read_timeout` and `send_timeout` together.
    pub answer_timeout: Duration,
}

impl Redis {
    pub(super) fn read(record: &mut Record<'_>) -> Self {
        pooling(record);
        several(record);
        let connect = milliseconds(record, "connect_timeout");
        let answer = milliseconds(record, "read_timeout") + milliseconds(record, "send_timeout");
        Self {
            host: record.filled("host").unwrap_or_else(|| "127.0.0.1".to_owned()),
            port: port(record, 6379),
            username: record.filled("username"),
            password: record.filled("password").map(Secret::new),
            database: record
                .count("database", 0..=u32::from(u16::MAX))
                .and_then(|database| u16::try_from(database).ok())
                .unwrap_or(0),
            ssl: record.boolean("ssl").unwrap_or(false),
            ssl_verify: record.boolean("ssl_verify").unwrap_or(true),
            server_name: record.filled("server_name"),
            connect_timeout: connect,
            answer_timeout: answer,
        }
    }
}

/// What is about Kong's pool of connections: here there is one connection that all share.
fn pooling(record: &mut Record<'_>) {
    record.count("keepalive_backlog", 0..=2_147_483_646);
    record.count("keepalive_pool_size", 1..=2_147_483_646);
    record.boolean("connection_is_proxied");
    record.integer("cluster_max_redirections", 0..=2_147_483_646);
}

/// Clusters, sentinels and the clouds' own ways in: not here.
fn several(record: &mut Record<'_>) {
    for name in ["cluster_nodes", "sentinel_nodes", "sentinel_master"] {
        if let Some(field) = record.get(name).filter(|field| !field.is_empty_container()) {
            field.error(Problem::Unsupported);
        }
    }
    // Of no meaning without the others.
    for name in ["sentinel_role", "sentinel_username", "sentinel_password"] {
        record.string(name);
    }
    record.nested("cloud_authentication", |record| {
        if let Some(field) = record.get("auth_provider") {
            field.error(Problem::Unsupported);
        }
        record.boolean("aws_is_serverless");
        for name in CLOUD {
            record.string(name);
        }
    });
}

/// What belongs to an `auth_provider`.
const CLOUD: [&str; 10] = [
    "aws_access_key_id",
    "aws_assume_role_arn",
    "aws_cache_name",
    "aws_region",
    "aws_role_session_name",
    "aws_secret_access_key",
    "azure_client_id",
    "azure_client_secret",
    "azure_tenant_id",
    "gcp_service_account_json",
];

fn milliseconds(record: &mut Record<'_>, name: &'static str) -> Duration {
    Duration::from_millis(record.count(name, 0..=2_147_483_646).unwrap_or(2000).into())
}

pub(super) fn port(record: &mut Record<'_>, default: u16) -> u16 {
    record.count("port", 0..=65_535).and_then(|port| u16::try_from(port).ok()).unwrap_or(default)
}

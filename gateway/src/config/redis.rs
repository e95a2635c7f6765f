//! Kong's `redis`, as several of its plugins have it: which server, as whom, and for how long.
//!
//! <https://developer.konghq.com/gateway/entities/partial/>

use std::time::Duration;

use super::Secret;
use super::error::Problem;
use super::named::Named;
use super::record::Record;

/// One Redis server, or one of its kin: Valkey; or several.
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
    /// Who is asked instead of `host`.
    pub several: Option<Several>,
}

/// More servers than one.
#[derive(Clone, Debug, PartialEq)]
pub enum Several {
    /// Kong's `cluster_nodes`: servers that share the keys.
    Cluster {
        /// Those that are asked first which others there are.
        nodes: Vec<(String, u16)>,
        /// Kong's `cluster_max_redirections`: how often a question is asked again, elsewhere.
        redirections: u32,
    },
    /// Kong's `sentinel_…`: who says which server is asked.
    Sentinels(Sentinels),
}

/// Sentinels, and as whom they are asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Sentinels {
    /// Where they are; one after the other is asked.
    pub nodes: Vec<(String, u16)>,
    /// What they call the server.
    pub master: String,
    /// Who we are there; `None`: their default user.
    pub username: Option<String>,
    /// Our password there.
    pub password: Option<Secret>,
}

/// Kong's `sentinel_role`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Any,
    Master,
    Slave,
}

impl Named for Role {
    const NAMES: &'static [(&'static str, Self)] =
        &[("any", Self::Any), ("master", Self::Master), ("slave", Self::Slave)];
}

impl Redis {
    pub(super) fn read(record: &mut Record<'_>) -> Self {
        record.says(&[
            ("host", "Where it listens."),
            ("port", "Where it listens."),
            ("username", "Who asks it."),
            ("password", "Their password."),
            ("database", "The number of the database."),
            ("ssl", "Whether the connection is TLS."),
            ("ssl_verify", "Whether its certificate must be good."),
            ("server_name", "The name that its certificate is for, where that is not `host`."),
            ("connect_timeout", "Milliseconds to a connection."),
            ("read_timeout", "Milliseconds for one answer, with `send_timeout`."),
            ("send_timeout", "Milliseconds for one answer, with `read_timeout`."),
        ]);
        pooling(record);
        let several = several(record);
        clouds(record);
        let connect = milliseconds(record, "connect_timeout");
        let answer = milliseconds(record, "read_timeout") + milliseconds(record, "send_timeout");
        Self {
            host: record.filled_or("host", "127.0.0.1"),
            port: port(record, 6379),
            username: record.filled("username"),
            password: record.filled("password").map(Secret::new),
            database: record.small_or("database", 0..=u16::MAX, 0),
            ssl: record.boolean_or("ssl", false),
            ssl_verify: record.boolean_or("ssl_verify", true),
            server_name: record.filled("server_name"),
            connect_timeout: connect,
            answer_timeout: answer,
            several,
        }
    }
}

/// What is about Kong's pool of connections: here there is one connection that all share.
fn pooling(record: &mut Record<'_>) {
    record.says(&[
        ("keepalive_backlog", "Kong's own; nothing here."),
        ("keepalive_pool_size", "Kong's own; nothing here."),
        ("connection_is_proxied", "Kong's own; nothing here."),
    ]);
    record.count("keepalive_backlog", 0..=2_147_483_646);
    record.count("keepalive_pool_size", 1..=2_147_483_646);
    record.boolean("connection_is_proxied");
}

/// Clusters and sentinels.
fn several(record: &mut Record<'_>) -> Option<Several> {
    record.says(&[
        ("cluster_nodes", "A cluster's servers, of which one is enough to find the others."),
        ("cluster_max_redirections", "How often a cluster may send a question on."),
        ("sentinel_nodes", "Sentinels, who are asked for the server."),
        ("sentinel_master", "The name by which sentinels know it."),
        ("sentinel_role", "Which server is wanted: `master`, or `any`."),
        ("sentinel_username", "Who asks the sentinels."),
        ("sentinel_password", "Their password."),
    ]);
    let redirections = record.count_or("cluster_max_redirections", 0..=2_147_483_646, 5);
    let cluster = nodes(record, "cluster_nodes", "ip");
    let sentinels = nodes(record, "sentinel_nodes", "host");
    let master = record.filled("sentinel_master");
    let role = record.named("sentinel_role");
    let username = record.filled("sentinel_username");
    let password = record.filled("sentinel_password").map(Secret::new);
    record.rule(
        cluster.is_some() && sentinels.is_some(),
        "'cluster_nodes' and 'sentinel_nodes' cannot both be set",
    );
    record.rule(
        sentinels.is_some() != master.is_some() || sentinels.is_some() != role.is_some(),
        "all or none of these fields must be set: 'sentinel_master', 'sentinel_role', 'sentinel_nodes'",
    );
    record.rule(
        role == Some(Role::Slave),
        "what is shared is written: 'sentinel_role' must be 'master' or 'any'",
    );
    match (cluster, sentinels, master) {
        (Some(nodes), ..) => Some(Several::Cluster { nodes, redirections }),
        (None, Some(nodes), Some(master)) => {
            Some(Several::Sentinels(Sentinels { nodes, master, username, password }))
        }
        _ => None,
    }
}

/// A list of servers; `None`: there is none.
fn nodes(record: &mut Record<'_>, name: &'static str, host: &'static str) -> Option<Vec<(String, u16)>> {
    let fields = record.get(name).map(|field| field.list("an array"))?;
    let one = |record: &mut Record<'_>| {
        record.says(&[(host, "Where it listens."), ("port", "Where it listens.")]);
        (record.filled_or(host, "127.0.0.1"), port(record, 6379))
    };
    let nodes: Vec<_> = fields.iter().filter_map(|field| field.record(one)).collect();
    (!nodes.is_empty()).then_some(nodes)
}

/// The clouds' own ways in: not here.
fn clouds(record: &mut Record<'_>) {
    record.says(&[("cloud_authentication", "Not served: may stand there without `auth_provider`.")]);
    record.nested("cloud_authentication", |record| {
        record.says(&[("auth_provider", "Not served."), ("aws_is_serverless", "Nothing without that.")]);
        if let Some(field) = record.get("auth_provider") {
            field.error(Problem::Unsupported);
        }
        record.boolean("aws_is_serverless");
        for name in CLOUD {
            record.says(&[(name, "Nothing without `auth_provider`.")]);
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
    record.millis_or(name, 0, 2000)
}

pub(super) fn port(record: &mut Record<'_>, default: u16) -> u16 {
    record.small_or("port", 0..=65_535, default)
}

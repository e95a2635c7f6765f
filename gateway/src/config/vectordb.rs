//! Kong's `vectordb`: where vectors lie, how far apart they are, and how far apart they may be.
//!
//! Kong needs one for the `semantic` algorithm. This gateway needs none: without it vectors lie in the process, and their distance is
//! the cosine's. <https://developer.konghq.com/plugins/ai-proxy-advanced/reference/#schema--config-vectordb>

use std::time::Duration;

use super::Secret;
use super::named::Named;
use super::record::Record;
use super::redis::Redis;

/// A vector database.
#[derive(Clone, Debug, PartialEq)]
pub struct Vectordb {
    /// Numbers in a vector; the model is asked for as many, where it can be asked.
    pub dimensions: u32,
    /// How the distance of two vectors is measured.
    pub metric: Metric,
    /// The largest distance at which a description fits a prompt; `None`: the nearest one fits, however far it is.
    pub threshold: Option<f64>,
    /// Where the vectors lie.
    pub strategy: Strategy,
    /// `redis`, whether vectors lie there or not.
    pub redis: Redis,
    /// `pgvector`, whether vectors lie there or not.
    pub pgvector: Pgvector,
}

/// Kong's `strategy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the databases' names")]
pub enum Strategy {
    Pgvector,
    Redis,
}

impl Named for Strategy {
    const NAMES: &'static [(&'static str, Self)] = &[("pgvector", Self::Pgvector), ("redis", Self::Redis)];
}

/// Kong's `distance_metric`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Metric {
    /// 1 less the cosine of the angle: 0 for one direction, 1 for a right angle, 2 for opposite ones.
    #[default]
    Cosine,
    /// The straight line between the two points.
    Euclidean,
}

impl Named for Metric {
    const NAMES: &'static [(&'static str, Self)] =
        &[("cosine", Self::Cosine), ("euclidean", Self::Euclidean)];
}

/// Kong's `vectordb.pgvector`: a PostgreSQL server with the extension `vector`.
#[derive(Clone, Debug, PartialEq)]
pub struct Pgvector {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The database.
    pub database: String,
    /// Who we are there.
    pub user: String,
    /// Our password.
    pub password: Option<Secret>,
    /// How long it may take to connect, and to answer.
    pub timeout: Duration,
    /// Whether TLS is asked for.
    pub ssl: bool,
    /// Whether a server without TLS is refused.
    pub ssl_required: bool,
    /// Whether its certificate must be good, and be for `host`.
    pub ssl_verify: bool,
    /// The least version of TLS.
    pub ssl_version: TlsVersion,
    /// Our own certificate, as PEM, and its key.
    pub identity: Option<(String, Secret)>,
}

/// Kong's `ssl_version`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the versions' names")]
pub enum TlsVersion {
    Any,
    #[default]
    Tls12,
    Tls13,
}

impl Named for TlsVersion {
    const NAMES: &'static [(&'static str, Self)] =
        &[("any", Self::Any), ("tlsv1_2", Self::Tls12), ("tlsv1_3", Self::Tls13)];
}

/// The longest vector that PostgreSQL's `vector` and Redis take both; no model makes longer ones.
const MOST_DIMENSIONS: u32 = 16_000;

impl Vectordb {
    pub(super) fn read(record: &mut Record<'_>) -> Option<Self> {
        record.says(&[
            ("dimensions", "Numbers of a vector."),
            ("distance_metric", "How far two vectors are apart."),
            ("strategy", "Which database holds them."),
            ("threshold", "How far a target may be from a prompt."),
            ("redis", "Where the strategy is `redis`, and for what gateways share."),
            ("pgvector", "Where the strategy is `pgvector`."),
        ]);
        let dimensions = record
            .required("dimensions")
            .and_then(|field| field.integer(1..=MOST_DIMENSIONS.into()))
            .and_then(|dimensions| u32::try_from(dimensions).ok());
        let metric = record.required("distance_metric").and_then(|field| field.named());
        let strategy = record.required("strategy").and_then(|field| field.named());
        let threshold = record.get("threshold").and_then(|field| field.number());
        let redis = record.nested("redis", Redis::read);
        let pgvector = record.nested("pgvector", Pgvector::read);
        Some(Self {
            dimensions: dimensions?,
            metric: metric?,
            threshold,
            strategy: strategy?,
            redis: redis?,
            pgvector: pgvector?,
        })
    }
}

impl Pgvector {
    fn read(record: &mut Record<'_>) -> Self {
        record.says(&[
            ("host", "Where it listens."),
            ("port", "Where it listens."),
            ("database", "The database."),
            ("user", "Who asks it."),
            ("password", "Their password."),
            ("timeout", "Milliseconds for one answer."),
            ("ssl", "Whether the connection is TLS."),
            ("ssl_verify", "Whether its certificate must be good."),
            ("ssl_required", "Whether nothing is said without TLS."),
            ("ssl_version", "The least version of TLS."),
            ("ssl_cert", "A certificate that the server asks for, as PEM."),
            ("ssl_cert_key", "Its key, as PEM."),
        ]);
        let certificate = record.filled("ssl_cert");
        let key = record.filled("ssl_cert_key").map(Secret::new);
        record.rule(
            certificate.is_some() != key.is_some(),
            "all or none of these fields must be set: 'ssl_cert', 'ssl_cert_key'",
        );
        Self {
            host: record.filled_or("host", "127.0.0.1"),
            port: super::redis::port(record, 5432),
            database: record.filled_or("database", "kong-pgvector"),
            user: record.filled_or("user", "postgres"),
            password: record.filled("password").map(Secret::new),
            timeout: record.millis_or("timeout", 1, 5000),
            ssl: record.boolean_or("ssl", false),
            ssl_required: record.boolean_or("ssl_required", false),
            ssl_verify: record.boolean_or("ssl_verify", true),
            ssl_version: record.choice("ssl_version"),
            identity: certificate.zip(key),
        }
    }
}

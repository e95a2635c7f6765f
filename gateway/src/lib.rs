//! The translating gateway: everything that touches the world.
//!
//! ```text
//! server ─▶ proxy ─▶ config       which route, and what its file says
//!             │ ───▶ translate    bytes to bytes
//!             │ ───▶ identity     who it is to its provider
//!             └ ───▶ upstream     sockets, HTTP/1.1, replies as they come
//! ```
//!
//! One thread for each core, each with a runtime, listening socket, upstream connections and buffers of its own;
//! a call never leaves the core that took it.

mod aws;
mod balancer;
mod commons;
pub mod config;
#[cfg(any(feature = "redis", feature = "pgvector"))]
mod databases;
mod egress;
mod fault;
mod gateway;
mod identity;
mod life;
mod limiter;
mod limits;
mod log;
mod metrics;
mod outage;
mod percent;
#[cfg(test)]
#[cfg(feature = "redis")]
#[path = "../../conformance/tests/conformance/port.rs"]
mod port;
mod proxy;
mod reload;
mod run;
mod semantic;
mod server;
#[cfg(test)]
#[cfg(feature = "redis")]
#[path = "../tests/serve/databases.rs"]
#[expect(dead_code, reason = "the tests of the whole gateway ask for more")]
mod servers;
mod sharing;
mod statistics;
mod status;
mod store;
#[cfg(feature = "otlp")]
mod telemetry;
#[cfg(not(feature = "otlp"))]
#[path = "telemetry/absent.rs"]
mod telemetry;
mod tls;
mod upstream;

pub use egress::Egress;
pub use gateway::{Error, Gateway, Settings, StatusAddress, Tls};
pub use limits::Limits;
pub use log::{Log, log_to_stderr};
pub use reload::{File, Variable};
pub use run::run;

/// A configuration to begin with, commented.
pub const EXAMPLE: &str = include_str!("../examples/start.yaml");

/// The JSON Schema of configuration files; [`config::schema`] makes it.
pub const SCHEMA: &str = include_str!("../schema/kong.schema.json");

/// How the gateway names itself to whom it calls.
pub(crate) const USER_AGENT: &str = concat!("touchstone/", env!("CARGO_PKG_VERSION"));

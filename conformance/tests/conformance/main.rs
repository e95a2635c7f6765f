//! The judge, tested from outside.

mod baseline;
mod bench;
mod gateways;
mod laws;
mod library;
mod own;
mod page;
mod passthrough;
mod port;
mod record;
pub(crate) mod report;
mod repro;
mod results;
mod statuses;
mod suite;
mod traceability;

//! The judge: plays every provider's native API to a gateway, drives it as a client, judges both sides of the wire.
//!
//! A gateway is known here only as a process and a URL.

pub mod baseline;
pub mod bench;
pub mod case;
mod catalogue;
pub mod cell;
pub mod check;
pub mod client;
pub mod dialect;
mod embedded;
mod error;
pub mod expected;
pub mod fold;
pub mod gateway;
pub mod meaning;
pub mod mutant;
pub mod record;
mod redact;
pub mod report;
pub mod repro;
pub mod requirement;
pub mod run;
pub mod scenario;
pub mod selftest;
pub mod surface;
pub mod text;
pub mod traceability;

pub use catalogue::{explain, gateways, gateways_json, list, list_json};
pub use cell::{Cell, Mode};
pub use error::Error;
pub use report::model::Report;
pub use requirement::Level;
pub use run::{Arena, Options, Progress, rehearse, run, suite};
pub use surface::Surface;

//! The judge: plays every provider's native API to a gateway, drives it as a client, judges both sides of the wire.
//!
//! A gateway is known here only as a process and a URL.

pub mod cell;
pub mod report;
pub mod requirement;

pub use cell::{Cell, Mode};
pub use report::model::Report;
pub use requirement::Level;

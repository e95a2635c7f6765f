//! The judge, tested from outside.

mod laws;
mod passthrough;
mod report;
mod statuses;
mod suite;
mod traceability;

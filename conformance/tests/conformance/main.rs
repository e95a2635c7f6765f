//! The judge, tested from outside.

mod laws;
mod passthrough;
mod report;
mod suite;

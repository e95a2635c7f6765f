//! The judge, tested from outside.

mod passthrough;
mod report;
mod suite;

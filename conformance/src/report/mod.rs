//! The report: its model, and one writer for each form of it.

pub mod model;

//! The report: its model, and one writer for each form of it.

pub mod diff;
mod evidence;
mod files;
pub mod html;
pub mod junit;
pub mod markdown;
pub mod model;
pub mod progress;
mod status;
pub mod terminal;

pub use files::{read, write};

/// The JSON Schema of `report.json`.
pub const SCHEMA: &str = include_str!("../../report.schema.json");

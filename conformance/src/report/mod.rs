//! The report: its model, and one writer for each form of it.

mod cases;
pub mod ctrf;
pub mod diff;
mod evidence;
mod files;
mod findings;
pub mod github;
pub mod html;
pub mod junit;
mod keep;
pub mod markdown;
pub mod model;
pub mod progress;
pub mod site;
mod status;
pub mod terminal;
mod worst;
pub(crate) mod written;

pub use files::{read, text, write};
pub use keep::Keep;

/// The JSON Schema of `report.json`.
pub const SCHEMA: &str = include_str!("../../report.schema.json");

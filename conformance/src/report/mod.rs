//! The report: its model, and one writer for each form of it.

pub mod diff;
mod files;
pub mod html;
pub mod junit;
pub mod markdown;
pub mod model;
pub mod progress;
pub mod terminal;

pub use files::{read, write};

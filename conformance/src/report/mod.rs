//! The report: its model, and one writer for each form of it.

pub mod diff;
pub mod html;
pub mod junit;
pub mod markdown;
pub mod model;

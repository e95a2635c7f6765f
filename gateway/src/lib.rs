//! The translating gateway: everything that touches the world.

mod aws;
pub mod config;
mod percent;

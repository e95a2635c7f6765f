//! The translating gateway: everything that touches the world.

pub mod config;

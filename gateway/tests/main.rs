//! The gateway's integration tests.

mod config;

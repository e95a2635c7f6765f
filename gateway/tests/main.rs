//! The gateway's integration tests.

mod config;
#[cfg(test)] // says to clippy that helpers, too, may unwrap
mod serve;

//! The translating gateway: everything that touches the world.

mod aws;
pub mod config;
mod fault;
mod limits;
mod percent;
mod tls;
mod upstream;

pub use limits::Limits;

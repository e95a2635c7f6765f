//! The gateway under test: its profile, its configuration, its process. Here it is a process and a URL, nothing more.

mod build;
mod claims;
mod container;
pub mod known;
mod port;
mod process;
pub mod profile;
mod render;
mod running;
pub mod setup;
mod start;
mod streaming;
pub mod template;
pub mod upstream;

pub use process::{Gateway, Source};
pub(crate) use process::{Setup, configure};
pub use profile::{Policies, Profile, Route};
pub use start::{Network, Start};
pub use streaming::Streaming;
pub use upstream::{Reach, Upstreams};

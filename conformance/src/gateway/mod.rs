//! The gateway under test: its profile, its configuration, its process. Here it is a process and a URL, nothing more.

mod claims;
mod process;
pub mod profile;
mod render;
pub mod setup;
pub mod template;

pub use process::{Gateway, Source, Upstreams};
pub(crate) use process::{Setup, configure};
pub use profile::{Policies, Profile, Route};

//! A reply as the writes that carry it: what the faults make of what a provider rendered.

mod fault;
mod framing;
mod gzip;
mod plan;
mod raw;
pub(crate) mod sse;

pub(crate) use fault::{set, streamed, whole};
pub use framing::Framing;
pub(crate) use plan::{End, Plan, Write};
pub(crate) use raw::raw;

//! Every provider's native API, offline: wire-exact, streaming, strict, scripted, seeded, with faults.
//!
//! What to answer is a [`script::Reply`] in neutral terms; each provider renders it in its own words.

pub mod credentials;
pub mod options;
pub mod script;

pub use credentials::{AwsKey, Credentials};
pub use options::{JournalLimits, Options};
pub use script::Script;

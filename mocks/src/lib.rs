//! Every provider's native API, offline: wire-exact, streaming, strict, scripted, seeded, with faults.
//!
//! What to answer is a [`script::Reply`] in neutral terms; each [`provider::Provider`] renders it in its own words.
//!
//! ```text
//!  socket ─▶ http ─▶ exchange ─▶ provider: route, key, version, schema, rules, ask
//!                       │            │
//!                    journal      answer (a script's, or our own)
//!                       ▲            │
//!  socket ◀─ http ◀─ wire (faults) ◀─┘ provider: whole, stream, error
//! ```

mod admin;
pub mod answer;
pub mod anthropic;
pub mod bedrock;
pub mod credentials;
mod exchange;
mod http;
pub mod journal;
mod mocks;
pub mod openai;
pub mod options;
pub mod provider;
pub mod request;
mod responder;
pub mod script;
mod scripts;
pub mod seed;
mod state;
pub mod tokens;
mod wire;

pub use credentials::{AwsKey, Credentials};
pub use journal::Entry;
pub use mocks::{Error, Mocks, start, start_with};
pub use options::{JournalLimits, Options};
pub use responder::{Responder, responder};
pub use script::Script;

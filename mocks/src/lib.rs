//! Every provider's native API, offline: wire-exact, streaming, strict, scripted, seeded, with faults.
//!
//! What to answer is a [`script::Reply`] in neutral terms; each [`provider::Provider`] renders it in its own words.
//!
//! ```
//! use mocks::script::{Reply, Script};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), mocks::Error> {
//! let mocks = mocks::start().await?;
//! mocks.add(Script::new("[[greet]]", Reply::text(["Hel", "lo"])));
//! let base_url = format!("{}/v1", mocks.url("openai")); // for any client of OpenAI's
//! let key = mocks.credentials().key("openai");
//! // … whatever is under test asks, with `[[greet]]` somewhere in its question …
//! let asked = mocks.journal(Some("[[greet]]"));
//! # assert!(base_url.starts_with("http://127.0.0.1:") && key == "sk-touchstone" && asked.is_empty());
//! # Ok(())
//! # }
//! ```
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
mod authority;
pub mod azure;
pub mod batch;
pub mod bedrock;
pub mod cloud;
pub mod cohere;
pub mod credentials;
pub mod dashscope;
mod exchange;
mod film;
pub mod form;
pub mod gemini;
pub mod hosts;
mod http;
pub mod huggingface;
pub mod journal;
mod keys;
mod limits;
pub mod live;
pub mod llama2;
mod media;
pub mod mistral;
mod mocks;
pub mod ollama;
pub mod openai;
pub mod options;
pub mod provider;
pub mod request;
mod responder;
pub mod script;
mod scripts;
mod searched;
pub mod seed;
pub mod stamp;
mod state;
pub mod store;
pub mod tgi;
pub mod tokens;
pub mod vertex;
mod whose;
mod wire;

pub use authority::{Authority, Trust};
pub use credentials::{AwsKey, Credentials};
pub use journal::Entry;
pub use keys::Keys;
pub use mocks::{Error, Mocks, start, start_with};
pub use options::{JournalLimits, Options};
pub use responder::{Responder, responder};
pub use script::Script;
pub use store::StoreLimits;

//! Each provider's API as an [OpenAPI 3.1](https://spec.openapis.org/oas/v3.1.0) document of our own writing, with
//! look-up and validation.
//!
//! ```
//! let chat = specs::api("openai").unwrap().operation("POST", "/v1/chat/completions").unwrap();
//! let violations = chat.request(&serde_json::json!({ "model": "gpt-4o", "messages": "hi" }));
//! assert_eq!(violations[0].to_string(), "/messages: expected array, got \"hi\" (type, #/components/schemas/CreateChatCompletionRequest/properties/messages/type)");
//! ```
//!
//! # Layout
//!
//! - `<provider>/openapi.yaml` beside this folder: the documents. `build.rs` embeds them as JSON.
//! - [`Api`] finds an [`Operation`]; an operation judges requests, replies and stream events against its schemas.
//! - [`Sequence`] judges the order of a stream's events (`x-sequence`, our own grammar).
//! - [`drift`] compares a document with a published one.
//!
//! Documents are parsed, and schemas compiled, at first use, once, and shared. Nothing here opens a socket or a file.

mod api;
mod calls;
mod document;
pub mod drift;
mod encoded;
mod explain;
mod form;
mod names;
mod operation;
mod path;
mod schema;
pub mod sequence;
mod union;
mod violation;

pub use api::{Api, api, apis};
pub use operation::Operation;
pub use sequence::Sequence;
pub use violation::Violation;

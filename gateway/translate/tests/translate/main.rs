//! Golden cases and laws of `translate`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod accent;
mod allocations;
mod asked;
mod batches;
mod bedrock;
mod case;
mod damage;
mod errors;
mod files;
mod fold;
mod folder;
mod generated;
mod golden;
mod hub;
mod json;
mod laws;
mod messages;
mod order;
mod paths;
mod requests;
mod responses;
mod sse;
mod turned;
mod usage;
mod videos;
mod works;

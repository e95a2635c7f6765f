//! The mocks at the socket: what they answer, refuse, break and remember.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod anthropic;
mod ask;
mod azure;
mod batches;
mod bedrock;
mod broken;
mod client;
mod cloud;
mod cohere;
mod dashscope;
mod faults;
mod fold;
mod gemini;
mod huggingface;
mod journal;
mod judged;
mod line;
mod live;
mod live_tokens;
mod llama2;
mod media;
mod mistral;
mod official;
mod ollama;
mod openai;
mod proxy;
mod raw;
mod realtime;
mod refusals;
mod replies;
mod rerank;
mod resources;
mod responder;
mod responses;
mod scripts;
mod stamps;
mod tgi;
mod tls;
mod vertex;

/// Names of the providers that are played over plain text here.
pub(crate) const TEXT: [&str; 2] = ["openai", "anthropic"];

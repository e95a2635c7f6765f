//! Batches and jobs: every reply is held against the provider's document.

mod anthropic;
mod gemini;

//! The documents and what judges by them, through the crate's public face.

mod drift;
mod openai;
mod samples;

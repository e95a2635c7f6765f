//! The documents and what judges by them, through the crate's public face.

mod coverage;
mod documents;
mod drift;
mod keywords;
mod lookup;
mod names;
mod native_stream;
mod openai;
mod openai_reply;
mod openai_stream;
mod robust;
mod samples;

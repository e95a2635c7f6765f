//! Requests to Hugging Face.

#![no_main]

use libfuzzer_sys::fuzz_target;
use translate::fuzz;

fuzz_target!(|bytes: &[u8]| {
    fuzz::request("huggingface", bytes);
});

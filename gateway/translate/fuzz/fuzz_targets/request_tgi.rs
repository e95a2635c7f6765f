//! Requests to a Text Generation Inference server.

#![no_main]

use libfuzzer_sys::fuzz_target;
use translate::fuzz;

fuzz_target!(|bytes: &[u8]| {
    fuzz::request("huggingface-tgi", bytes);
});

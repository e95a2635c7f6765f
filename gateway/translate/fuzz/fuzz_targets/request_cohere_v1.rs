//! Requests to version 1 of Cohere.

#![no_main]

use libfuzzer_sys::fuzz_target;
use translate::fuzz;

fuzz_target!(|bytes: &[u8]| {
    fuzz::request("cohere-v1", bytes);
});

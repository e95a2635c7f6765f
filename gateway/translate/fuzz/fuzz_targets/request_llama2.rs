//! Requests to a raw server of Llama 2.

#![no_main]

use libfuzzer_sys::fuzz_target;
use translate::fuzz;

fuzz_target!(|bytes: &[u8]| {
    fuzz::request("llama2-raw", bytes);
});

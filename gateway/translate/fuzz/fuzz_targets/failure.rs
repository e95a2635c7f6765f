//! Errors of every dialect.

#![no_main]

use libfuzzer_sys::fuzz_target;
use translate::fuzz;

const PROVIDERS: [&str; 3] = ["openai", "anthropic", "bedrock"];

fuzz_target!(|bytes: &[u8]| {
    for provider in PROVIDERS {
        fuzz::failure(provider, bytes);
    }
});

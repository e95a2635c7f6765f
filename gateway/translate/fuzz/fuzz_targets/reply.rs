//! Whole replies of every dialect.

#![no_main]

use libfuzzer_sys::fuzz_target;
use translate::fuzz;
use translate::providers::ALL;

fuzz_target!(|bytes: &[u8]| {
    for provider in ALL {
        fuzz::reply(&provider.id(), bytes);
    }
});

//! Streams of Azure's, with what content filters found.

#![no_main]

use libfuzzer_sys::fuzz_target;
use translate::fuzz;

fuzz_target!(|bytes: &[u8]| {
    fuzz::stream("azure", bytes);
});

//! Streams of Gemini's dialect, as events and as one JSON array.

#![no_main]

use libfuzzer_sys::fuzz_target;
use translate::fuzz;

fuzz_target!(|bytes: &[u8]| {
    fuzz::stream("gemini", bytes);
});

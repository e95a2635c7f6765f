//! Streams of Mistral's dialect, which is OpenAI's as others speak it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use translate::fuzz;

fuzz_target!(|bytes: &[u8]| {
    fuzz::stream("mistral", bytes);
});

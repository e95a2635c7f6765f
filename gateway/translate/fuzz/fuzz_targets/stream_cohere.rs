//! Streams of Cohere: chats in version 2, and generation.

#![no_main]

use libfuzzer_sys::fuzz_target;
use translate::fuzz;

fuzz_target!(|bytes: &[u8]| {
    fuzz::stream("cohere", bytes);
});

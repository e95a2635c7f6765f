//! Streams of Ollama's dialect: JSON lines, of chats and of completions.

#![no_main]

use libfuzzer_sys::fuzz_target;
use translate::fuzz;

fuzz_target!(|bytes: &[u8]| {
    fuzz::stream("ollama", bytes);
});

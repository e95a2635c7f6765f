//! Streams of a Text Generation Inference server: chats, and prompts token by token.

#![no_main]

use libfuzzer_sys::fuzz_target;
use translate::fuzz;

fuzz_target!(|bytes: &[u8]| {
    fuzz::stream("huggingface-tgi", bytes);
});

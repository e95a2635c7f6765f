//! Streams of Bedrock's dialect, framed from text: any payload of any event.

#![no_main]

use libfuzzer_sys::fuzz_target;
use translate::fuzz;

fuzz_target!(|bytes: &[u8]| {
    fuzz::scripted_stream("bedrock", bytes);
});

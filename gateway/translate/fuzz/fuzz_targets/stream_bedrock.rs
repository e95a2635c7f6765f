//! Streams of Bedrock's dialect, with checksums made right first.

#![no_main]

use libfuzzer_sys::fuzz_target;
use translate::fuzz;

fuzz_target!(|bytes: &[u8]| {
    fuzz::repaired_stream("bedrock", bytes);
});

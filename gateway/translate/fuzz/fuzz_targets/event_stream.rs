//! The splitter of Amazon's event streams, in front of the checksums and behind them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use translate::fuzz;

fuzz_target!(|bytes: &[u8]| {
    fuzz::event_stream(bytes);
});

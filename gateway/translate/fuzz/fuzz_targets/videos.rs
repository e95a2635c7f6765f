//! Requests for videos, and what providers say of them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use translate::fuzz;

fuzz_target!(|bytes: &[u8]| fuzz::videos(bytes));

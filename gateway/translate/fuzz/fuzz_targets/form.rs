//! Forms, as they come and at once.

#![no_main]

use libfuzzer_sys::fuzz_target;
use translate::fuzz;

fuzz_target!(|bytes: &[u8]| fuzz::form(bytes));

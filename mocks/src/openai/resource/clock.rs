//! The time in which objects are made.

use crate::provider::Call;

const KIND: &str = "clock";
const ID: &str = "now";
/// 2026-01-01T00:00:00Z.
const EPOCH: u64 = 1_767_225_600;

/// The next second, since 1970.
pub(in crate::openai) fn tick(call: &Call<'_>) -> u64 {
    let next = |now: &mut u64| {
        *now += 1;
        *now
    };
    if let Some(now) = call.shelf.change(KIND, ID, next) {
        return now;
    }
    call.shelf.put(KIND, ID, &EPOCH);
    EPOCH
}

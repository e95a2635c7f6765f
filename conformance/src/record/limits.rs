//! Bounds of a recording.

use std::time::Duration;

/// A longer request is refused with 413.
pub(super) const REQUEST: usize = 32 << 20;
/// Of a longer reply the client has all, and the recording nothing but its head.
pub(super) const REPLY: usize = 64 << 20;
/// More pieces of one reply are not kept apart, but put together.
pub(super) const PIECES: usize = 100_000;
/// More clients wait.
pub(super) const CONNECTIONS: usize = 64;
/// Until a connection to the provider stands.
pub(super) const CONNECT: Duration = Duration::from_secs(10);
/// Until the provider's header is there: models think long.
pub(super) const HEAD: Duration = Duration::from_secs(600);
/// What is under way at the end may still finish.
pub(super) const GRACE: Duration = Duration::from_secs(5);

//! What the mocks bear: a bound for every size, count and duration that the network could choose. What the journal keeps is an
//! option: [`crate::JournalLimits`].

use std::time::Duration;

/// Connections that are served at once; more wait in the kernel.
pub(crate) const CONNECTIONS: usize = 20_000;
/// The kernel's queue.
pub(crate) const BACKLOG: i32 = 4_096;
/// Longer heads of requests are refused.
pub(crate) const HEAD_BYTES: usize = 64 << 10;
/// So are heads with more fields.
pub(crate) const HEAD_FIELDS: usize = 128;
/// Larger bodies are refused.
pub(crate) const BODY_BYTES: usize = 64 << 20;
/// An announced body gets so much memory before it comes.
pub(crate) const BODY_AT_ONCE: usize = 1 << 20;
/// The line before a chunk of a body.
pub(crate) const CHUNK_LINE: usize = 1 << 10;
/// Requests in advance are kept, up to this; beyond it the socket is left alone until the reply is sent.
pub(crate) const AHEAD: usize = 256 << 10;
/// After so many writes the other connections of the thread have their turn.
pub(crate) const TURN: usize = 64;
/// So long a client may take to close after us.
pub(crate) const LINGER: Duration = Duration::from_secs(2);
/// From the beginning of a connection, or of a tunnel, to the end of its TLS handshake.
pub(crate) const HANDSHAKE: Duration = Duration::from_secs(10);
/// A session over a WebSocket, from its first to its last message.
pub(crate) const LIVE: Duration = Duration::from_secs(60 * 60);
/// One in which nobody says anything.
pub(crate) const LIVE_IDLE: Duration = Duration::from_secs(15 * 60);
/// A message of a client's; one of sound has 15 MiB at most.
pub(crate) const LIVE_MESSAGE: usize = 20 << 20;
/// Sound that waits in a session to be committed: some twenty minutes.
pub(crate) const LIVE_SOUND: usize = 64 << 20;
/// Items that a session keeps.
pub(crate) const LIVE_ITEMS: usize = 2_000;
/// Certificates that are kept. Only names below a wildcard, such as Azure's, can lead to more.
pub(crate) const CERTIFICATES: usize = 1_024;

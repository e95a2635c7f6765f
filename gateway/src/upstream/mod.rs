//! The gateway as a client: connections to upstreams, HTTP/1.1 on them, and replies as they come.
//!
//! ```text
//! Peer ──take/connect──▶ Connection ──Exchange──▶ Reply ──poll_data──▶ translation
//!   ▲                                               │
//!   └───────────── at a clean end of the body ──────┘
//! ```
//!
//! There is no task and no channel behind a connection: whoever wants a reply polls its socket. All that lies ready
//! is read at once and can be written at once, and a reply that nobody reads any more takes its connection with it.

mod chunked;
mod connection;
mod dial;
mod exchange;
mod framing;
mod gunzip;
mod head;
mod peer;
mod reply;
mod tunnel;
mod upload;

pub(crate) use chunked::Chunked;
pub(crate) use connection::{Connection, Duplex, Scratch};
pub(crate) use exchange::{Opened, exchange};
pub(crate) use framing::Framing;
pub(crate) use gunzip::Gunzip;
pub(crate) use head::Head;
pub(crate) use peer::{Origin, Peer, Timeouts};
pub(crate) use reply::Reply;
pub(crate) use upload::Upload;

/// What the next bytes of a body are.
#[derive(Debug)]
pub(crate) enum Step<'a> {
    Data(&'a [u8]),
    /// All bytes are used up; more must be read.
    More,
    /// The body is complete; what is left over is not part of it.
    End,
}

//! What is sent, and when, whatever HTTP version carries it.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;

use super::Framing;
use crate::provider::Headers;
use crate::script::How;

/// One reply, ready to be sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    /// The announced length of the body; without one it is sent in chunks, one per write.
    pub(crate) length: Option<usize>,
    /// Nothing is sent, not even the status line.
    pub(crate) is_mute: bool,
    /// Before the status line.
    pub(crate) latency: Duration,
    /// Between the header and the first write.
    pub(crate) first: Duration,
    /// Between two writes.
    pub(crate) between: Duration,
    /// Before each write, where no two are alike; else what `first` and `between` say.
    pub(crate) pauses: Vec<Duration>,
    pub(crate) writes: Vec<Write>,
    /// Whether each write is told when it is sent, and how its events are framed.
    pub(crate) stamps: Option<Framing>,
    /// The names of the stream's events, in order.
    pub(crate) events: Vec<Cow<'static, str>>,
    pub(crate) end: End,
}

/// Bytes that go to the socket at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Write {
    pub(crate) bytes: Bytes,
    /// How many events are complete once it is sent.
    pub(crate) events: usize,
}

/// How a reply ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum End {
    /// As it should.
    #[default]
    Whole,
    /// The connection goes.
    Cut(How),
    /// Nothing more comes until the client goes.
    Stall,
}

impl Plan {
    /// How long to wait before a write.
    pub(crate) fn pause(&self, write: usize) -> Duration {
        let alike = if write == 0 { self.first } else { self.between };
        self.pauses.get(write).copied().unwrap_or(alike)
    }

    pub(crate) fn body_length(&self) -> usize {
        self.writes.iter().map(|write| write.bytes.len()).sum()
    }

    /// The same with only so many bytes of the body.
    pub(crate) fn shortened(&self, limit: usize) -> Self {
        let mut left = limit;
        let mut shortened = self.clone();
        for write in &mut shortened.writes {
            // A slice would keep the whole body alive.
            write.bytes = Bytes::copy_from_slice(&write.bytes[..left.min(write.bytes.len())]);
            left -= write.bytes.len();
        }
        shortened
    }

    /// The body's bytes, all writes together.
    pub(crate) fn body(&self) -> Vec<u8> {
        self.writes.iter().flat_map(|write| write.bytes.iter().copied()).collect()
    }
}

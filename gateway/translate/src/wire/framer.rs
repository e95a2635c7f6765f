//! Cuts a byte stream into messages, and keeps what is not whole yet.

use super::{Frame, Framing, event_stream, sse};
use crate::Error;

/// The largest server-sent event that is taken, in bytes. The event stream's own format stops at 24 MiB.
const SSE_LIMIT: usize = 8 << 20;
const EVENT_STREAM_LIMIT: usize = 25 << 20;

/// Cuts a byte stream into messages. What comes whole is not copied; only a torn tail is kept.
#[derive(Debug)]
pub struct Framer {
    framing: Framing,
    /// The beginning of a message whose end has not come.
    torn: Vec<u8>,
    /// Whether nothing was read yet, so that a byte order mark may come.
    fresh: bool,
}

impl Framer {
    /// A stream that has not begun.
    pub fn new(framing: Framing) -> Self {
        Self { framing, torn: Vec::new(), fresh: true }
    }

    /// Takes bytes, and hands out every message that is whole by now, until one is refused.
    pub fn push(
        &mut self,
        bytes: &[u8],
        each: &mut dyn FnMut(Frame<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if let Some(&last) = self.torn.last() {
            let hopeless = self.framing == Framing::Sse && !sse::may_end(last, bytes);
            self.torn.extend_from_slice(bytes);
            if !hopeless {
                let torn = std::mem::take(&mut self.torn);
                let read = self.read(&torn, each)?;
                self.torn = torn;
                self.torn.drain(..read);
            }
        } else {
            let read = self.read(bytes, each)?;
            self.torn.extend_from_slice(&bytes[read..]);
        }
        let limit = self.limit();
        if self.torn.len() > limit { Err(Error::TooLarge(limit)) } else { Ok(()) }
    }

    /// What came after the last whole message.
    pub fn rest(&self) -> &[u8] {
        &self.torn
    }

    fn read(
        &mut self,
        bytes: &[u8],
        each: &mut dyn FnMut(Frame<'_>) -> Result<(), Error>,
    ) -> Result<usize, Error> {
        let split = match self.framing {
            Framing::EventStream => event_stream::split,
            Framing::Sse => sse::split,
        };
        let mut read = 0;
        if self.fresh && self.framing == Framing::Sse {
            match sse::mark(bytes) {
                Some(size) => (read, self.fresh) = (size, false),
                None => return Ok(0),
            }
        }
        while let Some((size, frame)) = split(&bytes[read..])? {
            read += size;
            each(frame)?;
        }
        Ok(read)
    }

    fn limit(&self) -> usize {
        match self.framing {
            Framing::EventStream => EVENT_STREAM_LIMIT,
            Framing::Sse => SSE_LIMIT,
        }
    }
}

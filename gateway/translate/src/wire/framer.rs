//! Cuts a byte stream into messages, and keeps what is not whole yet.

use super::{Frame, Framing, event_stream, json_array, json_lines, sse};
use crate::Error;

/// The largest message that is taken, in bytes: no event of a model comes near it. Amazon's format goes to 24 MiB.
const LIMIT: usize = 8 << 20;

/// Cuts a byte stream into messages. What comes whole is not copied; only a torn tail is kept.
#[derive(Debug)]
pub struct Framer {
    framing: Framing,
    /// The beginning of a message whose end has not come.
    torn: Vec<u8>,
    /// Whether nothing was read yet, so that a byte order mark may come.
    fresh: bool,
}

/// Takes the messages of a stream, in order.
pub trait Take {
    /// Takes the next message.
    fn frame(&mut self, frame: Frame<'_>) -> Result<(), Error>;

    /// Takes the message at the front of `bytes`, if it can tell without being shown where that ends; says how long it
    /// was, or 0. Only asked of elements of a JSON array, whose ends are long to find.
    fn skim(&mut self, _bytes: &[u8]) -> Result<usize, Error> {
        Ok(0)
    }
}

impl<F: FnMut(Frame<'_>) -> Result<(), Error>> Take for F {
    fn frame(&mut self, frame: Frame<'_>) -> Result<(), Error> {
        self(frame)
    }
}

impl Framer {
    /// A stream that has not begun.
    pub fn new(framing: Framing) -> Self {
        Self { framing, torn: Vec::new(), fresh: true }
    }

    /// Takes bytes, and hands out every message that is whole by now, until one is refused.
    pub fn push(&mut self, bytes: &[u8], each: &mut dyn Take) -> Result<(), Error> {
        if let Some(&last) = self.torn.last() {
            let hopeless = !self.may_end(last, bytes);
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
        within(match self.framing {
            Framing::EventStream => event_stream::size(&self.torn),
            Framing::JsonArray | Framing::JsonLines | Framing::Sse => self.torn.len(),
        })
    }

    /// Whether the torn message may end in `bytes`, which follow `last`: if not, it need not be looked at again.
    fn may_end(&self, last: u8, bytes: &[u8]) -> bool {
        match self.framing {
            Framing::EventStream => true,
            // Before an element anything may come, and most of it is an error.
            Framing::JsonArray => {
                json_array::between(&self.torn) == self.torn.len()
                    || memchr::memchr2(b'}', b']', bytes).is_some()
            }
            Framing::JsonLines => memchr::memchr(b'\n', bytes).is_some(),
            Framing::Sse => self.fresh || sse::may_end(last, bytes),
        }
    }

    /// What came after the last whole message.
    pub fn rest(&self) -> &[u8] {
        &self.torn
    }

    fn read(&mut self, bytes: &[u8], each: &mut dyn Take) -> Result<usize, Error> {
        let split = match self.framing {
            Framing::EventStream => event_stream::split,
            Framing::JsonArray => json_array::split,
            Framing::JsonLines => json_lines::split,
            Framing::Sse => sse::split,
        };
        let mut read = 0;
        if self.fresh && self.framing == Framing::Sse {
            match sse::mark(bytes) {
                Some(size) => (read, self.fresh) = (size, false),
                None => return Ok(0),
            }
        }
        loop {
            if self.framing == Framing::JsonArray {
                let start = read + json_array::between(&bytes[read..]);
                let size = each.skim(&bytes[start..])?;
                if size > 0 {
                    read = start + size;
                    continue;
                }
            }
            let Some((size, frame)) = split(&bytes[read..])? else { return Ok(read) };
            within(size)?;
            read += size;
            each.frame(frame)?;
        }
    }
}

/// Refuses a message of more bytes than are taken.
fn within(size: usize) -> Result<(), Error> {
    if size > LIMIT { Err(Error::TooLarge(LIMIT)) } else { Ok(()) }
}

//! A reply in the client's own dialect: passed through as it comes, but guarded.

use crate::Error;
use crate::chat::Reader;
use crate::delta::{Delta, Order, Sink, Spoken, Usage};
use crate::wire::Frame;

/// Passes on whole events as they came, while the provider's reader looks for errors, the end, and the usage.
pub(crate) struct Kept {
    reader: Box<dyn Reader>,
    order: Order,
    seen: Seen,
    out: Vec<u8>,
    /// From the reason to stop on, until the end comes: a reply that is cut has no good end.
    held: Vec<u8>,
}

/// What matters of the deltas.
#[derive(Debug, Default)]
struct Seen {
    usage: Option<Usage>,
    finished: bool,
    ended: bool,
    ear: Option<Box<Spoken>>,
}

impl Sink for Seen {
    fn delta(&mut self, delta: Delta<'_>) {
        if let Some(ear) = &mut self.ear {
            ear.delta(delta);
        }
        match delta {
            Delta::Usage(usage) => self.usage = Some(*usage),
            Delta::Finish(_) => self.finished = true,
            Delta::End => self.ended = true,
            _ => (),
        }
    }
}

impl Kept {
    /// A stream that has not begun.
    pub(crate) fn new(reader: Box<dyn Reader>) -> Self {
        let (order, seen) = (Order::default(), Seen::default());
        Self { reader, order, seen, out: Vec::new(), held: Vec::new() }
    }

    /// Looks whether a whole reply is one, and what it cost.
    pub(crate) fn check(mut reader: Box<dyn Reader>, body: &[u8]) -> Result<Option<Usage>, Error> {
        let (mut order, mut seen) = (Order::default(), Seen::default());
        let mut gate = order.gate(&mut seen);
        reader.reply(body, &mut gate)?;
        gate.close()?;
        if seen.ended { Ok(seen.usage) } else { Err(Error::Truncated) }
    }

    /// Takes one event.
    pub(crate) fn frame(&mut self, frame: &Frame<'_>) -> Result<(), Error> {
        if self.seen.ended {
            return Ok(());
        }
        let mut gate = self.order.gate(&mut self.seen);
        self.reader.frame(frame, &mut gate)?;
        gate.close()?;
        if self.seen.finished && !self.seen.ended {
            self.held.extend_from_slice(frame.raw);
        } else {
            self.out.append(&mut self.held);
            self.out.extend_from_slice(frame.raw);
        }
        Ok(())
    }

    /// What was passed on. The caller takes it away.
    pub(crate) fn out(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// Whether the provider's own end was passed on.
    pub(crate) fn done(&self) -> bool {
        self.seen.ended
    }

    /// Gathers what is said.
    pub(crate) fn listen(&mut self, spoken: Box<Spoken>) {
        self.seen.ear = Some(spoken);
    }

    /// What was said so far.
    pub(crate) fn spoken(&mut self) -> Option<Box<Spoken>> {
        self.seen.ear.take()
    }

    /// Tokens counted so far.
    pub(crate) fn usage(&self) -> Option<Usage> {
        self.seen.usage
    }
}

//! A whole reply made of a stream: for a client that waits, where the provider is asked for a stream all the same.

use super::{Api, Call, Reply, whole_writer};
use crate::Error;
use crate::chat::Reader;
use crate::client::{Whole, messages};
use crate::delta::Order;
use crate::openai;
use crate::providers::Provider;
use crate::wire::{Frame, Framer, Framing, Take};

/// Provider bytes in, one whole reply of the client's dialect out. As with a [`Stream`](super::Stream), one that stops before its own
/// end is none.
///
/// Memory is linear in what was pushed: that is for the caller to limit.
pub struct Collector {
    framer: Framer,
    way: Way,
}

enum Way {
    Translate {
        reader: Box<dyn Reader>,
        order: Order,
        writer: Box<dyn Whole>,
    },
    /// What would pass through is put together from what would pass.
    Gather {
        stream: Box<super::Stream>,
        gathered: Box<dyn Gather>,
    },
}

/// Puts the events of one dialect together.
pub(crate) trait Gather {
    /// Takes the next event.
    fn event(&mut self, frame: &Frame<'_>) -> Result<(), Error>;

    /// The whole reply.
    fn finish(self: Box<Self>) -> Result<Vec<u8>, Error>;
}

/// Translates each message.
struct Translate<'s> {
    reader: &'s mut dyn Reader,
    order: &'s mut Order,
    writer: &'s mut dyn Whole,
}

impl Take for Translate<'_> {
    fn frame(&mut self, frame: Frame<'_>) -> Result<(), Error> {
        if self.order.has_ended() {
            return Ok(());
        }
        let mut gate = self.order.gate(self.writer);
        self.reader.frame(&frame, &mut gate)?;
        gate.close()
    }

    fn skim(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        if self.order.has_ended() {
            return Ok(0);
        }
        let mut gate = self.order.gate(self.writer);
        let size = self.reader.skim(bytes, &mut gate);
        gate.close()?;
        Ok(size)
    }
}

impl Collector {
    /// A stream that has not begun, of a provider that has streams of this API.
    pub fn new(api: Api, provider: &Provider, call: &Call, framing: Framing) -> Result<Self, Error> {
        if provider.relays(api) {
            let stream = Box::new(super::Stream::new(api, provider, call, framing)?);
            let gathered: Box<dyn Gather> = match api {
                Api::Messages => Box::new(messages::Gathered::new()),
                _ => Box::new(openai::Gathered::new(api)),
            };
            return Ok(Self { framer: Framer::new(Framing::Sse), way: Way::Gather { stream, gathered } });
        }
        let reader = provider.reader(api, call).ok_or_else(|| provider.without(api))?;
        let way = Way::Translate { reader, order: Order::default(), writer: whole_writer(api, call) };
        Ok(Self { framer: Framer::new(framing), way })
    }

    /// Takes what the provider sent. After an error it takes no more.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let Self { framer, way } = self;
        let pushed = match way {
            Way::Translate { order, .. } if order.has_ended() => Ok(()),
            Way::Translate { reader, order, writer } => {
                framer.push(bytes, &mut Translate { reader: &mut **reader, order, writer: &mut **writer })
            }
            Way::Gather { stream, gathered } => {
                stream.push(bytes)?;
                pass(framer, stream, &mut **gathered)
            }
        };
        // What follows the end in the same bytes is not read either, be it corrupt.
        if self.done() { Ok(()) } else { pushed }
    }

    /// Whether the provider's own end was seen.
    pub fn done(&self) -> bool {
        match &self.way {
            Way::Translate { order, .. } => order.has_ended(),
            Way::Gather { stream, .. } => stream.done(),
        }
    }

    /// The reply, once the provider's stream is over.
    pub fn finish(self) -> Result<Reply, Error> {
        let Self { mut framer, way } = self;
        match way {
            Way::Translate { mut reader, mut order, mut writer } => {
                if !order.has_ended() {
                    let mut gate = order.gate(&mut *writer);
                    reader.finish(&mut gate);
                    gate.close()?;
                }
                finish(&order, writer)
            }
            Way::Gather { mut stream, mut gathered } => {
                stream.finish()?;
                pass(&mut framer, &mut stream, &mut *gathered)?;
                Ok(Reply { body: gathered.finish()?, usage: stream.usage(), kept: Vec::new() })
            }
        }
    }
}

/// Hands on what the client would have got of a stream.
fn pass(framer: &mut Framer, stream: &mut super::Stream, gathered: &mut dyn Gather) -> Result<(), Error> {
    let out = std::mem::take(stream.out());
    framer.push(&out, &mut |frame: Frame<'_>| gathered.event(&frame))
}

/// What a writer has collected, if the reply came to its end.
pub(super) fn finish(order: &Order, mut writer: Box<dyn Whole>) -> Result<Reply, Error> {
    if !order.has_ended() {
        return Err(Error::Truncated);
    }
    let kept = writer.kept();
    writer.finish().map(|(body, usage)| Reply { body, usage, kept })
}

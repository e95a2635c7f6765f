//! A streamed reply on its way through, and the one policy for all streams.
//!
//! | the provider sends | the client gets |
//! |---|---|
//! | an event of a known kind | its translation |
//! | an unknown kind | nothing |
//! | a corrupt one, or one out of order | an error event, and the stream ends |
//! | its own error | that error, in the client's words, and the stream ends |
//! | its own end | the end of the client's dialect, such as `[DONE]`, and what follows is not read |
//! | no end | an error event, never that end nor a finish reason, which is held back until then |

use super::{Api, Call, stream_writer};
use crate::Error;
use crate::chat::Reader;
use crate::client::Kept;
use crate::delta::{Delta, Order, Sink, Spoken, Usage};
use crate::openai::{Problem, Relay, Writer};
use crate::providers::Provider;
use crate::wire::{Frame, Framer, Framing, Take};

/// Provider bytes in, client bytes out: server-sent events of the client's dialect.
///
/// Memory is bounded by the largest message that a [`Framer`] takes, plus what the gateway leaves in [`Self::out`].
pub struct Stream {
    api: Api,
    framer: Framer,
    way: Way,
    failed: bool,
}

enum Way {
    Relay(Box<Relay>),
    Keep(Box<Kept>),
    Translate { reader: Box<dyn Reader>, order: Order, writer: Box<dyn Writer>, ear: Option<Box<Spoken>> },
}

/// Translates each message.
struct Translate<'s> {
    reader: &'s mut dyn Reader,
    order: &'s mut Order,
    writer: &'s mut dyn Writer,
    ear: Option<&'s mut Spoken>,
}

/// A writer, and who listens.
struct Both<'s>(&'s mut dyn Sink, &'s mut Spoken);

impl Sink for Both<'_> {
    fn delta(&mut self, delta: Delta<'_>) {
        self.1.delta(delta);
        self.0.delta(delta);
    }
}

impl Translate<'_> {
    /// Lets the reader read, and says what it says.
    fn read<T>(
        &mut self,
        read: impl FnOnce(&mut dyn Reader, &mut dyn Sink) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut both;
        let sink: &mut dyn Sink = match &mut self.ear {
            None => self.writer.sink(),
            Some(ear) => {
                both = Both(self.writer.sink(), ear);
                &mut both
            }
        };
        let mut gate = self.order.gate(sink);
        let said = read(self.reader, &mut gate)?;
        gate.close().map(|()| said)
    }
}

impl Take for Translate<'_> {
    fn frame(&mut self, frame: Frame<'_>) -> Result<(), Error> {
        if self.writer.done() {
            return Ok(());
        }
        self.read(|reader, sink| reader.frame(&frame, sink))
    }

    fn skim(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        if self.writer.done() {
            return Ok(0);
        }
        self.read(|reader, sink| Ok(reader.skim(bytes, sink)))
    }
}

impl Stream {
    /// A stream that has not begun, of a provider that has streams of this API.
    pub fn new(api: Api, provider: &Provider, call: &Call, framing: Framing) -> Result<Self, Error> {
        let way = if let Some(quirks) = provider.quirks(api) {
            Way::Relay(Box::new(Relay::new(quirks, call)))
        } else {
            let reader = provider.reader(api, call).ok_or_else(|| provider.without(api))?;
            if provider.splice(api).is_some() {
                return Ok(Self::keep(api, reader, framing));
            }
            Way::Translate { reader, order: Order::default(), writer: stream_writer(api, call), ear: None }
        };
        Ok(Self { api, framer: Framer::new(framing), way, failed: false })
    }

    fn keep(api: Api, reader: Box<dyn Reader>, framing: Framing) -> Self {
        Self { api, framer: Framer::new(framing), way: Way::Keep(Box::new(Kept::new(reader))), failed: false }
    }

    /// Takes what the provider sent; what the client should get is added to [`Self::out`].
    ///
    /// After an error the stream takes no more: tell the client by [`Self::fail`].
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.failed || self.done() {
            return Ok(());
        }
        // Mostly, what goes out is as long as what came in.
        self.out().reserve(bytes.len());
        let result = match &mut self.way {
            Way::Relay(relay) => self.framer.push(bytes, &mut |frame: Frame<'_>| relay.frame(&frame)),
            Way::Keep(kept) => self.framer.push(bytes, &mut |frame: Frame<'_>| kept.frame(&frame)),
            Way::Translate { reader, order, writer, ear } => {
                let (writer, ear) = (&mut **writer, ear.as_deref_mut());
                let mut translate = Translate { reader: &mut **reader, order, writer, ear };
                let pushed = self.framer.push(bytes, &mut translate);
                pushed.and_then(|()| writer.check())
            }
        };
        // What follows the end in the same bytes is not read either, be it corrupt.
        if self.done() {
            return Ok(());
        }
        self.failed = result.is_err();
        result
    }

    /// Says that the provider's stream is over. One that stopped before its own end is an error.
    pub fn finish(&mut self) -> Result<(), Error> {
        match &mut self.way {
            Way::Relay(relay) if !self.failed => relay.rest(self.framer.rest()),
            Way::Translate { reader, order, writer, ear } if !self.failed && !writer.done() => {
                let (writer, ear) = (&mut **writer, ear.as_deref_mut());
                let mut translate = Translate { reader: &mut **reader, order, writer, ear };
                let finished = translate.read(|reader, sink| {
                    reader.finish(sink);
                    Ok(())
                });
                finished.inspect_err(|_| self.failed = true)?;
            }
            Way::Relay(_) | Way::Keep(_) | Way::Translate { .. } => (),
        }
        if self.failed || self.done() { Ok(()) } else { Err(Error::Truncated) }
    }

    /// Tells the client, inside its stream, why the reply ends here. Says nothing where the reply is done already.
    pub fn fail(&mut self, error: &Error) {
        self.tell(&error.problem());
    }

    /// The same, of what is no matter of translation.
    pub fn tell(&mut self, problem: &Problem) {
        if self.done() {
            return;
        }
        self.failed = true;
        if let Way::Translate { writer, .. } = &mut self.way
            && writer.fail(problem)
        {
            return;
        }
        let client = self.api.client();
        let out = self.out();
        if let Some(client) = client {
            return client.event(problem, out);
        }
        out.extend_from_slice(b"data: ");
        problem.write(out);
        out.extend_from_slice(b"\n\n");
    }

    /// Whether the provider's own end was seen; the client has been told then.
    pub fn done(&self) -> bool {
        match &self.way {
            Way::Relay(relay) => relay.done(),
            Way::Keep(kept) => kept.done(),
            Way::Translate { writer, .. } => writer.done(),
        }
    }

    /// What the client should get. The caller takes it away.
    pub fn out(&mut self) -> &mut Vec<u8> {
        match &mut self.way {
            Way::Relay(relay) => relay.out(),
            Way::Keep(kept) => kept.out(),
            Way::Translate { writer, .. } => writer.out(),
        }
    }

    /// What a store is to keep of the reply, once that has ended, well or not; empty where nothing is. The caller takes it away.
    pub fn kept(&mut self) -> Vec<u8> {
        if let Way::Translate { writer, .. } = &mut self.way { writer.kept() } else { Vec::new() }
    }

    /// Gathers what is said from here on, so many bytes of it.
    pub fn listen(&mut self, room: usize) {
        let spoken = Box::new(Spoken::new(room));
        match &mut self.way {
            Way::Relay(relay) => relay.listen(spoken),
            Way::Keep(kept) => kept.listen(spoken),
            Way::Translate { ear, .. } => *ear = Some(spoken),
        }
    }

    /// What was said so far, where somebody listens. The caller takes it away.
    pub fn spoken(&mut self) -> Option<Box<Spoken>> {
        match &mut self.way {
            Way::Relay(relay) => relay.spoken(),
            Way::Keep(kept) => kept.spoken(),
            Way::Translate { ear, .. } => ear.take(),
        }
    }

    /// Tokens counted so far, by the provider.
    pub fn usage(&self) -> Option<Usage> {
        match &self.way {
            Way::Relay(relay) => relay.usage(),
            Way::Keep(kept) => kept.usage(),
            Way::Translate { writer, .. } => writer.usage(),
        }
    }
}

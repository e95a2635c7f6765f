//! Reads what a provider's own reply tells of its cost, beside the bytes that pass through as they are.

use super::{Api, Call};
use crate::Error;
use crate::chat::Reader;
use crate::delta::{Delta, Sink, Spoken, Usage};
use crate::passthrough::{Invoked, Made, Ranked, Responses};
use crate::providers::Provider;
use crate::wire::{Frame, Framer, Framing};

/// Bytes of a whole reply that are looked at; a longer one is passed, and not counted.
const MOST: usize = 8 << 20;

/// Counts along. What it cannot read it leaves alone: the reply is the client's, whatever it is.
pub struct Tap {
    reader: Box<dyn Reader>,
    /// Absent where the reply comes whole, and is then gathered.
    framer: Option<Framer>,
    whole: Vec<u8>,
    cost: Cost,
    lost: bool,
}

/// Keeps the last count, and what is said where somebody listens, and forgets the rest.
#[derive(Default)]
struct Cost(Option<Usage>, Option<Box<Spoken>>);

impl Sink for Cost {
    fn delta(&mut self, delta: Delta<'_>) {
        if let Some(spoken) = &mut self.1 {
            spoken.delta(delta);
        }
        if let Delta::Usage(usage) = delta {
            self.0 = Some(*usage);
        }
    }
}

impl Tap {
    /// Beside a reply of this API; without a framing, one that comes whole.
    pub fn new(api: Api, provider: &Provider, framing: Option<Framing>) -> Option<Self> {
        Some(Self::with(provider.reader(api, &Call::default())?, framing))
    }

    /// Beside a response of OpenAI's.
    pub fn responses(framing: Option<Framing>) -> Self {
        Self::with(Box::new(Responses), framing)
    }

    /// Beside a streamed answer of Bedrock's `InvokeModel`.
    pub fn invocation() -> Self {
        Self::with(Box::new(Invoked::default()), Some(Framing::EventStream))
    }

    /// Beside a ranking of Cohere's.
    pub fn ranking() -> Self {
        Self::with(Box::new(Ranked), None)
    }

    /// Beside pictures or a transcript of OpenAI's.
    pub fn made(framing: Option<Framing>) -> Self {
        Self::with(Box::new(Made), framing)
    }

    fn with(reader: Box<dyn Reader>, framing: Option<Framing>) -> Self {
        let framer = framing.map(Framer::new);
        Self { reader, framer, whole: Vec::new(), cost: Cost::default(), lost: false }
    }

    /// Looks at what passes.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.lost {
            return;
        }
        let Self { reader, framer, whole, cost, .. } = self;
        let read: Result<(), Error> = match framer {
            Some(framer) => framer.push(bytes, &mut |frame: Frame<'_>| reader.frame(&frame, cost)),
            None if whole.len() + bytes.len() > MOST => Err(Error::TooLarge(MOST)),
            None => {
                whole.extend_from_slice(bytes);
                Ok(())
            }
        };
        self.lost = read.is_err();
    }

    /// That was all.
    pub fn finish(&mut self) {
        if self.framer.is_some() {
            self.reader.finish(&mut self.cost);
        } else if !self.lost {
            // What cannot be read has no count.
            self.lost = self.reader.reply(&self.whole, &mut self.cost).is_err();
        }
    }

    /// Gathers what is said from here on, so many bytes of it.
    pub fn listen(&mut self, room: usize) {
        self.cost.1 = Some(Box::new(Spoken::new(room)));
    }

    /// What was said so far, where somebody listens. The caller takes it away.
    pub fn spoken(&mut self) -> Option<Box<Spoken>> {
        self.cost.1.take()
    }

    /// Tokens counted so far, by the provider.
    pub fn usage(&self) -> Option<Usage> {
        self.cost.0
    }
}

//! Replies of the inference server after OpenAI's: its accent is a streamed call that ends without a reason.

use crate::Error;
use crate::call::Call;
use crate::chat::Reader;
use crate::delta::{Delta, Finish, Sink};
use crate::openai::ChunkReader;
use crate::wire::Frame;

/// Reads one reply.
pub(super) struct TgiReader {
    chunks: ChunkReader,
    /// Whether a call began, and whether a reason came.
    seen: Seen,
}

#[derive(Clone, Copy, Default)]
struct Seen {
    calls: bool,
    finish: bool,
}

/// Passes everything on, and remembers what it saw.
struct Watch<'a> {
    seen: &'a mut Seen,
    sink: &'a mut dyn Sink,
}

impl TgiReader {
    pub(super) fn new(call: &Call) -> Self {
        Self { chunks: ChunkReader::new(call), seen: Seen::default() }
    }
}

impl Reader for TgiReader {
    fn reply(&mut self, body: &[u8], sink: &mut dyn Sink) -> Result<(), Error> {
        self.chunks.reply(body, sink)
    }

    fn frame(&mut self, frame: &Frame<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
        if frame.data.starts_with(b"[DONE]") && self.seen.calls && !self.seen.finish {
            self.seen.finish = true;
            sink.delta(Delta::Finish(Finish::ToolCalls));
        }
        self.chunks.frame(frame, &mut Watch { seen: &mut self.seen, sink })
    }
}

impl Sink for Watch<'_> {
    fn delta(&mut self, delta: Delta<'_>) {
        self.seen.calls |= matches!(delta, Delta::ToolStart { .. });
        self.seen.finish |= matches!(delta, Delta::Finish(_));
        self.sink.delta(delta);
    }
}

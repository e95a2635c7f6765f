//! What writes the events of a streamed reply.

use crate::Error;
use crate::delta::{Sink, Usage};

/// Takes deltas, and writes server-sent events.
pub trait Writer: Sink + Send {
    /// What was written. The caller takes it away.
    fn out(&mut self) -> &mut Vec<u8>;

    /// Whether the end was written.
    fn done(&self) -> bool;

    /// Tokens counted so far.
    fn usage(&self) -> Option<Usage>;

    /// The same as a sink.
    fn sink(&mut self) -> &mut dyn Sink;

    /// Whether all could be written so far.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }
}

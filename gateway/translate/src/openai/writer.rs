//! What writes the events of a streamed reply.

use super::Problem;
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

    /// Tells the client why its stream ends here, where that needs to know what was written before. `false`: nothing was told.
    fn fail(&mut self, _problem: &Problem) -> bool {
        false
    }

    /// What a store is to keep of the reply; empty where nothing is.
    fn kept(&mut self) -> Vec<u8> {
        Vec::new()
    }

    /// Whether all could be written so far.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }
}

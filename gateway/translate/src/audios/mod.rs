//! Transcription APIs that are not OpenAI's.
//!
//! <https://platform.openai.com/docs/api-reference/audio/createTranscription>

mod heard;
mod hearing;

pub use heard::Heard;
pub use hearing::{Form, Hearing};

use crate::Error;
use crate::call::{Losses, Options, Target};
use crate::works::Given;

/// A provider's transcription API in a dialect of its own.
pub trait Hear: Sync {
    /// Writes the provider's request body to `out`, says where it goes and what the body is, and names in `losses` what it
    /// cannot carry.
    fn request(
        &self,
        hearing: &Hearing<'_>,
        options: &Options<'_>,
        losses: &mut Losses,
        out: &mut Vec<u8>,
    ) -> Result<(Target, String), Error>;

    /// Reads a reply, which always comes whole.
    fn reply(&self, given: Given<'_>) -> Result<Heard, Error>;
}

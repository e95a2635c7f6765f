//! Embedding APIs that are not OpenAI's.

use crate::call::{Call, Losses, Options, Target};
use crate::delta::Usage;
use crate::openai::{Embedding, EmbeddingWriter};
use crate::{Error, Text};

/// A provider's embedding API in a dialect of its own.
pub trait Embed: Sync {
    /// Writes the provider's request body to `out`, says where it goes, and names in `losses` what it cannot carry.
    fn request(
        &self,
        embedding: &Embedding<'_>,
        options: &Options<'_>,
        losses: &mut Losses,
        out: &mut Vec<u8>,
    ) -> Result<Target, Error>;

    /// Reads a reply, which always comes whole.
    fn reply(&self, body: &[u8], call: &Call, sink: &mut dyn Vectors) -> Result<(), Error>;
}

/// Takes what an embedding reply says. Vectors come in the order of the inputs.
pub trait Vectors {
    /// The model that made the vectors, where the provider says so.
    fn model(&mut self, model: Text<'_>);
    /// The next vector: a JSON array of numbers, as it came.
    fn floats(&mut self, json: &str) -> Result<(), Error>;
    /// The next vector: base64 of its 32-bit floats, little end first.
    fn base64(&mut self, text: Text<'_>) -> Result<(), Error>;
    /// What it cost.
    fn usage(&mut self, usage: Usage);
}

/// Translates a whole reply.
pub(crate) fn reply(
    native: &dyn Embed,
    body: &[u8],
    call: &Call,
    mut writer: EmbeddingWriter,
) -> Result<(Vec<u8>, Option<Usage>), Error> {
    native.reply(body, call, &mut writer)?;
    writer.finish()
}

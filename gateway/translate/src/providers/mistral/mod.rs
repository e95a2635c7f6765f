//! Mistral's own API: near to OpenAI's dialect, but closed to what it does not know.
//!
//! <https://docs.mistral.ai/api>

mod complete;
mod embed;
mod failure;
mod id;
mod messages;
mod native;
mod request;
mod tools;

pub(super) use failure::problem;
pub(super) use request::write;

use super::{Completions, Dialect, Provider};
use crate::Error;
use crate::call::{Call, Losses, Options, Target};
use crate::chat::{self, Reader};
use crate::openai::{self, ChunkReader};
use crate::wire::Framing;

/// Mistral.
pub const PROVIDER: Provider = Provider {
    name: "mistral",
    format: None,
    base_url: "https://api.mistral.ai",
    chat: Dialect::Native(&Chat),
    completions: Completions::Native(&complete::Complete),
    embeddings: Dialect::Native(&embed::Embed),
    passages: &[],
    problem: |status, _, body| problem(status, body),
};

/// `/v1/chat/completions`
struct Chat;

impl chat::Chat for Chat {
    fn framings(&self) -> &'static [Framing] {
        &[Framing::Sse]
    }

    fn request(
        &self,
        chat: &openai::Chat<'_>,
        options: &Options<'_>,
        losses: &mut Losses,
        out: &mut Vec<u8>,
    ) -> Result<Target, Error> {
        let (model, stream) = (options.model(chat.model)?, options.stream(chat.stream));
        write(chat, options, (&model, stream), losses, out)?;
        Ok(Target::new("/v1/chat/completions", model, stream))
    }

    fn reader(&self, call: &Call) -> Box<dyn Reader> {
        Box::new(ChunkReader::new(call))
    }
}

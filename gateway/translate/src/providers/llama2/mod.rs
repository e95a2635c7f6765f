//! Servers that complete one raw text by a chat model of Llama 2: Kong's `llama2_format: raw`.
//!
//! <https://github.com/Kong/kong/blob/master/kong/llm/drivers/llama2.lua>
//!
//! Newer models of the family have other marks: servers of those speak Ollama's or OpenAI's dialect, which `llama2` has as
//! its other formats.

mod prompt;
mod read;
mod request;

use super::{Completions, Dialect, Provider};
use crate::call::{Call, Losses, Options, Target};
use crate::chat::{self, Reader};
use crate::wire::Framing;
use crate::{Error, openai};

/// Such a server. It runs wherever its user runs it.
pub const PROVIDER: Provider = Provider {
    name: "llama2",
    format: Some("raw"),
    base_url: "",
    chat: Dialect::Native(&Raw),
    completions: Completions::ThroughChat,
    embeddings: Dialect::None,
    // `{"error": "text"}`, which OpenAI's kin send as well.
    passages: &[],
    problem: |status, _, body| openai::problem(status, body),
};

/// The raw form.
struct Raw;

impl chat::Chat for Raw {
    fn framings(&self) -> &'static [Framing] {
        &[]
    }

    fn request(
        &self,
        chat: &openai::Chat<'_>,
        options: &Options<'_>,
        losses: &mut Losses,
        out: &mut Vec<u8>,
    ) -> Result<Target, Error> {
        let model = options.model(chat.model)?;
        request::write(chat, options, losses, out)?;
        // The configured address is whole: there is no path that all such servers share.
        Ok(Target::new("/", model, false))
    }

    fn reader(&self, _: &Call) -> Box<dyn Reader> {
        Box::new(read::TextReader)
    }
}

//! Who is to be told what a client asks.

use crate::Error;
use crate::Text;
use crate::call::{Api, Options};
use crate::chat::Thinking;
use crate::client::responses::Memory;
use crate::openai::Quirks;
use crate::providers::{Dialect, Provider};

/// Who is to be told what a client asks, as far as the chat differs by it.
#[derive(Clone, Copy)]
pub(crate) struct Audience<'a> {
    provider: &'a Provider,
    options: &'a Options<'a>,
}

impl<'a> Audience<'a> {
    pub(crate) fn new(provider: &'a Provider, options: &'a Options<'a>) -> Self {
        Self { provider, options }
    }

    /// How it differs from OpenAI, if it speaks OpenAI's dialect: then it reads OpenAI's members and no others. `None`: the chat
    /// is read by this crate, with all that [`Chat`](crate::openai::Chat) knows besides.
    pub(crate) fn quirks(&self) -> Option<&'static Quirks> {
        self.provider.quirks(Api::Chat)
    }

    /// Whether it takes this member of OpenAI's.
    pub(crate) fn takes(&self, member: &str) -> bool {
        self.quirks().is_none_or(|quirks| !quirks.refused.contains(&member))
    }

    /// Whether a stream tells its usage only if it is asked to.
    pub(crate) fn counts_if_asked(&self) -> bool {
        self.quirks().is_some() && self.takes("stream_options")
    }

    /// What earlier responses left.
    pub(crate) fn memory(&self) -> Memory<'a> {
        self.options.memory
    }

    /// The model that will be asked.
    pub(crate) fn model(&self, client: Option<Text<'_>>) -> Result<String, Error> {
        self.options.model(client)
    }

    /// Whether the provider is asked for a stream.
    pub(crate) fn streams(&self, client: bool) -> bool {
        self.options.stream(client)
    }

    /// Whether results of calls may show images and files to this model.
    pub(crate) fn shows_results(&self, model: &str) -> bool {
        matches!(self.provider.chat, Dialect::Native(native) if native.shows_results(model))
    }

    /// What this model understands of Anthropic's own `thinking`.
    pub(crate) fn thinking(&self, model: &str) -> Thinking {
        match self.provider.chat {
            Dialect::Native(native) => native.thinking(model),
            Dialect::None | Dialect::OpenAi(_) => Thinking::Nothing,
        }
    }
}

//! What the configuration says about a call, and what comes of it together with what the client says.

use crate::Error;
use crate::openai::{Chat, Number};

/// What the configuration says about a call.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// The model to ask for, whatever the client named.
    pub model: Option<&'a str>,
    /// Whether to stream, whatever the client asked for.
    pub stream: Option<bool>,
    /// Tokens to answer with at most.
    pub max_tokens: Option<u32>,
    /// Sampling temperature, on OpenAI's scale of 0 to 2.
    pub temperature: Option<f64>,
    /// Nucleus sampling, 0 to 1.
    pub top_p: Option<f64>,
    /// Sampling from the best k tokens only.
    pub top_k: Option<u32>,
    /// Whether the four values above give way where the client names its own. Without it they win, as Kong's do.
    pub client_wins: bool,
    /// `anthropic-version`; the older one where absent.
    pub anthropic_version: Option<&'a str>,
    /// Whether a request is refused when something in it cannot be carried.
    pub strict: bool,
}

impl Options<'_> {
    /// The model to ask for.
    pub fn model(&self, chat: &Chat<'_>) -> Result<String, Error> {
        let client = || chat.model.map(|model| model.plain().into_owned());
        self.model
            .map(str::to_owned)
            .or_else(client)
            .filter(|model| !model.is_empty())
            .ok_or_else(Error::no_model)
    }

    /// Whether the reply is to come as a stream.
    pub fn stream(&self, chat: &Chat<'_>) -> bool {
        self.stream.unwrap_or(chat.stream)
    }

    /// Tokens to answer with at most.
    pub fn max_tokens(&self, chat: &Chat<'_>) -> Option<u32> {
        self.choose(self.max_tokens, chat.max_tokens)
    }

    /// Sampling temperature, 0 to 2.
    pub fn temperature<'a>(&self, chat: &Chat<'a>) -> Option<Number<'a>> {
        self.choose(self.temperature.map(Number::Value), chat.temperature)
    }

    /// Nucleus sampling, 0 to 1.
    pub fn top_p<'a>(&self, chat: &Chat<'a>) -> Option<Number<'a>> {
        self.choose(self.top_p.map(Number::Value), chat.top_p)
    }

    /// Sampling from the best k tokens only.
    pub fn top_k<'a>(&self, chat: &Chat<'a>) -> Option<Number<'a>> {
        self.choose(self.top_k.map(|k| Number::Value(k.into())), chat.top_k)
    }

    fn choose<T>(&self, configured: Option<T>, client: Option<T>) -> Option<T> {
        if self.client_wins { client.or(configured) } else { configured.or(client) }
    }
}

//! The routes that clients call.

use crate::client::{Client, Messages, Responses};

/// An API, as a client calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Api {
    /// OpenAI's `/v1/chat/completions`
    Chat,
    /// OpenAI's `/v1/completions`
    Completions,
    /// OpenAI's `/v1/embeddings`
    Embeddings,
    /// Anthropic's `/v1/messages`
    Messages,
    /// OpenAI's `/v1/responses`
    Responses,
}

impl Api {
    /// Every route.
    pub const ALL: [Self; 5] =
        [Self::Chat, Self::Completions, Self::Embeddings, Self::Messages, Self::Responses];

    /// What its cases and documents are filed under.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Completions => "completions",
            Self::Embeddings => "embeddings",
            Self::Messages => "messages",
            Self::Responses => "responses",
        }
    }

    /// The API of a provider's that answers it.
    pub fn asks(self) -> Self {
        match self {
            Self::Messages | Self::Responses => Self::Chat,
            other => other,
        }
    }

    /// Its dialect, where that is not OpenAI's own.
    pub(crate) fn client(self) -> Option<&'static dyn Client> {
        match self {
            Self::Messages => Some(&Messages),
            Self::Responses => Some(&Responses),
            Self::Chat | Self::Completions | Self::Embeddings => None,
        }
    }
}

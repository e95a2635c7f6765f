//! What the client speaks, whatever the provider speaks: an operation of a provider's document, how a chat is asked for in its words,
//! and what the parts of its replies are called.
//!
//! Scenarios of chats are written once, as `OpenAI`'s, and played on each surface on which one can converse: [`Surface::write`] says
//! them in its words. How replies are read is in [`fold`](crate::fold).

mod messages;
mod responses;
mod words;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::Mode;

pub use words::Place;

/// One API of the client's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Surface {
    /// <https://platform.openai.com/docs/api-reference/chat>
    #[default]
    #[serde(rename = "openai.chat")]
    Chat,
    /// <https://platform.openai.com/docs/api-reference/responses>
    #[serde(rename = "openai.responses")]
    Responses,
    /// <https://platform.claude.com/docs/en/api/messages>
    #[serde(rename = "anthropic.messages")]
    Messages,
    /// <https://platform.openai.com/docs/api-reference/completions>
    #[serde(rename = "openai.completions")]
    Completions,
    /// <https://platform.openai.com/docs/api-reference/embeddings>
    #[serde(rename = "openai.embeddings")]
    Embeddings,
}

impl Surface {
    /// Every surface, in the order of reports.
    pub const ALL: [Self; 5] =
        [Self::Chat, Self::Responses, Self::Messages, Self::Completions, Self::Embeddings];

    /// Those on which one can converse: the same chat can be had on each.
    pub const CONVERSATIONS: [Self; 3] = [Self::Chat, Self::Responses, Self::Messages];

    /// As it stands in a cell's id.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "openai.chat",
            Self::Responses => "openai.responses",
            Self::Messages => "anthropic.messages",
            Self::Completions => "openai.completions",
            Self::Embeddings => "openai.embeddings",
        }
    }

    /// The first word of the ids of its requirements and scenarios, and the name of their folders.
    pub fn word(self) -> &'static str {
        self.name().split_once('.').map_or("", |(_, word)| word)
    }

    /// The surface of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|surface| surface.word() == word)
    }

    /// The surface of a requirement or scenario, by its id.
    pub fn of_id(id: &str) -> Option<Self> {
        Self::of_word(id.split_once('.')?.0)
    }

    /// Whether one can converse on it.
    pub fn is_conversation(self) -> bool {
        Self::CONVERSATIONS.contains(&self)
    }

    /// The ways in which its replies may come.
    pub fn modes(self) -> &'static [Mode] {
        match self {
            Self::Embeddings => &[Mode::Whole],
            _ => &[Mode::Whole, Mode::Stream],
        }
    }

    /// Whose document describes it.
    pub fn document(self) -> &'static str {
        match self {
            Self::Messages => "anthropic",
            _ => "openai",
        }
    }

    /// Path of its operation in that document.
    pub fn path(self) -> &'static str {
        match self {
            Self::Chat => "/v1/chat/completions",
            Self::Responses => "/v1/responses",
            Self::Messages => "/v1/messages",
            Self::Completions => "/v1/completions",
            Self::Embeddings => "/v1/embeddings",
        }
    }

    /// Its operation in that document.
    pub fn operation(self) -> Option<specs::Operation> {
        specs::api(self.document())?.operation("POST", self.path())
    }

    /// Whether a request asks for what this surface is for.
    pub fn asks(self, request: &Value) -> bool {
        let subject = &request[self.subject()];
        let is_list_only = matches!(self, Self::Chat | Self::Messages);
        subject.is_array() || (!is_list_only && subject.is_string())
    }

    /// The member without which a request asks for nothing.
    pub fn subject(self) -> &'static str {
        match self {
            Self::Chat | Self::Messages => "messages",
            Self::Completions => "prompt",
            Self::Responses | Self::Embeddings => "input",
        }
    }

    /// A chat, as `OpenAI`'s chats are asked for, in the words of this surface; nothing where it has no words for some of it.
    pub fn write(self, chat: &Value) -> Option<Value> {
        match self {
            Self::Chat => Some(chat.clone()),
            Self::Responses => responses::write(chat),
            Self::Messages => messages::write(chat),
            Self::Completions | Self::Embeddings => None,
        }
    }

    /// A request that was written from a chat, as text, with the numbers of earlier arguments as the chat has them: a [`Value`] keeps
    /// no more of them than a double does.
    pub(crate) fn exact(self, chat: &Value, text: String) -> String {
        if self == Self::Messages { messages::exact(chat, text) } else { text }
    }

    /// The key and the version, as the official clients of this surface show them.
    pub fn headers(self, key: &str) -> Vec<(&'static str, String)> {
        let version = (self == Self::Messages).then(|| ("anthropic-version", "2023-06-01".to_owned()));
        std::iter::once(self.key(key)).chain(version).collect()
    }

    /// Where its clients show their key.
    pub fn key(self, key: &str) -> (&'static str, String) {
        match self {
            Self::Messages => ("x-api-key", key.to_owned()),
            _ => ("authorization", format!("Bearer {key}")),
        }
    }

    /// Whether a refusal is told apart from what is said.
    pub fn refuses(self) -> bool {
        self != Self::Messages
    }
}

impl fmt::Display for Surface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A list of surfaces by their words.
pub(crate) fn words<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Surface>, D::Error> {
    let words = Vec::<String>::deserialize(from)?;
    let unknown = |word: &String| {
        let known: Vec<_> = Surface::ALL.into_iter().map(Surface::word).collect();
        serde::de::Error::custom(format!("no surface `{word}`: there are {}", known.join(", ")))
    };
    words.iter().map(|word| Surface::of_word(word).ok_or_else(|| unknown(word))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_surface_is_found_by_its_ids_and_has_an_operation() {
        for surface in Surface::ALL {
            assert_eq!(Surface::of_id(&format!("{}.text.plain", surface.word())), Some(surface));
            assert_eq!(serde_json::to_value(surface).unwrap(), surface.name());
            assert!(surface.operation().is_some(), "{surface}");
        }
        assert_eq!(Surface::of_id("audio.speech"), None);
    }
}

//! What the client speaks: one of `OpenAI`'s APIs, whatever the provider speaks.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Mode;

/// One API of the client's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Surface {
    /// <https://platform.openai.com/docs/api-reference/chat>
    #[default]
    #[serde(rename = "openai.chat")]
    Chat,
    /// <https://platform.openai.com/docs/api-reference/completions>
    #[serde(rename = "openai.completions")]
    Completions,
    /// <https://platform.openai.com/docs/api-reference/embeddings>
    #[serde(rename = "openai.embeddings")]
    Embeddings,
}

impl Surface {
    /// Every surface, in the order of reports.
    pub const ALL: [Self; 3] = [Self::Chat, Self::Completions, Self::Embeddings];

    /// As it stands in a cell's id.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "openai.chat",
            Self::Completions => "openai.completions",
            Self::Embeddings => "openai.embeddings",
        }
    }

    /// The first word of the ids of its requirements and scenarios, and the name of their folders.
    pub fn word(self) -> &'static str {
        self.name().trim_start_matches("openai.")
    }

    /// The surface of a requirement or scenario, by its id.
    pub fn of_id(id: &str) -> Option<Self> {
        let (word, _) = id.split_once('.')?;
        Self::ALL.into_iter().find(|surface| surface.word() == word)
    }

    /// The ways in which its replies may come.
    pub fn modes(self) -> &'static [Mode] {
        match self {
            Self::Chat | Self::Completions => &[Mode::Whole, Mode::Stream],
            Self::Embeddings => &[Mode::Whole],
        }
    }

    /// Path of its operation in `OpenAI`'s own document.
    pub fn path(self) -> &'static str {
        match self {
            Self::Chat => "/v1/chat/completions",
            Self::Completions => "/v1/completions",
            Self::Embeddings => "/v1/embeddings",
        }
    }

    /// Its operation in `OpenAI`'s own document.
    pub fn operation(self) -> Option<specs::Operation> {
        specs::api("openai")?.operation("POST", self.path())
    }

    /// Whether a request asks for what this surface is for.
    pub fn asks(self, request: &Value) -> bool {
        let subject = &request[self.subject()];
        subject.is_array() || (self != Self::Chat && subject.is_string())
    }

    /// The member without which a request asks for nothing.
    pub fn subject(self) -> &'static str {
        match self {
            Self::Chat => "messages",
            Self::Completions => "prompt",
            Self::Embeddings => "input",
        }
    }
}

impl fmt::Display for Surface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
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

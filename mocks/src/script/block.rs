//! One block of an answer.

use serde::{Deserialize, Serialize};

use super::Pieces;

/// What a model says. A provider that has no such block leaves it out: chat completions have no reasoning text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// Plain text.
    Text(Pieces),
    /// What the model thought before it spoke.
    Reasoning(Reasoning),
    /// A call of one of the request's tools.
    ToolCall(ToolCall),
    /// The model declines, in these words. Providers without refusals say them as text.
    Refusal(Pieces),
}

impl Block {
    /// A tool call with arguments as JSON text in one piece.
    pub fn call(id: impl Into<String>, name: impl Into<String>, arguments: impl Into<Pieces>) -> Self {
        Self::ToolCall(ToolCall { id: Some(id.into()), name: name.into(), arguments: arguments.into() })
    }
}

/// Reasoning text and the provider's signature over it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reasoning {
    /// The thought, in pieces. Ignored where `redacted` is present.
    #[serde(default)]
    pub text: Pieces,
    /// Base64, as providers send it; absent: one is made from the seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// Base64 of reasoning that the provider hides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redacted: Option<String>,
}

/// One call of a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolCall {
    /// Absent: drawn from the seed in the provider's own form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The tool's name.
    pub name: String,
    /// JSON text in pieces. No piece at all: a call without arguments.
    #[serde(default)]
    pub arguments: Pieces,
}

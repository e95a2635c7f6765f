//! What a mock shall answer to whom, in neutral terms; JSON or YAML. Unknown fields are errors that name the field.
//!
//! ```yaml
//! match: { contains: "[[ts:0001]]" }
//! replies:
//!   - content:
//!       - reasoning: { text: ["Let me", " see"] }
//!       - text: ["Hel", "lo"]                     # a piece is a delta
//!       - tool_call: { id: call_1, name: weather, arguments: ['{"city":', '"Paris"}'] }
//!     usage: { prompt: 9, completion: 4, cached: 3 }
//!     fault: { cut: { after_event: 3, how: rst } }
//!     times: 2                                    # then
//!   - error: { kind: rate_limit, message: slow down }
//! ```
//!
//! What neutral terms have no words for is said byte for byte: [`Raw`].

mod block;
mod failure;
mod fault;
mod pieces;
mod progress;
mod raw;
mod read;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use block::{Block, Reasoning, ToolCall};
pub use failure::{Failure, Kind};
pub use fault::{Cut, Event, Fault, How, Interruption, Stall};
pub use pieces::Pieces;
pub use progress::{End, Progress};
pub use raw::{Raw, RawPiece};

/// Replies for the requests that match. Of several scripts that match, the one added last answers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// Which requests this script answers.
    #[serde(rename = "match", default)]
    pub matching: Match,
    /// The replies in order. The last one repeats for ever; [`Reply::times`] repeats an earlier one.
    pub replies: Vec<Reply>,
}

impl Script {
    /// A script that gives one reply to every request whose body contains `marker`.
    #[must_use]
    pub fn new(marker: impl Into<String>, reply: Reply) -> Self {
        let matching = Match { contains: Some(marker.into()), ..Match::default() };
        Self { matching, replies: vec![reply] }
    }
}

/// All members that are present must hold. Without any, every request matches.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Match {
    /// Text found anywhere in the request body, however its JSON is escaped, and in tokens too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contains: Option<String>,
    /// The mock's name: `openai`, `gemini`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The provider's own path, as sent, without the mock's prefix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Only the n-th request, from 1, that the other members match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
}

/// One answer. Every member may be absent: `{}` is the mock's own sensible answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// Blocks in order; absent: the mock's own sensible answer; empty: an answer without content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Vec<Block>>,
    /// Vectors for an embedding request, in the order of its inputs; those left out are the mock's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embeddings: Option<Vec<Vector>>,
    /// Scores for a rerank request, in the order of its documents; those left out are the mock's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scores: Option<Vector>,
    /// Absent: `tool_calls` when the content calls a tool, else `stop`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish: Option<Finish>,
    /// Absent members are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// Absent: the model asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The id of the reply in the provider's own form; absent: drawn from the seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Added to the provider's own reply headers; one of the same name replaces it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// In a stream, deltas of parallel tool calls take turns instead of following one another.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interleave: bool,
    /// In a stream of Azure's, the content filter speaks in chunks of its own, some of them after the last piece.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late_filter: bool,
    /// In a stream of Anthropic's and of Bedrock's, no empty piece opens the arguments of a call, so that one without arguments has
    /// no piece at all.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bare_calls: bool,
    /// Blanks in the text become the time at which they are sent: see [`crate::stamp`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stamps: bool,
    /// What goes wrong on the wire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// Answer with the provider's own error instead of content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// These bytes instead of all that: nothing else of the reply counts then, but `times`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<Raw>,
    /// How the work goes on that the request asks for, such as a batch. A script with this answers no request: its work is
    /// the provider's own, and its lines have scripts of theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// How many requests get this reply before the next one; absent: 1. Ignored on the last reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
}

/// Numbers of a script. Compared by its bits, so that scripts can be compared.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Vector(pub Vec<f32>);

impl PartialEq for Vector {
    fn eq(&self, other: &Self) -> bool {
        self.0.iter().map(|number| number.to_bits()).eq(other.0.iter().map(|number| number.to_bits()))
    }
}

impl Eq for Vector {}

impl Reply {
    /// One text block, in these pieces.
    pub fn text<P: Into<String>>(pieces: impl IntoIterator<Item = P>) -> Self {
        let pieces = Pieces(pieces.into_iter().map(Into::into).collect());
        Self { content: Some(vec![Block::Text(pieces)]), ..Self::default() }
    }

    /// The provider's own error.
    #[must_use]
    pub fn error(failure: Failure) -> Self {
        Self { error: Some(failure), ..Self::default() }
    }

    /// These bytes.
    #[must_use]
    pub fn raw(raw: Raw) -> Self {
        Self { raw: Some(raw), ..Self::default() }
    }

    /// Whether the client of the mock gets an error instead of an answer.
    #[must_use]
    pub fn fails(&self) -> bool {
        let status =
            self.raw.as_ref().map(|raw| raw.status).or(self.fault.as_ref().and_then(|fault| fault.status));
        self.error.is_some() || status.is_some_and(|status| status >= 400)
    }

    /// What is wrong with it that its form allows, and what to do about it.
    #[must_use]
    pub fn flaw(&self) -> Option<String> {
        let raw = self.raw.as_ref()?;
        if *self != (Self { times: self.times, ..Self::raw(raw.clone()) }) {
            return Some(
                "`raw` stands alone: nothing else of a reply counts beside it, but `times`".to_owned(),
            );
        }
        raw.flaw()
    }

    /// The same reply with a fault.
    #[must_use]
    pub fn with_fault(self, fault: Fault) -> Self {
        Self { fault: Some(fault), ..self }
    }
}

/// Why the answer ended. Where a provider has no such reason, its nearest one stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// Natural end.
    Stop,
    /// The token limit of the request.
    Length,
    /// Tools are called.
    ToolCalls,
    /// The service held content back.
    ContentFilter,
    /// One of the request's stop strings came up.
    StopSequence,
    /// The model's context is full.
    Context,
    /// A long turn was paused.
    Pause,
    /// A guardrail stepped in.
    Guardrail,
    /// The model's output could not be read.
    Malformed,
}

/// Token counts. Absent ones are counted with the tokenizer `o200k_base`, whatever the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// All tokens of the prompt, those read from and written to a cache included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<u64>,
    /// All tokens of the answer, reasoning included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion: Option<u64>,
    /// Prompt tokens read from a cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached: Option<u64>,
    /// Prompt tokens written to a cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<u64>,
    /// Tokens of the answer that are reasoning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<u64>,
}

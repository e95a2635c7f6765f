//! Replies in OpenAI's dialect, whole and in chunks, as they come over the wire.
//!
//! What providers that speak nearly OpenAI do otherwise is read as well: arguments as objects, content as a list of
//! chunks, reasoning by one of its two names, likelihoods without bytes. Where a member may be of any kind, it is taken
//! as it came, and counts only where it is of a known one.

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::value::RawValue;

use super::likelihood::Likelihood;
use crate::Text;
use crate::delta::MaybeTier;

/// A whole reply, or one chunk of a stream.
#[derive(Deserialize)]
pub(super) struct Chunk<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Loose<'a>>,
    /// `error` where all of this is one, in Mistral's words.
    pub(super) object: Option<Loose<'a>>,
    pub(super) model: Option<Loose<'a>>,
    pub(super) choices: Option<Vec<Choice<'a>>>,
    pub(super) usage: Option<&'a RawValue>,
    #[serde(default)]
    pub(super) service_tier: MaybeTier,
    pub(super) error: Option<&'a RawValue>,
    /// Of random length, as `p` is.
    pub(super) obfuscation: Option<Loose<'a>>,
    pub(super) p: Option<Loose<'a>>,
}

/// One choice of a reply or of a chunk.
#[derive(Deserialize)]
pub(super) struct Choice<'a> {
    #[serde(default)]
    pub(super) index: u32,
    /// Of a chunk.
    #[serde(borrow)]
    pub(super) delta: Option<Piece<'a>>,
    /// Of a whole reply.
    pub(super) message: Option<Piece<'a>>,
    /// Of a completion.
    pub(super) text: Option<Text<'a>>,
    pub(super) logprobs: Option<Logprobs<'a>>,
    pub(super) finish_reason: Option<Text<'a>>,
}

/// A message, or more of one.
#[derive(Default, Deserialize)]
pub(super) struct Piece<'a> {
    #[serde(borrow)]
    pub(super) content: Option<Content<'a, ContentChunk<'a>>>,
    pub(super) refusal: Option<Text<'a>>,
    /// DeepSeek's name for it.
    pub(super) reasoning_content: Option<Loose<'a>>,
    /// Others' name for it.
    pub(super) reasoning: Option<Loose<'a>>,
    pub(super) tool_calls: Option<Vec<Called<'a>>>,
}

/// What is said: a text, or chunks.
pub(super) enum Content<'a, C> {
    Text(Text<'a>),
    Chunks(Vec<C>),
}

/// One chunk of content. Which members it has depends on its `type`.
#[derive(Deserialize)]
pub(super) struct ContentChunk<'a> {
    #[serde(borrow)]
    pub(super) r#type: Option<Loose<'a>>,
    pub(super) text: Option<Loose<'a>>,
    pub(super) thinking: Option<Content<'a, TextChunk<'a>>>,
    pub(super) signature: Option<Loose<'a>>,
}

/// One chunk of a thought: a text, or of another kind.
#[derive(Deserialize)]
pub(super) struct TextChunk<'a> {
    #[serde(borrow)]
    pub(super) text: Option<Loose<'a>>,
}

/// A call of a tool, or more of one.
#[derive(Deserialize)]
pub(super) struct Called<'a> {
    /// Only in chunks.
    pub(super) index: Option<u32>,
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    #[serde(default)]
    pub(super) function: Function<'a>,
}

/// What is called, and with what.
#[derive(Default, Deserialize)]
pub(super) struct Function<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Text<'a>>,
    /// A JSON text of an object, or that object.
    pub(super) arguments: Option<&'a RawValue>,
}

/// How likely the tokens were, of a chat.
#[derive(Deserialize)]
pub(super) struct Logprobs<'a> {
    #[serde(borrow)]
    pub(super) content: Option<Vec<Likelihood<'a>>>,
}

/// A text where it is one; any other value counts as none.
pub(super) struct Loose<'a>(pub(super) Option<Text<'a>>);

impl<'a> Chunk<'a> {
    pub(super) fn padding(&self) -> Option<Text<'a>> {
        word(&self.obfuscation).or_else(|| word(&self.p))
    }
}

impl<'a> Piece<'a> {
    pub(super) fn thought(&self) -> Option<Text<'a>> {
        let said = |loose| word(loose).filter(|text| !text.is_empty());
        said(&self.reasoning_content).or_else(|| said(&self.reasoning))
    }
}

/// The text of a member that is there and is one.
pub(super) fn word<'a>(member: &Option<Loose<'a>>) -> Option<Text<'a>> {
    member.as_ref().and_then(|loose| loose.0)
}

impl<'a> ContentChunk<'a> {
    pub(super) fn is(&self, kind: &str) -> bool {
        word(&self.r#type).is_some_and(|text| text.is(kind))
    }
}

impl<'a> Function<'a> {
    /// The arguments as JSON text, or a piece of it. An object without members says no more than no arguments.
    pub(super) fn arguments(&self) -> Option<Text<'a>> {
        let json = self.arguments?.get();
        Text::token(json).or_else(|| (json.starts_with('{') && json != "{}").then_some(Text::Plain(json)))
    }
}

impl<'de: 'a, 'a, C: Deserialize<'a>> Deserialize<'de> for Content<'a, C> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&RawValue>::deserialize(deserializer)?.get();
        if let Some(text) = Text::token(json) {
            return Ok(Self::Text(text));
        }
        let wrong = |why: &dyn std::fmt::Display| D::Error::custom(format_args!("in content, {why}"));
        if json.starts_with('[') {
            return serde_json::from_str(json).map(Self::Chunks).map_err(|why| wrong(&why));
        }
        Err(wrong(&"expected a string of whole characters or a list of chunks"))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Loose<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Text::token(<&RawValue>::deserialize(deserializer)?.get())))
    }
}

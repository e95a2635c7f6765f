//! The messages of a chat request.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::ToolCall;
use super::request::{Name, put};
use crate::Text;
use crate::call::Losses;

/// One message.
#[derive(Debug, Default)]
pub struct Message<'a> {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: Content<'a>,
    /// A name for who speaks.
    pub name: Option<Text<'a>>,
    /// An assistant's answer where it declined.
    pub refusal: Option<Text<'a>>,
    /// An assistant's calls.
    pub tool_calls: Option<Vec<ToolCall<'a>>>,
    /// The call that a tool message answers.
    pub tool_call_id: Option<Text<'a>>,
    /// An assistant's spoken answer.
    pub audio: Option<&'a RawValue>,
    /// The predecessor of `tool_calls`.
    pub function_call: Option<&'a RawValue>,
    /// An assistant's reasoning, as text. Not OpenAI's own; DeepSeek's name for it.
    pub reasoning_content: Option<Text<'a>>,
    /// An assistant's reasoning, with what proves it. Not OpenAI's own; LiteLLM's name for it.
    pub thinking_blocks: Option<Vec<Thinking<'a>>>,
    /// Of a tool's message: whether the call failed. Not OpenAI's own; Anthropic's name for it.
    pub is_error: Option<bool>,
    /// Of a tool's message: where the provider may cache the prompt up to. Not OpenAI's own; Anthropic's name for it.
    pub cache_control: Option<&'a RawValue>,
    /// The names of all other members that say anything.
    pub others: Vec<Cow<'a, str>>,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The model.
    Assistant,
    /// Who built the application.
    Developer,
    /// The predecessor of `tool`.
    Function,
    /// Who built the application.
    System,
    /// A tool that was called.
    Tool,
    /// Who uses the application.
    #[default]
    User,
}

/// A reasoning block, as replies give it: to be sent back unchanged.
#[derive(Debug, Deserialize)]
pub struct Thinking<'a> {
    /// `thinking` or `redacted_thinking`.
    #[serde(borrow)]
    pub r#type: Text<'a>,
    /// The reasoning.
    #[serde(default)]
    pub thinking: Text<'a>,
    /// What proves that the provider wrote it.
    pub signature: Option<Text<'a>>,
    /// Reasoning that only the provider can read.
    pub data: Option<Text<'a>>,
}

/// What a message says: a string, or a list of parts.
#[derive(Debug, Default)]
pub enum Content<'a> {
    /// Nothing.
    #[default]
    None,
    /// Parts, in order.
    Parts(Vec<Part<'a>>),
    /// A text.
    Text(Text<'a>),
}

/// One part of a message. Which members it has depends on its `type`.
#[derive(Debug, Deserialize)]
pub struct Part<'a> {
    /// `text`, `image_url`, `input_audio`, `file`, `refusal`, ….
    #[serde(borrow)]
    pub r#type: Text<'a>,
    /// Of a text part.
    pub text: Option<Text<'a>>,
    /// Of a refusal part.
    pub refusal: Option<Text<'a>>,
    /// Of an image part.
    pub image_url: Option<ImageUrl<'a>>,
    /// Of a sound part.
    pub input_audio: Option<InputAudio<'a>>,
    /// Of a file part.
    pub file: Option<File<'a>>,
    /// Where the provider may cache the prompt up to. Not OpenAI's own; Anthropic's name for it.
    pub cache_control: Option<&'a RawValue>,
    /// The same in OpenAI's words.
    pub prompt_cache_breakpoint: Option<&'a RawValue>,
}

/// `image_url`
#[derive(Debug, Deserialize)]
pub struct ImageUrl<'a> {
    /// A `data:` or `https:` URL.
    #[serde(borrow)]
    pub url: Text<'a>,
    /// `auto`, `low`, `high`.
    pub detail: Option<Text<'a>>,
}

/// `input_audio`
#[derive(Debug, Deserialize)]
pub struct InputAudio<'a> {
    /// Base64.
    #[serde(borrow)]
    pub data: Text<'a>,
    /// `wav` or `mp3`.
    pub format: Text<'a>,
}

/// `file`
#[derive(Debug, Deserialize)]
pub struct File<'a> {
    /// What it is called.
    #[serde(borrow)]
    pub filename: Option<Text<'a>>,
    /// A `data:` URL.
    pub file_data: Option<Text<'a>>,
    /// A file that was uploaded before.
    pub file_id: Option<Text<'a>>,
}

impl Message<'_> {
    /// Names what no provider with a dialect of its own takes of a message.
    ///
    /// Reasoning that is not signed is taken back by few: `takes_reasoning`.
    pub(crate) fn name_losses(&self, takes_reasoning: bool, losses: &mut Losses) {
        if self.is_error == Some(true) {
            losses.drop("messages[].is_error");
        }
        if self.cache_control.is_some() {
            losses.drop("messages[].cache_control");
        }
        self.name_common_losses(takes_reasoning, losses);
    }

    /// The same for those that take the marks of a tool's message.
    pub(crate) fn name_common_losses(&self, takes_reasoning: bool, losses: &mut Losses) {
        let has_text = self.reasoning_content.is_some_and(|text| !text.is_empty());
        if has_text && self.thinking_blocks.is_none() && !takes_reasoning {
            losses.drop("messages[].reasoning_content");
        }
        if self.name.is_some() {
            losses.drop("messages[].name");
        }
        if self.audio.is_some() {
            losses.drop("messages[].audio");
        }
        if self.function_call.is_some() {
            losses.drop("messages[].function_call");
        }
        self.others.iter().for_each(|name| losses.drop(format!("messages[].{name}")));
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Message<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Message<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a message")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Message<'de>, A::Error> {
                let (mut role, mut content, mut message) = (None, None, Message::default());
                while let Some(Name(name)) = map.next_key()? {
                    match &*name {
                        "role" => put(&mut role, "role", &mut map)?,
                        "content" => put(&mut content, "content", &mut map)?,
                        _ => message.member(name, &mut map)?,
                    }
                }
                message.role = role.ok_or_else(|| A::Error::missing_field("role"))?;
                message.content = content.unwrap_or_default();
                Ok(message)
            }
        }

        deserializer.deserialize_map(Members)
    }
}

impl<'de> Message<'de> {
    fn member<A: MapAccess<'de>>(&mut self, name: Cow<'de, str>, map: &mut A) -> Result<(), A::Error> {
        match &*name {
            "name" => put(&mut self.name, "name", map),
            "refusal" => put(&mut self.refusal, "refusal", map),
            "tool_calls" => put(&mut self.tool_calls, "tool_calls", map),
            "tool_call_id" => put(&mut self.tool_call_id, "tool_call_id", map),
            "audio" => put(&mut self.audio, "audio", map),
            "function_call" => put(&mut self.function_call, "function_call", map),
            "reasoning_content" => put(&mut self.reasoning_content, "reasoning_content", map),
            "is_error" => put(&mut self.is_error, "is_error", map),
            "cache_control" => put(&mut self.cache_control, "cache_control", map),
            "thinking_blocks" => put(&mut self.thinking_blocks, "thinking_blocks", map),
            _ => {
                // A reply that is sent back may have members that say nothing.
                let value: &RawValue = map.next_value()?;
                if !matches!(value.get(), "null" | "[]" | "{}" | "\"\"") {
                    self.others.push(name);
                }
                Ok(())
            }
        }
    }
}

impl<'a> Content<'a> {
    /// Its text where it is one string, and its parts.
    pub fn parts(&self) -> (Option<Text<'a>>, &[Part<'a>]) {
        match self {
            Self::None => (None, &[]),
            Self::Parts(parts) => (None, parts),
            Self::Text(text) => (Some(*text), &[]),
        }
    }

    /// Its texts, in order.
    pub fn texts(&self) -> impl Iterator<Item = Text<'a>> {
        let (one, many) = self.parts();
        one.into_iter().chain(many.iter().filter_map(|part| part.text))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Content<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&RawValue>::deserialize(deserializer)?.get();
        if let Some(text) = Text::token(json) {
            return Ok(Self::Text(text));
        }
        match json.as_bytes().first() {
            Some(b'[') => serde_json::from_str(json)
                .map(Self::Parts)
                .map_err(|why| D::Error::custom(format_args!("in a list of content parts, {why}"))),
            Some(b'n') => Ok(Self::None),
            _ => Err(D::Error::custom("content must be a string or a list of parts")),
        }
    }
}

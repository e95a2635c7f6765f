//! A chat request, borrowed from the client's bytes.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::unreadable::unreadable;
use super::{Message, ResponseFormat, Stop, Tool, ToolChoice};
use crate::{Error, Text, json};

/// A chat request: every member that means something to more than one provider, and the rest as it came.
///
/// A member that is `null` counts as absent. One that is named twice is refused: two readers might each take another.
#[derive(Debug, Default)]
pub struct Chat<'a> {
    /// The model that the client asks for.
    pub model: Option<Text<'a>>,
    /// The conversation.
    pub messages: Vec<Message<'a>>,
    /// Whether the reply is to come as a stream.
    pub stream: bool,
    /// `stream_options`.
    pub stream_options: StreamOptions,
    /// Sampling temperature, 0 to 2.
    pub temperature: Option<Number<'a>>,
    /// Nucleus sampling, 0 to 1.
    pub top_p: Option<Number<'a>>,
    /// Sampling from the best k tokens only. Not OpenAI's own, but widely sent.
    pub top_k: Option<Number<'a>>,
    /// `max_completion_tokens`, or its older name `max_tokens`.
    pub max_tokens: Option<u32>,
    /// Where to stop.
    pub stop: Option<Stop<'a>>,
    /// Number of choices.
    pub n: Option<u32>,
    /// The end user: `safety_identifier`, or its older name `user`.
    pub user: Option<Text<'a>>,
    /// The tools that the model may call.
    pub tools: Vec<Tool<'a>>,
    /// Which of them it must call.
    pub tool_choice: Option<ToolChoice<'a>>,
    /// Whether it may call several at once.
    pub parallel_tool_calls: Option<bool>,
    /// The form of the answer.
    pub response_format: Option<ResponseFormat<'a>>,
    /// How much to reason: `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max`.
    pub reasoning_effort: Option<Text<'a>>,
    /// Anthropic's own setting for the same, which clients send beside OpenAI's members.
    pub thinking: Option<&'a RawValue>,
    /// `service_tier`.
    pub service_tier: Option<Text<'a>>,
    /// Every other member that means something, in order.
    pub others: Vec<Member<'a>>,
}

/// A member of the request that is carried or named, but not read.
#[derive(Clone, Debug)]
pub struct Member<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// Its value.
    pub value: &'a RawValue,
}

/// `stream_options`
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub struct StreamOptions {
    /// Whether a chunk with the usage is to come before `[DONE]`.
    pub include_usage: Option<bool>,
    /// Whether chunks are to be padded.
    pub include_obfuscation: Option<bool>,
}

/// A number: the client's own digits, or one from the configuration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number<'a> {
    /// As it stands in the client's JSON.
    Json(&'a str),
    /// From elsewhere.
    Value(f64),
}

impl<'a> Chat<'a> {
    /// Reads a client's request.
    pub fn read(body: &'a [u8]) -> Result<Self, Error> {
        let chat: Self = json::read(body).map_err(|why| unreadable::<Self>(body, &why))?;
        if chat.messages.is_empty() {
            return Err(Error::request("messages", "messages must hold at least one message"));
        }
        Ok(chat)
    }

    /// Whether the client asked for usage at the end of its stream.
    pub fn include_usage(&self) -> bool {
        self.stream_options.include_usage.unwrap_or(false)
    }

    /// Refuses what no dialect but OpenAI's has, and what would make another request of it if it were left out.
    pub(crate) fn plain(&self) -> Result<(), Error> {
        if self.n.is_some_and(|n| n != 1) {
            return Err(Error::request("n", "this provider gives one choice only: n must be 1"));
        }
        self.plain_choices()
    }

    /// The same, for a provider that gives several choices.
    pub(crate) fn plain_choices(&self) -> Result<(), Error> {
        for name in ["functions", "function_call"] {
            if self.other(name).is_some() {
                return Err(Error::request(name, format!("{name} is deprecated: use tools and tool_choice")));
            }
        }
        if self.other("modalities").is_some_and(|modalities| modalities.get().contains("audio")) {
            return Err(Error::request("modalities", "this provider answers in text only"));
        }
        Ok(())
    }

    /// The member `name` of those that are not read.
    pub fn other(&self, name: &str) -> Option<&'a RawValue> {
        self.others.iter().find(|member| member.name == name).map(|member| member.value)
    }
}

impl Number<'_> {
    /// Its value.
    pub fn value(self) -> f64 {
        match self {
            Self::Json(digits) => digits.parse().unwrap_or(f64::NAN),
            Self::Value(value) => value,
        }
    }

    /// Adds it to `out`.
    pub fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::Json(digits) => out.extend_from_slice(digits.as_bytes()),
            Self::Value(value) => out.extend_from_slice(value.to_string().as_bytes()),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Number<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits = <&RawValue>::deserialize(deserializer)?.get();
        let number = digits.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        if number { Ok(Self::Json(digits)) } else { Err(D::Error::custom("expected a number")) }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Chat<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Chat<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a chat request")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Chat<'de>, A::Error> {
                let mut draft = Draft::default();
                while let Some(Name(name)) = map.next_key()? {
                    draft.member(name, &mut map)?;
                }
                Ok(draft.chat())
            }
        }

        deserializer.deserialize_map(Members)
    }
}

/// A request of which some members were read.
#[derive(Default)]
struct Draft<'a> {
    messages: Option<Vec<Message<'a>>>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    max_tokens: Option<u32>,
    max_completion_tokens: Option<u32>,
    user: Option<Text<'a>>,
    safety_identifier: Option<Text<'a>>,
    tools: Option<Vec<Tool<'a>>>,
    /// What needs no more than to be put into its place.
    chat: Chat<'a>,
}

impl<'de> Draft<'de> {
    fn member<A: MapAccess<'de>>(&mut self, name: Cow<'de, str>, map: &mut A) -> Result<(), A::Error> {
        let chat = &mut self.chat;
        match &*name {
            "model" => put(&mut chat.model, "model", map),
            "messages" => put(&mut self.messages, "messages", map),
            "stream" => put(&mut self.stream, "stream", map),
            "stream_options" => put(&mut self.stream_options, "stream_options", map),
            "temperature" => put(&mut chat.temperature, "temperature", map),
            "top_p" => put(&mut chat.top_p, "top_p", map),
            "top_k" => put(&mut chat.top_k, "top_k", map),
            "max_tokens" => put(&mut self.max_tokens, "max_tokens", map),
            "max_completion_tokens" => put(&mut self.max_completion_tokens, "max_completion_tokens", map),
            "stop" => put(&mut chat.stop, "stop", map),
            "n" => put(&mut chat.n, "n", map),
            "user" => put(&mut self.user, "user", map),
            "safety_identifier" => put(&mut self.safety_identifier, "safety_identifier", map),
            "tools" => put(&mut self.tools, "tools", map),
            "tool_choice" => put(&mut chat.tool_choice, "tool_choice", map),
            "parallel_tool_calls" => put(&mut chat.parallel_tool_calls, "parallel_tool_calls", map),
            "response_format" => put(&mut chat.response_format, "response_format", map),
            "reasoning_effort" => put(&mut chat.reasoning_effort, "reasoning_effort", map),
            "thinking" => put(&mut chat.thinking, "thinking", map),
            "service_tier" => put(&mut chat.service_tier, "service_tier", map),
            _ => {
                let value: &RawValue = map.next_value()?;
                if !neutral(&name, value.get()) {
                    chat.others.push(Member { name, value });
                }
                Ok(())
            }
        }
    }

    fn chat(self) -> Chat<'de> {
        Chat {
            messages: self.messages.unwrap_or_default(),
            stream: self.stream.unwrap_or_default(),
            stream_options: self.stream_options.unwrap_or_default(),
            max_tokens: self.max_completion_tokens.or(self.max_tokens),
            user: self.safety_identifier.or(self.user),
            tools: self.tools.unwrap_or_default(),
            ..self.chat
        }
    }
}

/// Reads the value of member `name` into its place.
pub(super) fn put<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    place: &mut Option<T>,
    name: &str,
    map: &mut A,
) -> Result<(), A::Error> {
    if place.is_some() {
        return Err(A::Error::custom(format_args!("{name} is named twice")));
    }
    *place = map.next_value()?;
    Ok(())
}

/// Whether a member says no more than its absence would, so that not carrying it loses nothing.
fn neutral(name: &str, value: &str) -> bool {
    const NEUTRAL: &[(&str, &[&str])] = &[
        ("frequency_penalty", &["0", "0.0"]),
        ("logit_bias", &["{}"]),
        ("logprobs", &["false"]),
        ("metadata", &["{}"]),
        ("modalities", &["[\"text\"]", "[]"]),
        ("presence_penalty", &["0", "0.0"]),
        ("store", &["false"]),
        ("top_logprobs", &["0"]),
    ];
    let says = |values: &[&str]| values.contains(&&*value.split_ascii_whitespace().collect::<String>());
    value == "null" || NEUTRAL.iter().any(|(known, values)| *known == name && says(values))
}

/// The name of a member: borrowed, unless it holds escapes.
pub(super) struct Name<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Characters;

        impl<'de> Visitor<'de> for Characters {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }

        deserializer.deserialize_str(Characters)
    }
}

//! A completion request, borrowed from the client's bytes.
//!
//! <https://platform.openai.com/docs/api-reference/completions>

use serde::Deserialize;
use serde_json::value::RawValue;

use super::members::Members;
use super::request::StreamOptions;
use super::{Chat, Member, Message, Number, Stop};
use crate::{Error, Text};

/// A completion request: every member that means something to more than one provider, and the rest as it came.
///
/// A member that is `null` counts as absent. One that is named twice is refused.
#[derive(Debug, Default)]
pub struct Completion<'a> {
    /// The model that the client asks for.
    pub model: Option<Text<'a>>,
    /// What is to be completed: a string, or a list of strings, of tokens, or of lists of tokens.
    pub prompt: Option<&'a RawValue>,
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
    /// Tokens to answer with at most.
    pub max_tokens: Option<u32>,
    /// Where to stop.
    pub stop: Option<Stop<'a>>,
    /// Number of choices.
    pub n: Option<u32>,
    /// Whether the prompt is to stand before the completion.
    pub echo: bool,
    /// What comes after the completion.
    pub suffix: Option<Text<'a>>,
    /// The end user.
    pub user: Option<Text<'a>>,
    /// Every other member that says anything, in order.
    pub others: Vec<Member<'a>>,
}

/// What is read by name.
const READ: &[&str] = &[
    "model",
    "prompt",
    "stream",
    "stream_options",
    "temperature",
    "top_p",
    "top_k",
    "max_tokens",
    "stop",
    "n",
    "echo",
    "suffix",
    "user",
];
/// What a chat knows by the same name and in the same form.
const OF_CHAT: &[&str] = &["frequency_penalty", "presence_penalty", "logit_bias", "seed", "extra_body"];

impl<'a> Completion<'a> {
    /// Reads a client's request.
    pub fn read(body: &'a [u8]) -> Result<Self, Error> {
        let members = Members::of(body)?;
        let suffix: Option<Text<'a>> = members.read("suffix")?;
        Ok(Self {
            model: members.read("model")?,
            prompt: members.read("prompt")?,
            stream: members.read("stream")?.unwrap_or_default(),
            stream_options: members.read("stream_options")?.unwrap_or_default(),
            temperature: members.read("temperature")?,
            top_p: members.read("top_p")?,
            top_k: members.read("top_k")?,
            max_tokens: members.read("max_tokens")?,
            stop: members.read("stop")?,
            n: members.read("n")?,
            echo: members.read("echo")?.unwrap_or_default(),
            suffix: suffix.filter(|suffix| !suffix.is_empty()),
            user: members.read("user")?,
            others: members.others(READ),
        })
    }

    /// Whether the client asked for usage at the end of its stream.
    pub fn include_usage(&self) -> bool {
        self.stream_options.include_usage.unwrap_or(false)
    }

    /// The prompt as one text, where it is one.
    pub fn text(&self) -> Result<Text<'a>, Error> {
        let refused = |why: &str| Err(Error::request("prompt", why));
        let Some(prompt) = self.prompt.map(RawValue::get) else {
            return refused("this provider completes nothing without a prompt");
        };
        if let Some(text) = Text::token(prompt) {
            return Ok(text);
        }
        match serde_json::from_str::<Vec<Part<'a>>>(prompt).as_deref() {
            Ok([Part(part)]) if let Some(text) = Text::token(part.get()) => Ok(text),
            Ok(parts) if parts.iter().all(|Part(part)| part.get().starts_with('"')) => {
                refused("this provider takes one prompt a call")
            }
            Ok(_) => refused("this provider takes prompts as text, not as tokens"),
            Err(_) => refused("prompt must be a text, or a list of texts or tokens"),
        }
    }

    /// Refuses what no API but OpenAI's has, and what would make another request of it if it were left out.
    pub(crate) fn plain(&self) -> Result<(), Error> {
        if self.suffix.is_some() {
            return Err(Error::request("suffix", "this provider completes at the end only"));
        }
        self.plain_with_suffix()
    }

    /// The same, for a provider that completes in the middle, too.
    pub(crate) fn plain_with_suffix(&self) -> Result<(), Error> {
        if self.n.is_some_and(|n| n != 1) {
            return Err(Error::request("n", "this provider gives one choice only: n must be 1"));
        }
        if self.echo {
            return Err(Error::request("echo", "this provider does not repeat the prompt"));
        }
        Ok(())
    }

    /// The member `name` of those that are not read.
    pub fn other(&self, name: &str) -> Option<&'a RawValue> {
        self.others.iter().find(|member| member.name == name).map(|member| member.value)
    }

    /// The members that a chat has no place for.
    pub(crate) fn losses_of_chat(&self) -> impl Iterator<Item = String> {
        let lost = |member: &&Member<'_>| !OF_CHAT.contains(&&*member.name) && !is_neutral(member);
        self.others.iter().filter(lost).map(|member| member.name.clone().into_owned())
    }

    /// The same as a chat of one message.
    pub(crate) fn as_chat(&self, message: Message<'a>) -> Chat<'a> {
        let known = |member: &&Member<'_>| OF_CHAT.contains(&&*member.name) && !is_neutral(member);
        Chat {
            model: self.model,
            messages: vec![message],
            stream: self.stream,
            stream_options: self.stream_options,
            temperature: self.temperature,
            top_p: self.top_p,
            top_k: self.top_k,
            max_tokens: self.max_tokens,
            stop: self.stop.clone(),
            user: self.user,
            others: self.others.iter().filter(known).cloned().collect(),
            ..Chat::default()
        }
    }
}

/// Whether a member says no more than its absence would.
fn is_neutral(member: &Member<'_>) -> bool {
    let value = member.value.get();
    match &*member.name {
        "frequency_penalty" | "presence_penalty" => matches!(value, "0" | "0.0"),
        "best_of" => value == "1",
        "logit_bias" => value == "{}",
        _ => false,
    }
}

#[derive(Deserialize)]
struct Part<'a>(#[serde(borrow)] &'a RawValue);

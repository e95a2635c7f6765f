//! The items that a response stands on, in the terms of a chat: messages, thoughts, calls and their results.
//!
//! <https://platform.openai.com/docs/api-reference/responses/create#responses-create-input>

use std::borrow::Cow;

use crate::call::Losses;
use crate::json::{Object, text_of};
use crate::openai::Members;
use crate::{Error, Text};

/// One item.
#[derive(Debug)]
pub(super) struct Item<'a> {
    pub(super) place: Place,
    pub(super) kind: Kind<'a>,
}

/// Where an item comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It is this one of the request's own.
    Input(usize),
    /// It is of an earlier response.
    Earlier,
}

/// What a chat knows.
#[derive(Debug)]
pub(super) enum Kind<'a> {
    /// What somebody said: a string or a list of parts, as JSON.
    Message { role: &'static str, content: &'a str },
    /// What the model thought.
    Thought(Thought<'a>),
    /// A call of a tool.
    Call { id: Text<'a>, name: Text<'a>, arguments: Words<'a> },
    /// What a tool answered: a string or a list of parts, as JSON.
    Output { id: Text<'a>, output: &'a str },
}

/// A thought, and what proves it.
#[derive(Debug)]
pub(super) struct Thought<'a> {
    pub(super) text: Words<'a>,
    pub(super) proof: Option<Proof<'a>>,
}

/// What only the provider can read: the inside of `encrypted_content`.
#[derive(Debug)]
pub(super) enum Proof<'a> {
    /// Of a thought that is shown.
    Signature(Words<'a>),
    /// A thought that is not shown.
    Redacted(Words<'a>),
    /// What the provider wants to be shown again with a call: `{"call_id", "extra_content"}`.
    Call(Words<'a>),
}

/// A text: the client's own, or one that was made of it.
#[derive(Debug)]
pub(super) enum Words<'a> {
    Said(Text<'a>),
    Made(String),
}

impl Words<'_> {
    pub(super) fn text(&self) -> Text<'_> {
        match self {
            Self::Said(text) => *text,
            Self::Made(text) => Text::Plain(text),
        }
    }
}

impl Place {
    /// As the client would name it.
    pub(super) fn path(self) -> String {
        match self {
            Self::Input(at) => format!("input[{at}]"),
            Self::Earlier => "previous_response_id".to_owned(),
        }
    }
}

/// Members of an item that are the service's own, or are what every answer has: nothing is lost with them.
const SERVICE: &[&str] = &["id", "status", "type", "created_by"];

impl<'a> Item<'a> {
    /// Reads an item. `None`: it says nothing.
    pub(super) fn read(json: &'a str, place: Place, losses: &mut Losses) -> Result<Option<Self>, Error> {
        let members: Members<'a> = text_of(json).map_err(|_| {
            Error::request(place.path(), "an item must be an object whose members are named once")
        })?;
        let wire = Wire { members, place };
        let kind = match wire.kind()?.as_deref() {
            Some("message") => wire.message(losses)?,
            Some("reasoning") => return wire.thought(losses),
            Some("function_call") => wire.call(losses)?,
            Some("custom_tool_call") => wire.custom_call(losses)?,
            Some("function_call_output") => {
                wire.output(losses, &["call_id", "output", "name", "namespace", "caller"])?
            }
            Some("custom_tool_call_output") => wire.output(losses, &["call_id", "output", "caller"])?,
            None | Some("item_reference") => {
                let id = wire.text("id")?.unwrap_or_default().plain().into_owned();
                return Err(Error::request(
                    place.path(),
                    format!("Item with id '{id}' not found: nothing of it is kept here."),
                ));
            }
            Some(kind) => {
                let why =
                    format!("an item of type {kind} means nothing to this provider: it has no such tool");
                return Err(Error::request(place.path(), why));
            }
        };
        Ok(Some(Self { place, kind }))
    }
}

/// An item as it came.
struct Wire<'a> {
    members: Members<'a>,
    place: Place,
}

impl<'a> Wire<'a> {
    /// Its `type`, which messages and references may leave out.
    fn kind(&self) -> Result<Option<String>, Error> {
        let named = self.text("type")?.map(|kind| kind.plain().into_owned());
        let by_role = || self.members.find("role").map(|_| "message".to_owned());
        Ok(named.or_else(by_role))
    }

    fn message(&self, losses: &mut Losses) -> Result<Kind<'a>, Error> {
        let role = match self.text("role")?.map(Text::plain).as_deref() {
            Some("user") => "user",
            Some("assistant") => "assistant",
            Some("system") => "system",
            Some("developer") => "developer",
            other => {
                let path = format!("{}.role", self.place.path());
                let why = format!(
                    "Invalid value: '{}'. Supported values are: 'assistant', 'system', 'developer', and 'user'.",
                    other.unwrap_or_default()
                );
                return Err(Error::request(path, why));
            }
        };
        self.lose(&["role", "content"], losses);
        Ok(Kind::Message { role, content: self.needed("content")? })
    }

    fn thought(&self, losses: &mut Losses) -> Result<Option<Item<'a>>, Error> {
        let summary = self.texts("summary")?;
        let content = self.texts("content")?;
        let text = join(if content.is_empty() { &summary } else { &content });
        let sealed = self.text("encrypted_content")?.filter(|text| !text.is_empty());
        let proof = sealed.and_then(Proof::read);
        if sealed.is_some() && proof.is_none() {
            losses.drop("input[].encrypted_content");
        }
        self.lose(&["summary", "content", "encrypted_content"], losses);
        let is_empty = text.text().is_empty() && proof.is_none();
        let kind = Kind::Thought(Thought { text, proof });
        Ok((!is_empty).then_some(Item { place: self.place, kind }))
    }

    fn call(&self, losses: &mut Losses) -> Result<Kind<'a>, Error> {
        self.lose(&["call_id", "name", "arguments"], losses);
        let arguments = Words::Said(self.text("arguments")?.unwrap_or_default());
        Ok(Kind::Call { id: self.id()?, name: self.needed_text("name")?, arguments })
    }

    /// A tool that takes text is a function of one member here: see [`tools`](super::tools).
    fn custom_call(&self, losses: &mut Losses) -> Result<Kind<'a>, Error> {
        self.lose(&["call_id", "name", "input"], losses);
        let mut arguments = Vec::new();
        Object::new(&mut arguments).text("input", self.text("input")?.unwrap_or_default());
        let arguments = Words::Made(String::from_utf8(arguments).unwrap_or_default());
        Ok(Kind::Call { id: self.id()?, name: self.needed_text("name")?, arguments })
    }

    fn output(&self, losses: &mut Losses, known: &[&str]) -> Result<Kind<'a>, Error> {
        self.lose(known, losses);
        Ok(Kind::Output { id: self.id()?, output: self.needed("output")? })
    }

    fn id(&self) -> Result<Text<'a>, Error> {
        self.needed_text("call_id")
    }

    fn needed(&self, name: &str) -> Result<&'a str, Error> {
        self.members.find(name).ok_or_else(|| {
            let path = format!("{}.{name}", self.place.path());
            let why = format!("Missing required parameter: '{path}'.");
            Error::request(path, why)
        })
    }

    fn needed_text(&self, name: &str) -> Result<Text<'a>, Error> {
        self.needed(name)?;
        Ok(self.text(name)?.unwrap_or_default())
    }

    fn text(&self, name: &str) -> Result<Option<Text<'a>>, Error> {
        let Some(json) = self.members.find(name) else { return Ok(None) };
        Text::token(json).map(Some).ok_or_else(|| {
            let path = format!("{}.{name}", self.place.path());
            let why = format!("{path} must be a string of whole characters");
            Error::request(path, why)
        })
    }

    /// The texts of a list of parts.
    fn texts(&self, name: &str) -> Result<Vec<Text<'a>>, Error> {
        #[derive(serde::Deserialize)]
        struct Part<'a> {
            #[serde(borrow)]
            text: Text<'a>,
        }
        let Some(json) = self.members.find(name) else { return Ok(Vec::new()) };
        let parts: Vec<Part<'a>> = text_of(json).map_err(|_| {
            let path = format!("{}.{name}", self.place.path());
            let why = format!("{path} must be a list of texts");
            Error::request(path, why)
        })?;
        Ok(parts.into_iter().map(|part| part.text).collect())
    }

    /// Names every other member that says anything.
    fn lose(&self, known: &[&str], losses: &mut Losses) {
        for (name, value) in &self.members.0 {
            let says = !matches!(value.get(), "null" | "[]" | "{}" | "\"\"");
            if says && !SERVICE.contains(&&**name) && !known.contains(&&**name) {
                losses.drop(format!("input[].{name}"));
            }
        }
    }
}

/// Several texts as one; paragraphs stand apart.
fn join<'a>(texts: &[Text<'a>]) -> Words<'a> {
    match texts {
        [] => Words::Said(Text::default()),
        [one] => Words::Said(*one),
        many => Words::Made(many.iter().map(|text| text.plain()).collect::<Vec<_>>().join("\n\n")),
    }
}

impl<'a> Proof<'a> {
    /// What [`Seal`] says the kind of; another service's is of no use here.
    fn read(sealed: Text<'a>) -> Option<Self> {
        let plain = sealed.plain();
        let seal = Seal::ALL.into_iter().find(|seal| plain.starts_with(seal.prefix()))?;
        let at = seal.prefix().len();
        let rest = match plain {
            Cow::Borrowed(text) => Words::Said(Text::Plain(&text[at..])),
            Cow::Owned(text) => Words::Made(text[at..].to_owned()),
        };
        Some(match seal {
            Seal::Signature => Self::Signature(rest),
            Seal::Redacted => Self::Redacted(rest),
            Seal::Call => Self::Call(rest),
        })
    }
}

/// Which of its kinds an `encrypted_content` is; its rest follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seal {
    Signature,
    Redacted,
    Call,
}

impl Seal {
    const ALL: [Self; 3] = [Self::Signature, Self::Redacted, Self::Call];

    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::Signature => "thinking.",
            Self::Redacted => "redacted.",
            Self::Call => "call.",
        }
    }
}

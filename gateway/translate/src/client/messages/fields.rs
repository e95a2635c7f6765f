//! Members of what the client sent, and what is wrong with them.

use serde_json::value::RawValue;

use crate::call::Losses;
use crate::openai::Members;
use crate::{Error, Text, json};

/// What is wrong with the request, and where, as Anthropic writes paths: `messages.0.content.1.source`.
#[derive(Debug)]
pub(super) struct Wrong {
    path: String,
    why: String,
}

impl Wrong {
    pub(super) fn new(path: impl Into<String>, why: impl Into<String>) -> Self {
        Self { path: path.into(), why: why.into() }
    }

    /// The same, seen from further outside.
    pub(super) fn at(self, step: impl std::fmt::Display) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        Self { path: format!("{step}{dot}{}", self.path), why: self.why }
    }
}

impl From<Wrong> for Error {
    fn from(Wrong { path, why }: Wrong) -> Self {
        Self::request(path, why)
    }
}

/// The members of an object.
pub(super) struct Fields<'a>(Members<'a>);

impl<'a> Fields<'a> {
    pub(super) fn read(json: &'a str) -> Result<Self, Wrong> {
        let members = json::read(json.as_bytes());
        members.map(Self).map_err(|_| Wrong::new("", "this must be an object whose members are named once"))
    }

    pub(super) fn of(members: Members<'a>) -> Self {
        Self(members)
    }

    /// A member that is there and not null.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.0.find(name)
    }

    pub(super) fn text(&self, name: &'static str) -> Result<Option<Text<'a>>, Wrong> {
        let text = |json| Text::token(json).ok_or_else(|| Wrong::new(name, "this must be a string"));
        self.get(name).map(text).transpose()
    }

    pub(super) fn needed(&self, name: &'static str) -> Result<Text<'a>, Wrong> {
        self.text(name)?.ok_or_else(|| Wrong::new(name, "this is required"))
    }

    pub(super) fn boolean(&self, name: &'static str) -> Result<Option<bool>, Wrong> {
        match self.get(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Wrong::new(name, "this must be true or false")),
        }
    }

    /// The items of a list; none, where it is absent.
    pub(super) fn list(&self, name: &'static str) -> Result<Vec<&'a RawValue>, Wrong> {
        self.get(name).map_or(Ok(Vec::new()), |json| list(json).map_err(|wrong| wrong.at(name)))
    }

    pub(super) fn object(&self, name: &'static str) -> Result<Option<Fields<'a>>, Wrong> {
        self.get(name).map(|json| Fields::read(json).map_err(|wrong| wrong.at(name))).transpose()
    }

    /// Names every member that is none of these, and says anything.
    pub(super) fn name_others(&self, known: &[&str], prefix: &str, losses: &mut Losses) {
        for member in self.0.others(known).iter().filter(|member| !is_silent(member.value.get())) {
            losses.drop(format!("{prefix}{}", member.name));
        }
    }
}

/// The items of a list.
pub(super) fn list(json: &str) -> Result<Vec<&RawValue>, Wrong> {
    let wrong = |_| Wrong::new("", "this must be a list");
    if json.starts_with('[') {
        json::text_of(json).map_err(wrong)
    } else {
        Err(Wrong::new("", "this must be a list"))
    }
}

/// Whether a value says no more than its absence would.
fn is_silent(json: &str) -> bool {
    matches!(json, "null" | "false" | "[]" | "{}" | "\"\"")
}

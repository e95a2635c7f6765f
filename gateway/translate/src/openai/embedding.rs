//! An embedding request, borrowed from the client's bytes.
//!
//! <https://platform.openai.com/docs/api-reference/embeddings>

use serde_json::value::RawValue;

use super::Member;
use super::members::Members;
use crate::{Error, Text};

/// An embedding request: every member that means something to more than one provider, and the rest as it came.
#[derive(Debug)]
pub struct Embedding<'a> {
    /// The model that the client asks for.
    pub model: Option<Text<'a>>,
    /// What is to be embedded: a string, or a list of strings, of tokens, or of lists of tokens.
    pub input: &'a RawValue,
    /// Length of the vectors.
    pub dimensions: Option<u32>,
    /// Whether vectors shall come as base64 of 32-bit floats instead of as numbers.
    pub base64: bool,
    /// The end user.
    pub user: Option<Text<'a>>,
    /// Every other member that says anything, in order.
    pub others: Vec<Member<'a>>,
}

/// What is read by name.
const READ: &[&str] = &["model", "input", "dimensions", "encoding_format", "user"];

impl<'a> Embedding<'a> {
    /// Reads a client's request.
    pub fn read(body: &'a [u8]) -> Result<Self, Error> {
        let members = Members::of(body)?;
        let wrong = || Error::request("input", "input must be a text, or a list of texts or tokens");
        let format: Option<Text<'a>> = members.read("encoding_format")?;
        let base64 = match format.map(Text::plain).as_deref() {
            None | Some("float") => false,
            Some("base64") => true,
            Some(_) => {
                let why = "encoding_format must be float or base64";
                return Err(Error::request("encoding_format", why));
            }
        };
        Ok(Self {
            model: members.read("model")?,
            input: members.read("input")?.ok_or_else(wrong)?,
            dimensions: members.read("dimensions")?,
            base64,
            user: members.read("user")?,
            others: members.others(READ),
        })
    }

    /// The inputs as texts. Tokens are refused: which text they stand for, only OpenAI's tokenizer knows.
    pub fn texts(&self) -> Result<Vec<Text<'a>>, Error> {
        let refused = |why: &str| Err(Error::request("input", why));
        let input = self.input.get();
        if input.starts_with('"') {
            return match Text::token(input) {
                Some(text) if !text.is_empty() => Ok(vec![text]),
                _ => refused("input must not be empty"),
            };
        }
        let list: Vec<&'a RawValue> = match serde_json::from_str(input) {
            Ok(list) => list,
            Err(_) => return refused("input must be a text, or a list of texts or tokens"),
        };
        if list.is_empty() {
            return refused("input must not be empty");
        }
        let texts = list.iter().map(|part| Text::token(part.get()));
        match texts.collect::<Option<Vec<_>>>() {
            Some(texts) if texts.iter().all(|text| !text.is_empty()) => Ok(texts),
            Some(_) => refused("input must not hold an empty text"),
            None => refused("this provider takes input as text, not as tokens"),
        }
    }

    /// The member `name` of those that are not read.
    pub fn other(&self, name: &str) -> Option<&'a RawValue> {
        self.others.iter().find(|member| member.name == name).map(|member| member.value)
    }
}

//! A chat request, borrowed from the client's bytes.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

#[derive(Debug, Deserialize)]
pub struct Chat<'a> {
    #[serde(borrow)]
    pub model: Text<'a>,
    #[serde(default)]
    pub stream: bool,
    pub temperature: Option<f64>,
    pub top_p: Option<f64>,
    #[serde(alias = "max_completion_tokens")]
    pub max_tokens: Option<u32>,
    pub messages: Vec<Message<'a>>,
    #[serde(default)]
    pub tools: Vec<Tool<'a>>,
}

#[derive(Debug, Deserialize)]
pub struct Message<'a> {
    pub role: Role,
    #[serde(borrow, default)]
    pub content: Content<'a>,
    #[serde(default)]
    pub tool_calls: Vec<Call<'a>>,
    pub tool_call_id: Option<Text<'a>>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Assistant,
    Developer,
    System,
    Tool,
    User,
}

#[derive(Debug, Default)]
pub enum Content<'a> {
    #[default]
    None,
    Parts(Vec<Part<'a>>),
    Text(Text<'a>),
}

#[derive(Debug, Deserialize)]
pub struct Part<'a> {
    #[serde(borrow)]
    pub text: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
pub struct Call<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    pub function: CallFunction<'a>,
}

#[derive(Debug, Deserialize)]
pub struct CallFunction<'a> {
    #[serde(borrow)]
    pub name: Text<'a>,
    pub arguments: Text<'a>,
}

#[derive(Debug, Deserialize)]
pub struct Tool<'a> {
    #[serde(borrow)]
    pub function: Function<'a>,
}

#[derive(Debug, Deserialize)]
pub struct Function<'a> {
    #[serde(borrow)]
    pub name: Text<'a>,
    pub description: Option<Text<'a>>,
    pub parameters: Option<&'a RawValue>,
}

/// A JSON string: borrowed, unless it holds escapes.
///
/// A newtype, for serde does not borrow through `Option<Cow<str>>`.
#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(transparent)]
pub struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// A string or a list of parts. By hand, for `untagged` would copy it all first.
impl<'de: 'a, 'a> Deserialize<'de> for Content<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StringOrParts;

        impl<'de> Visitor<'de> for StringOrParts {
            type Value = Content<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a list of content parts")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Content::Text(Text(Cow::Borrowed(text))))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Content::Text(Text(Cow::Owned(text.to_owned()))))
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Content::None)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, parts: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(parts)).map(Content::Parts)
            }
        }

        deserializer.deserialize_any(StringOrParts)
    }
}

impl<'a> Content<'a> {
    /// The texts of this content, in order.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let (one, many): (_, &[Part]) = match self {
            Self::None => (None, &[]),
            Self::Parts(parts) => (None, parts),
            Self::Text(text) => (Some(&**text), &[]),
        };
        one.into_iter().chain(many.iter().filter_map(|part| part.text.as_deref()))
    }
}

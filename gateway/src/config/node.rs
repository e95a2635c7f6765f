//! A configuration file as a tree in which every value knows its place.
//!
//! YAML 1.2, of which JSON is a part. Aliases are followed within limits, a key that occurs twice is an error.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::error::{Error, Place, Problem};

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) place: Option<Place>,
    pub(super) value: Value,
}

/// What a file can hold.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Boolean(bool),
    Number(f64),
    String(String),
    List(Vec<Node>),
    /// In the order of the file.
    Map(Vec<Member>),
    /// Whatever is asked for; in no file, but where [what is asked for](super::outline) is noted.
    Any,
}

/// See [`Value::Any`].
pub(super) static ANY: Node = Node { place: None, value: Value::Any };

/// One member of a map.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Member {
    pub(super) name: String,
    /// Of the name.
    pub(super) place: Option<Place>,
    pub(super) node: Node,
}

impl Node {
    /// Reads a whole file.
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        // A file nests some fifteen deep; the limit keeps reading, which is recursive, within a small stack.
        let budget = serde_saphyr::budget! { max_depth: 32, max_nodes: 100_000, max_events: 300_000 };
        let options = serde_saphyr::options! { budget: budget };
        match serde_saphyr::from_str_with_options::<Spanned<Value>>(text, options) {
            Ok(found) => Ok(Self::from(found)),
            Err(error) => Err(Error {
                path: String::new(),
                place: error.location().and_then(place),
                problem: Problem::Yaml(reason(&error)),
            }),
        }
    }
}

impl From<&Node> for serde_json::Value {
    fn from(node: &Node) -> Self {
        match &node.value {
            Value::Null | Value::Any => Self::Null,
            Value::Boolean(value) => (*value).into(),
            Value::Number(value) => (*value).into(),
            Value::String(text) => text.as_str().into(),
            Value::List(nodes) => nodes.iter().map(Self::from).collect(),
            Value::Map(members) => {
                members.iter().map(|member| (member.name.clone(), Self::from(&member.node))).collect()
            }
        }
    }
}

impl From<Spanned<Value>> for Node {
    fn from(found: Spanned<Value>) -> Self {
        Self { place: place(found.referenced), value: found.value }
    }
}

fn place(location: serde_saphyr::Location) -> Option<Place> {
    (location.line() > 0).then(|| Place { line: location.line(), column: location.column() })
}

/// The parser's own words, without the place and without advice to programmers.
fn reason(error: &serde_saphyr::Error) -> String {
    let error = error.without_snippet();
    if let serde_saphyr::Error::MultipleDocuments { .. } = error {
        return "expected one document".to_owned();
    }
    let text = error.to_string();
    let text = text.split_once(" at line ").map_or(&*text, |(reason, _)| reason);
    let text = text.split_once(", set ").map_or(text, |(reason, _)| reason);
    text.replace('\n', " ")
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Boolean(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "no number of a configuration is above 2^53")]
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "no number of a configuration is above 2^53")]
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element::<Spanned<Value>>()? {
            nodes.push(Node::from(node));
        }
        Ok(Value::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Vec::new();
        while let Some(name) = map.next_key::<Spanned<String>>()? {
            let node = Node::from(map.next_value::<Spanned<Value>>()?);
            members.push(Member { name: name.value, place: place(name.referenced), node });
        }
        Ok(Value::Map(members))
    }
}

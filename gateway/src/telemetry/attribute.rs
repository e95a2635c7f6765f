//! Attributes, as all signals of OpenTelemetry have them.
//!
//! <https://github.com/open-telemetry/opentelemetry-proto/blob/v1.9.0/opentelemetry/proto/common/v1/common.proto>

use std::borrow::Cow;

use super::protobuf::Message;

/// What an attribute can be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<'v> {
    Text(Cow<'v, str>),
    Count(u64),
    Number(f64),
    Texts(Vec<String>),
}

/// A list of them, written into a field of a message.
pub(super) struct Attributes<'m> {
    message: &'m mut Message,
    field: u32,
}

impl<'m> Attributes<'m> {
    pub(super) fn of(message: &'m mut Message, field: u32) -> Self {
        Self { message, field }
    }

    /// Adds one, if there is anything to say.
    pub(super) fn add<'v>(&mut self, name: &str, value: impl Into<Option<Value<'v>>>) {
        let Some(value) = value.into() else { return };
        self.message.message(self.field, |pair| {
            pair.text(1, name).message(2, |any| value.write(any));
        });
    }

    /// Adds a text, unless it is empty.
    pub(super) fn text<'v>(&mut self, name: &str, text: impl Into<Option<&'v str>>) {
        let text = text.into().filter(|text| !text.is_empty());
        self.add(name, text.map(|text| Value::Text(text.into())));
    }
}

impl Value<'_> {
    fn write(&self, any: &mut Message) {
        match self {
            Self::Text(text) => any.text(1, text),
            Self::Count(count) => any.count(3, *count),
            Self::Number(number) => any.double(4, *number),
            Self::Texts(texts) => any.message(5, |list| {
                for text in texts {
                    list.message(1, |any| {
                        any.text(1, text);
                    });
                }
            }),
        };
    }
}

impl From<&'static str> for Value<'_> {
    fn from(text: &'static str) -> Self {
        Self::Text(text.into())
    }
}

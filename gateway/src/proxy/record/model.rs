//! The model that a provider says it answered with.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

/// The model that a reply, or the first event of a stream, names. It mostly stands at the front, so no more than that is read.
pub(super) fn named(bytes: &[u8]) -> Option<String> {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let is_stream = bytes.starts_with(b"data: ") || bytes.starts_with(b"event: ");
    let data = if is_stream { lines.find_map(|line| line.strip_prefix(b"data: "))? } else { bytes };
    let mut model = None;
    // That it stops early is an error for serde_json; what is no JSON names no model.
    let _ = Search(&mut model).deserialize(&mut serde_json::Deserializer::from_slice(data));
    model
}

/// Looks for the member `model` of an object, or of its `message`, where an event of Anthropic's has it.
struct Search<'m>(&'m mut Option<String>);

impl<'de> DeserializeSeed<'de> for Search<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Search<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a reply")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while self.0.is_none() {
            match map.next_key::<Cow<'_, str>>()?.as_deref() {
                Some("model") => *self.0 = map.next_value()?,
                Some("message") => map.next_value_seed(Search(self.0))?,
                Some(_) => _ = map.next_value::<IgnoredAny>()?,
                None => break,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_of_a_reply_is_found_in_either_form() {
        assert_eq!(named(br#"{"id":"a","model":"m"}"#).as_deref(), Some("m"));
        assert_eq!(
            named(b"data: {\"model\":\"m\",\"choices\":[]}\n\ndata: {\"model\":\"n\"}\n\n").as_deref(),
            Some("m")
        );
        let start = b"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"m\"}}\n\nevent: ping\n";
        assert_eq!(named(start).as_deref(), Some("m"));
        assert_eq!(named(b"data: [DONE]\n\n"), None);
    }
}

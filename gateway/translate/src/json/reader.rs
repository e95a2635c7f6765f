//! A reader for serde that looks at text in blocks, where `serde_json` goes eight bytes at a time.
//!
//! It takes what is regular, which is nearly everything, and gives up on the rest, so that `serde_json` stays the judge of
//! what is right and finds the words for what is wrong. What it takes, it reads as `serde_json` would: a law of the tests.

use std::fmt;

use serde::Deserialize;
use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::skip::Cursor;

/// How deep values may be read into each other. What is only passed on may be deeper.
const DEEPEST: u8 = 100;

/// By this name `RawValue` asks for the text of a value. It is not promised; without it all would be read the slower way.
const RAW: &str = "$serde_json::private::RawValue";

/// Reads one document; `None` where it is irregular, or not what `T` wants.
pub(super) fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Option<T> {
    let mut reader = Reader { cursor: Cursor::new(text), depth: 0 };
    let value = T::deserialize(&mut reader).ok()?;
    reader.cursor.at_end().then_some(value)
}

/// Something that this reader leaves to `serde_json`. That says what it is, so this does not.
#[derive(Debug)]
pub(super) struct Irregular;

impl fmt::Display for Irregular {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("irregular")
    }
}

impl std::error::Error for Irregular {}

impl serde::de::Error for Irregular {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

struct Reader<'de> {
    cursor: Cursor<'de>,
    depth: u8,
}

impl<'de> Reader<'de> {
    fn string<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Irregular> {
        let (token, escaped) = self.cursor.string().ok_or(Irregular)?;
        if escaped {
            let text: String = serde_json::from_str(token).map_err(|_| Irregular)?;
            return visitor.visit_string(text);
        }
        visitor.visit_borrowed_str(&token[1..token.len() - 1])
    }

    fn number<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Irregular> {
        let digits = self.cursor.value().ok_or(Irregular)?;
        if let Ok(number) = digits.parse::<u64>() {
            return visitor.visit_u64(number);
        }
        match digits.parse::<i64>() {
            Ok(number) if number < 0 => visitor.visit_i64(number),
            _ => visitor.visit_f64(serde_json::from_str(digits).map_err(|_| Irregular)?),
        }
    }

    fn word<T>(&mut self, word: &str, value: T) -> Result<T, Irregular> {
        if self.cursor.value() == Some(word) { Ok(value) } else { Err(Irregular) }
    }

    /// Reads what lies between a bracket, which comes next, and its other half.
    fn inside<T>(
        &mut self,
        read: impl FnOnce(&mut Items<'_, 'de>) -> Result<T, Irregular>,
    ) -> Result<T, Irregular> {
        if self.depth == DEEPEST {
            return Err(Irregular);
        }
        self.depth += 1;
        self.cursor.step();
        let mut items = Items { reader: self, first: true, ended: false };
        let value = read(&mut items)?;
        let ended = items.ended;
        self.depth -= 1;
        if ended { Ok(value) } else { Err(Irregular) }
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Irregular;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Irregular> {
        match self.cursor.peek().ok_or(Irregular)? {
            b'"' => self.string(visitor),
            b'{' => self.inside(|items| visitor.visit_map(items)),
            b'[' => self.inside(|items| visitor.visit_seq(items)),
            b'n' => self.word("null", ()).and_then(|()| visitor.visit_unit()),
            b't' => self.word("true", true).and_then(|value| visitor.visit_bool(value)),
            b'f' => self.word("false", false).and_then(|value| visitor.visit_bool(value)),
            _ => self.number(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Irregular> {
        match self.cursor.peek() {
            Some(b'n') => self.word("null", ()).and_then(|()| visitor.visit_none()),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Irregular> {
        if name != RAW {
            return visitor.visit_newtype_struct(self);
        }
        let text = self.cursor.value().ok_or(Irregular)?;
        visitor.visit_map(Raw { text: Some(text) })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Irregular> {
        match self.cursor.string() {
            Some((token, false)) => visitor.visit_enum(StrDeserializer::new(&token[1..token.len() - 1])),
            _ => Err(Irregular),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Irregular> {
        self.cursor.value().ok_or(Irregular)?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string identifier unit unit_struct seq tuple tuple_struct map struct
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Irregular> {
        Err(Irregular)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Irregular> {
        Err(Irregular)
    }
}

/// The items of a list, or the members of an object.
struct Items<'r, 'de> {
    reader: &'r mut Reader<'de>,
    first: bool,
    ended: bool,
}

impl<'de> Items<'_, 'de> {
    /// Whether another one follows; if so, it comes next.
    fn more(&mut self, close: u8) -> Result<bool, Irregular> {
        if self.ended {
            return Ok(false);
        }
        let cursor = &mut self.reader.cursor;
        let next = cursor.peek().ok_or(Irregular)?;
        if next == close {
            cursor.step();
            self.ended = true;
            return Ok(false);
        }
        if !std::mem::take(&mut self.first) {
            cursor.expect(b',').ok_or(Irregular)?;
        }
        Ok(true)
    }
}

impl<'de> SeqAccess<'de> for &mut Items<'_, 'de> {
    type Error = Irregular;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Irregular> {
        if self.more(b']')? { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }
}

impl<'de> MapAccess<'de> for &mut Items<'_, 'de> {
    type Error = Irregular;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Irregular> {
        if !self.more(b'}')? {
            return Ok(None);
        }
        if self.reader.cursor.peek() != Some(b'"') {
            return Err(Irregular);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Irregular> {
        self.reader.cursor.expect(b':').ok_or(Irregular)?;
        seed.deserialize(&mut *self.reader)
    }
}

/// How `RawValue` wants to be given its text: as the only member of an object, under [`RAW`].
struct Raw<'de> {
    text: Option<&'de str>,
}

impl<'de> MapAccess<'de> for Raw<'de> {
    type Error = Irregular;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Irregular> {
        self.text.map(|_| seed.deserialize(BorrowedStrDeserializer::new(RAW))).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Irregular> {
        let text = self.text.take().ok_or(Irregular)?;
        seed.deserialize(BorrowedStrDeserializer::new(text))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;
    use serde_json::value::RawValue;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Word {
        A,
        Bee,
    }

    #[derive(Debug, Deserialize)]
    #[serde(default)]
    #[derive(Default)]
    struct Shape<'a> {
        #[serde(borrow)]
        raw: Option<&'a RawValue>,
        text: Option<String>,
        number: Option<u32>,
        float: Option<f64>,
        word: Option<Word>,
        list: Vec<Value>,
    }

    fn agree<'a, T: Deserialize<'a> + fmt::Debug>(text: &'a str) -> Result<(), TestCaseError> {
        if let Some(value) = read::<T>(text) {
            let right = serde_json::from_str::<T>(text);
            prop_assert_eq!(format!("{:?}", Some(value)), format!("{:?}", right.ok()), "{}", text);
        }
        Ok(())
    }

    fn documents() -> impl Strategy<Value = String> {
        let pieces = prop::sample::select(
            r#"{ } [ ] , : " \ \" \\ \u00e9 \ud83d \ude00 \/ \x null true false nul tru 0 -0 1 -1 12 01 1.5 1. .5 1e3 1E+ -
               18446744073709551615 18446744073709551616 -9223372036854775808 4294967296 1e400 a bee "a" "raw" "text" "number"
               "float" "word" "list" "a": "raw": "text": "number": "float": "word": "list": {"a":1} [1,2] "é" 𝄞"#
                .split_ascii_whitespace()
                .collect::<Vec<_>>(),
        );
        let piece = prop_oneof![8 => pieces.prop_map(str::to_owned), 1 => Just(" ".to_owned()), 1 => Just("\n\t".to_owned()),
            1 => Just("\u{1}".to_owned()), 1 => "[a-z ]{20,70}"];
        prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,40}".prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 60, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..8)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_it_takes_it_reads_as_serde_json_does(text in prop_oneof![documents(), "\\PC{0,30}"]) {
            agree::<Value>(&text)?;
            agree::<&RawValue>(&text)?;
            agree::<Shape<'_>>(&text)?;
            agree::<Vec<f64>>(&text)?;
            agree::<String>(&text)?;
            agree::<&str>(&text)?;
        }

        #[test]
        fn it_takes_every_value(value in values()) {
            for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
                prop_assert!(read::<Value>(&text).is_some(), "{text}");
                prop_assert_eq!(read::<&RawValue>(&text).map(RawValue::get), Some(text.trim()));
                agree::<Value>(&text)?;
                for end in (0..text.len()).filter(|&end| text.is_char_boundary(end)) {
                    agree::<Value>(&text[..end])?;
                }
            }
        }
    }

    #[test]
    fn it_takes_every_kind_of_member() {
        let text =
            r#"{"raw":{"a":[1]},"text":"a\n","number":5,"float":1.5,"word":"bee","list":[1,"x",null]}"#;
        let shape: Shape<'_> = read(text).unwrap();
        assert_eq!(shape.raw.unwrap().get(), r#"{"a":[1]}"#);
        assert_eq!((shape.text.as_deref(), shape.number, shape.float), (Some("a\n"), Some(5), Some(1.5)));
        assert_eq!((shape.word, shape.list.len()), (Some(Word::Bee), 3));
    }

    #[test]
    fn what_is_deep_is_left_alone() {
        let deep = "[".repeat(100_000);
        assert!(read::<Value>(&deep).is_none() && read::<&RawValue>(&deep).is_none());
    }
}

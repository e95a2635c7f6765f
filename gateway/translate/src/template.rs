//! The shape that the text events of one stream share, learned from the first of them.
//!
//! ```text
//! {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" Hello"}}
//! └──────────────────────────── before ────────────────────────────────────┘        └┘ after
//! ```
//!
//! The first event is read by `serde_json`. A later one that equals it outside one JSON string is the same document
//! with another string in it, so it need not be read again: its string is copied as it stands. A second string, of
//! padding, may vary as well; and so may the numbers of a part behind it that only counts. Whatever does not fit is read as
//! the first one was; that it makes no difference is a law in `tests/laws.rs`.

use crate::Text;
use crate::text::is_whole;

/// What stands around the text. Nothing, before the first was learned.
#[derive(Debug, Default)]
pub(crate) struct Template {
    before: Vec<u8>,
    /// Between the first string and the second, where there are two.
    between: Option<Vec<u8>>,
    after: Vec<u8>,
    /// Whether the text is the second string.
    second: bool,
    /// What stands behind [`Self::after`], where its numbers may vary: the parts before, between and behind them.
    counts: Vec<Vec<u8>>,
}

impl Template {
    /// Learns from an event: both strings must be parts of `data`, read from it as JSON.
    pub(crate) fn learn(&mut self, data: &[u8], text: Text<'_>, padding: Option<Text<'_>>) {
        let Some((start, end)) = place(data, text) else { return };
        let padding = padding.and_then(|padding| place(data, padding));
        let (first, last) = match padding {
            Some(padding) if padding.0 < start => (padding, (start, end)),
            Some(padding) => ((start, end), padding),
            None => ((start, end), (start, end)),
        };
        self.second = padding.is_some() && first.0 != start;
        self.before.clear();
        self.before.extend_from_slice(&data[..first.0]);
        self.between = padding.map(|_| data[first.1..last.0].to_vec());
        self.after.clear();
        self.after.extend_from_slice(&data[last.1..]);
        self.counts.clear();
    }

    /// The same, where `counts` is a part of `data` behind the text, and tells what the text costs: its numbers may vary,
    /// and so may those behind it.
    pub(crate) fn learn_counting(&mut self, data: &[u8], text: Text<'_>, counts: Option<&str>) {
        self.learn(data, text, None);
        let from = counts.and_then(|counts| part(data, counts));
        let before = data.len() - self.after.len();
        if let Some((from, _)) = from.filter(|(from, _)| *from >= before && !self.before.is_empty()) {
            self.after.truncate(from - before);
            let digits = |one: &u8, next: &u8| one.is_ascii_digit() == next.is_ascii_digit();
            let parts = data[from..].chunk_by(digits).filter(|part| !part[0].is_ascii_digit());
            self.counts.extend(parts.map(<[u8]>::to_vec));
        }
    }

    /// The text of an event that fits.
    pub(crate) fn text<'a>(&self, data: &'a [u8]) -> Option<Text<'a>> {
        self.front(data).filter(|(_, size)| *size == data.len()).map(|(text, _)| text)
    }

    /// The text of an event that fits, at the front of `data`, and how long that is.
    pub(crate) fn front<'a>(&self, data: &'a [u8]) -> Option<(Text<'a>, usize)> {
        if self.before.is_empty() {
            return None;
        }
        let rest = data.strip_prefix(&self.before[..])?;
        let (first, rest) = string(rest)?;
        let (text, rest) = match &self.between {
            None => (first, rest),
            Some(between) => {
                let (second, rest) = string(rest.strip_prefix(&between[..])?)?;
                (if self.second { second } else { first }, rest)
            }
        };
        let rest = self.counted(rest.strip_prefix(&self.after[..])?)?;
        Some((Text::Json(text), data.len() - rest.len()))
    }

    /// What follows the part that counts.
    fn counted<'a>(&self, mut rest: &'a [u8]) -> Option<&'a [u8]> {
        for (at, part) in self.counts.iter().enumerate() {
            if at > 0 {
                let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
                rest = rest.get(digits..).filter(|_| digits > 0)?;
            }
            rest = rest.strip_prefix(&part[..])?;
        }
        Some(rest)
    }
}

/// Where `text` stands in `data`.
fn place(data: &[u8], text: Text<'_>) -> Option<(usize, usize)> {
    let Text::Json(token) = text else { return None };
    part(data, token)
}

/// Where `token` stands in `data`.
pub(crate) fn part(data: &[u8], token: &str) -> Option<(usize, usize)> {
    let start = (token.as_ptr() as usize).checked_sub(data.as_ptr() as usize)?;
    let end = start.checked_add(token.len())?;
    (data.get(start..end)? == token.as_bytes()).then_some((start, end))
}

/// Splits a JSON string off `bytes`, quotes included.
pub(crate) fn string(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (mut at, mut numbers) = (1, false);
    if bytes.first() != Some(&b'"') {
        return None;
    }
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            break;
        }
        at += match bytes.get(at + 1)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
            b'u' if bytes.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit) => {
                numbers = true;
                6
            }
            _ => return None,
        };
    }
    let (string, rest) = bytes.split_at(at + 1);
    // Control characters must be escaped in JSON. Without a branch in the loop, it is done many bytes at once.
    let controls = string.iter().fold(false, |found, &byte| found | (byte < 0x20));
    let legal = !controls && (!numbers || is_whole(string));
    str::from_utf8(string).ok().filter(|_| legal).map(|string| (string, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Event<'a> {
        #[serde(borrow)]
        text: Text<'a>,
        p: Option<Text<'a>>,
    }

    fn learned(data: &[u8]) -> Template {
        let event: Event<'_> = crate::json::read(data).unwrap();
        let mut template = Template::default();
        template.learn(data, event.text, event.p);
        template
    }

    fn string() -> impl Strategy<Value = String> {
        let escaped = "(\\\\[\"\\\\/bfnrtu]|\\\\u[0-9a-fA-F]{4}|\\\\ud83d\\\\ude00|[ -~]|\\PC|\n|\u{1f})";
        prop_oneof![
            "\\PC{0,8}".prop_map(|text| serde_json::to_string(&text).unwrap()),
            proptest::collection::vec(escaped, 0..6).prop_map(|parts| format!("\"{}\"", parts.concat())),
        ]
    }

    #[test]
    fn both_places_of_padding_are_learned() {
        let after = learned(br#"{"i":0,"text":"a","p":"b"}"#);
        assert_eq!(after.text(br#"{"i":0,"text":"x\"y","p":""}"#), Some(Text::Plain("x\"y")));
        assert_eq!(after.text(br#"{"i":1,"text":"x","p":""}"#), None);
        let before = learned(br#"{"p":"b","text":"a"}"#);
        assert_eq!(before.text(br#"{"p":"bcd","text":"x"}"#), Some(Text::Plain("x")));
        let without = learned(br#"{"text":"a"}"#);
        assert_eq!(without.text(br#"{"text":"x"}"#), Some(Text::Plain("x")));
        assert_eq!(without.text(br#"{"text":"x"} "#), None);
        assert_eq!(Template::default().text(br#"{"text":"x"}"#), None);
    }

    #[test]
    fn what_only_counts_may_count() {
        #[derive(Deserialize)]
        struct Counted<'a> {
            #[serde(borrow)]
            text: Text<'a>,
            usage: &'a serde_json::value::RawValue,
        }
        let first = br#"{"i":0,"text":"a","usage":{"n":9},"id":"x1"}"#;
        let read: Counted<'_> = crate::json::read(first).unwrap();
        let mut template = Template::default();
        template.learn_counting(first, read.text, Some(read.usage.get()));
        assert_eq!(
            template.text(br#"{"i":0,"text":"b","usage":{"n":123},"id":"x1"}"#),
            Some(Text::Plain("b"))
        );
        let two = br#"{"i":0,"text":"b","usage":{"n":7},"id":"x22"},{"i":0}"#;
        assert_eq!(template.front(two), Some((Text::Plain("b"), two.len() - 8)), "the first of two");
        assert_eq!(template.text(two), None);
        for other in [
            &br#"{"i":1,"text":"b","usage":{"n":9},"id":"x1"}"#[..],
            br#"{"i":0,"text":"b","usage":{"n":9},"id":"x1","more":1}"#,
            br#"{"i":0,"text":"b","usage":{"n":null},"id":"x1"}"#,
            br#"{"i":0,"text":"b","usage":{"n":},"id":"x1"}"#,
            br#"{"i":0,"text":"b""#,
        ] {
            assert_eq!(template.text(other), None, "{}", String::from_utf8_lossy(other));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// What fits is what `serde_json` reads; and what it reads of the same shape, fits.
        #[test]
        fn what_fits_is_what_is_read(text in string(), p in string(), damage in proptest::option::of((any::<prop::sample::Index>(), any::<u8>()))) {
            let shapes = [
                (&br#"{"i":0,"text":"a","p":"b"}"#[..], format!(r#"{{"i":0,"text":{text},"p":{p}}}"#)),
                (&br#"{"p":"","text":""}"#[..], format!(r#"{{"p":{p},"text":{text}}}"#)),
                (&br#"{"text":"a"}"#[..], format!(r#"{{"text":{text}}}"#)),
            ];
            for (first, data) in shapes {
                let mut data = data.into_bytes();
                if let Some((at, byte)) = damage {
                    let at = at.index(data.len());
                    data[at] = byte;
                }
                let read: Option<Event<'_>> = crate::json::read(&data).ok();
                match learned(first).text(&data) {
                    Some(found) => prop_assert_eq!(found.plain(), read.unwrap().text.plain()),
                    None => prop_assert!(read.is_none() || damage.is_some(), "{}", String::from_utf8_lossy(&data)),
                }
            }
        }
    }
}

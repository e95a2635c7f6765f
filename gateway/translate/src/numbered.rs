//! The shape of events that differ in one text and in their numbers.
//!
//! ```text
//! {"index":3,"token":{"id":311,"text":" to","logprob":-0.042,"special":false},"generated_text":null,"details":null}
//!          ┴              ┴──┴        └──┘           └────┴
//! ```
//!
//! As with a [`Template`](crate::template::Template) the first event is read by `serde_json`; a later one that is the same
//! but for one string and for numbers, which must be JSON's, need not be read again. Memory is kept from shape to shape, so
//! that learning another one takes none.

use crate::Text;
use crate::template::{part, string};

/// What stands around the text and the numbers. Nothing, before the first was learned.
#[derive(Debug, Default)]
pub(crate) struct Numbered {
    /// All that is the same in each, without what varies.
    same: Vec<u8>,
    /// Where in [`Self::same`] something varies, in order.
    gaps: Vec<Gap>,
}

#[derive(Clone, Copy, Debug)]
struct Gap {
    at: usize,
    is_text: bool,
}

impl Numbered {
    /// Learns from an event that was read: `text` must be a part of `data`.
    pub(crate) fn learn(&mut self, data: &[u8], text: Text<'_>) {
        self.same.clear();
        self.gaps.clear();
        let Text::Json(token) = text else { return };
        let Some((start, end)) = part(data, token) else { return };
        let mut at = 0;
        while at < data.len() {
            let gap = |is_text| Gap { at: self.same.len(), is_text };
            let end = match data[at] {
                _ if at == start => {
                    self.gaps.push(gap(true));
                    at = end;
                    continue;
                }
                b'"' => data.len() - string(&data[at..]).map_or(0, |(_, rest)| rest.len()),
                b'-' | b'0'..=b'9' => match number(&data[at..]) {
                    Some(length) => {
                        self.gaps.push(gap(false));
                        at += length;
                        continue;
                    }
                    None => at + 1,
                },
                _ => at + 1,
            };
            self.same.extend_from_slice(&data[at..end]);
            at = end;
        }
    }

    /// The text of an event that fits.
    pub(crate) fn text<'a>(&self, data: &'a [u8]) -> Option<Text<'a>> {
        let (mut rest, mut at, mut text) = (data, 0, None);
        for gap in &self.gaps {
            rest = rest.strip_prefix(&self.same[at..gap.at])?;
            at = gap.at;
            if gap.is_text {
                let (found, after) = string(rest)?;
                (text, rest) = (Some(Text::Json(found)), after);
            } else {
                rest = &rest[number(rest)?..];
            }
        }
        text.filter(|_| rest == &self.same[at..])
    }
}

/// The length of [JSON's number](https://www.rfc-editor.org/rfc/rfc8259#section-6) that `bytes` begin with.
fn number(bytes: &[u8]) -> Option<usize> {
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    let whole = digits(at);
    if whole == 0 || whole > 1 && bytes[at] == b'0' {
        return None;
    }
    at += whole;
    if bytes.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        at += (fraction > 0).then_some(fraction + 1)?;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let power = bytes.get(at + 1 + sign..).map(|_| digits(at + 1 + sign)).unwrap_or_default();
        at += (power > 0).then_some(power + 1 + sign)?;
    }
    Some(at)
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
        #[serde(rename = "n")]
        _number: Option<serde::de::IgnoredAny>,
        #[serde(rename = "none")]
        _none: Option<serde::de::IgnoredAny>,
    }

    fn learned(data: &[u8]) -> Numbered {
        let event: Event<'_> = crate::json::read(data).unwrap();
        let mut shape = Numbered::default();
        shape.learn(data, event.text);
        shape
    }

    #[test]
    fn numbers_vary_and_nothing_else() {
        let shape = learned(br#"{"n":[1,-0.5],"text":"a","none":null,"s":"7"}"#);
        let fits = |data: &str| shape.text(data.as_bytes()).map(|text| text.plain().into_owned());
        for good in [
            r#"{"n":[1,-0.5],"text":"b","none":null,"s":"7"}"#,
            r#"{"n":[12,0],"text":"b","none":null,"s":"7"}"#,
            r#"{"n":[0,-1.5e-7],"text":"b","none":null,"s":"7"}"#,
            r#"{"n":[1E+10,1.25],"text":"b","none":null,"s":"7"}"#,
        ] {
            assert_eq!(fits(good).as_deref(), Some("b"), "{good}");
        }
        for other in [
            r#"{"n":[01,0],"text":"b","none":null,"s":"7"}"#,
            r#"{"n":[1.,0],"text":"b","none":null,"s":"7"}"#,
            r#"{"n":[-,0],"text":"b","none":null,"s":"7"}"#,
            r#"{"n":[1e,0],"text":"b","none":null,"s":"7"}"#,
            r#"{"n":[1,null],"text":"b","none":null,"s":"7"}"#,
            r#"{"n":[1,0],"text":"b","none":"x","s":"7"}"#,
            r#"{"n":[1,0],"text":"b","none":null,"s":"8"}"#,
            r#"{"n":[1,0],"text":"b","none":null,"s":"7"} "#,
            r#"{"n":[1,0],"text":"b","none":null,"s":"7""#,
            r#"{"n":[1,0],"text":"\ud83d","none":null,"s":"7"}"#,
        ] {
            assert_eq!(fits(other), None, "{other}");
        }
        assert!(Numbered::default().text(b"").is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// What fits is what `serde_json` reads, whatever is broken in it.
        #[test]
        fn what_fits_is_what_is_read(
            number in "-?[0-9]{1,3}(\\.[0-9]{0,3})?([eE][+-]?[0-9]{0,2})?",
            text in "\\PC{0,6}",
            damage in proptest::option::of((any::<prop::sample::Index>(), any::<u8>())),
        ) {
            let shape = learned(br#"{"n":0,"text":"a"}"#);
            let mut data = format!(r#"{{"n":{number},"text":{}}}"#, serde_json::to_string(&text).unwrap()).into_bytes();
            if let Some((at, byte)) = damage {
                let at = at.index(data.len());
                data[at] = byte;
            }
            let read: Option<Event<'_>> = crate::json::read(&data).ok();
            match shape.text(&data) {
                Some(found) => prop_assert_eq!(found.plain(), read.unwrap().text.plain()),
                None => prop_assert!(read.is_none() || damage.is_some(), "{}", String::from_utf8_lossy(&data)),
            }
        }
    }
}

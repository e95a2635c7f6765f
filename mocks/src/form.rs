//! A form as clients send files in it: [multipart/form-data](https://www.rfc-editor.org/rfc/rfc7578); and one without files, written
//! [as a query is](https://url.spec.whatwg.org/#application/x-www-form-urlencoded).
//!
//! Its parts share the request's bytes: a large file is not copied. What is no file is also JSON, so that the provider's document can
//! judge it: see [`specs::Operation::fields`].

use bytes::Bytes;
use memchr::memmem::find;

/// A form's parts, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Form {
    /// As they came.
    pub parts: Vec<Part>,
}

/// One field, or one file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Part {
    /// The field's name as sent, brackets included.
    pub name: String,
    /// Of a file: what it is called.
    pub file: Option<String>,
    /// What it says it is; empty where it says nothing.
    pub media: String,
    /// Its bytes.
    pub content: Bytes,
}

/// So many parts are read; no form of any provider has as many.
const PARTS: usize = 1_000;

impl Form {
    /// Is this the content type of a form?
    #[must_use]
    pub fn is_meant(content_type: &str) -> bool {
        is(content_type, "multipart/form-data") || is(content_type, ENCODED)
    }

    /// Reads a form whose content type this is.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn read(content_type: &str, body: &Bytes) -> Result<Self, &'static str> {
        if is(content_type, ENCODED) {
            return Self::encoded(body);
        }
        let delimiter = format!("--{}", boundary(content_type).ok_or("no boundary")?);
        let between = format!("\r\n{delimiter}");
        let start = find(body, delimiter.as_bytes()).ok_or("no delimiter")?;
        if start > 0 && !body[..start].ends_with(b"\r\n") {
            return Err("a delimiter within a line");
        }
        let (mut parts, mut at) = (Vec::new(), start + delimiter.len());
        while !body[at..].starts_with(b"--") {
            let head = at + find(&body[at..], b"\r\n\r\n").ok_or("a part without a head")?;
            // The line end before an empty content is that of the head.
            let end =
                head + 2 + find(&body[head + 2..], between.as_bytes()).ok_or("a part without an end")?;
            let content = body.slice((head + 4).min(end)..end);
            parts.push(Part::new(&body[at..head], content)?);
            if parts.len() > PARTS {
                return Err("too many parts");
            }
            at = end + between.len();
        }
        Ok(Self { parts })
    }

    fn encoded(body: &[u8]) -> Result<Self, &'static str> {
        let parts: Vec<Part> = pairs(body)
            .map(|(name, content)| Part { name, content: content.into(), ..Part::default() })
            .take(PARTS + 1)
            .collect();
        if parts.len() > PARTS { Err("too many parts") } else { Ok(Self { parts }) }
    }

    /// The first part of this name.
    #[must_use]
    pub fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.name == name)
    }

    /// Names and texts; of a file its name stands for it.
    pub fn fields(&self) -> impl Iterator<Item = (&str, String)> {
        self.parts.iter().map(|part| (part.name.as_str(), part.text()))
    }
}

impl Part {
    fn new(head: &[u8], content: Bytes) -> Result<Self, &'static str> {
        let mut part = Self { content, ..Self::default() };
        let head = String::from_utf8_lossy(head);
        let mut is_named = false;
        for (name, value) in head.lines().filter_map(|line| line.split_once(':')) {
            let value = value.trim();
            if name.eq_ignore_ascii_case("content-type") {
                value.clone_into(&mut part.media);
            }
            if name.eq_ignore_ascii_case("content-disposition") {
                let name = parameter(value, "name").ok_or("a part without a name")?;
                (part.name, is_named) = (name, true);
                part.file = parameter(value, "filename");
            }
        }
        if is_named { Ok(part) } else { Err("a part without a name") }
    }

    fn text(&self) -> String {
        let content = || String::from_utf8_lossy(&self.content).into_owned();
        self.file.clone().unwrap_or_else(content)
    }
}

/// Names and values, as queries and forms are written: `a=b+c&d=%C3%A9`. What is no UTF-8 is replaced.
pub(crate) fn pairs(text: &[u8]) -> impl Iterator<Item = (String, String)> {
    let decoded = |text: &[u8]| String::from_utf8_lossy(&unescaped(text)).into_owned();
    text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(move |pair| {
        let end = memchr::memchr(b'=', pair).unwrap_or(pair.len());
        (decoded(&pair[..end]), decoded(pair.get(end + 1..).unwrap_or_default()))
    })
}

/// Broken escapes are taken as they stand.
pub(crate) fn unescaped(text: &[u8]) -> Vec<u8> {
    let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
    let (mut out, mut at) = (Vec::with_capacity(text.len()), 0);
    while let Some(byte) = text.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.extend(u8::try_from(high * 16 + low));
                at += 2;
            }
            (b'+', ..) => out.push(b' '),
            (byte, ..) => out.push(*byte),
        }
        at += 1;
    }
    out
}

fn is(content_type: &str, media: &str) -> bool {
    content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(media)
}

const ENCODED: &str = "application/x-www-form-urlencoded";

/// The boundary that a content type names: at most 70 characters.
fn boundary(content_type: &str) -> Option<String> {
    parameter(content_type, "boundary").filter(|boundary| (1..=70).contains(&boundary.len()))
}

/// A parameter of a field's value, without its quotes. Browsers and clients write a quote in a name as `%22` or `\"`.
fn parameter(value: &str, name: &str) -> Option<String> {
    let mut rest = value;
    while let Some((_, after)) = rest.split_once(';') {
        let (known, after) = after.split_once('=')?;
        let (found, after) = match after.trim_start().strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => {
                let end = after.find(';').unwrap_or(after.len());
                (after[..end].trim().to_owned(), &after[end..])
            }
        };
        if known.trim().eq_ignore_ascii_case(name) {
            return Some(found);
        }
        rest = after;
    }
    None
}

/// A quoted text up to its end, and what follows.
fn unquoted(quoted: &str) -> (String, &str) {
    let (mut text, mut chars) = (String::new(), quoted.char_indices());
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return (text.replace("%22", "\""), &quoted[at + 1..]),
            '\\' => text.extend(chars.next().map(|(_, char)| char)),
            char => text.push(char),
        }
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TYPE: &str = "multipart/form-data; boundary=\"x-y\"";

    fn read(body: &str) -> Result<Form, &'static str> {
        Form::read(TYPE, &Bytes::copy_from_slice(body.as_bytes()))
    }

    #[test]
    fn fields_and_files_come_as_they_were_sent() {
        let body = "--x-y\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n\
            --x-y\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a;\\\"b%22.jsonl\"\r\n\
            Content-Type: text/plain\r\n\r\n{}\r\n--x\r\n\r\n--x-y--\r\n";
        let form = read(body).unwrap();
        assert_eq!(form.part("purpose").unwrap().content, "batch");
        let file = form.part("file").unwrap();
        assert_eq!((file.file.as_deref(), &*file.media), (Some("a;\"b\".jsonl"), "text/plain"));
        assert_eq!(file.content, "{}\r\n--x\r\n");
        let fields: Vec<_> = form.fields().collect();
        assert_eq!(fields[1], ("file", "a;\"b\".jsonl".to_owned()));
    }

    #[test]
    fn what_is_empty_is_a_part_all_the_same() {
        let form = read("--x-y\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--x-y--").unwrap();
        assert_eq!(form.parts, [Part { name: "a".to_owned(), ..Part::default() }]);
        assert_eq!(read("--x-y--").unwrap(), Form::default());
    }

    #[test]
    fn a_form_without_files_is_read_as_a_query_is() {
        let form = Form::read(
            "application/x-www-form-urlencoded; charset=utf-8",
            &"a=b+c%2B&%C3%A9=&d&e=1%2&&f=a%zz=".into(),
        );
        let form = form.unwrap();
        let fields: Vec<_> = form.fields().collect();
        let expected = [("a", "b c+"), ("é", ""), ("d", ""), ("e", "1%2"), ("f", "a%zz=")];
        assert_eq!(fields, expected.map(|(name, value)| (name, value.to_owned())));
    }

    #[test]
    fn a_broken_form_says_why() {
        let bytes = Bytes::from_static(b"--x-y--");
        assert_eq!(Form::read("multipart/form-data", &bytes), Err("no boundary"));
        for (body, why) in [
            ("", "no delimiter"),
            ("text--x-y--", "a delimiter within a line"),
            ("--x-y\r\nContent-Disposition: form-data; name=\"a\"", "a part without a head"),
            ("--x-y\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb", "a part without an end"),
            ("--x-y\r\nContent-Type: text/plain\r\n\r\nb\r\n--x-y--", "a part without a name"),
        ] {
            assert_eq!(read(body), Err(why), "{body}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(head in ".{0,40}", body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let body = Bytes::from([b"--x-y\r\n".as_slice(), &body].concat());
            let _ = Form::read(TYPE, &body);
            let _ = Form::read(&head, &body);
            let _ = Form::read(ENCODED, &body);
        }
    }
}

//! A form with its files, borrowed from the client's bytes: <https://www.rfc-editor.org/rfc/rfc7578>.

use std::borrow::Cow;

use memchr::memmem::find;
use serde_json::value::RawValue;

use crate::Error;
use crate::multipart::{Head, boundary};

/// The parts, in order.
#[derive(Debug)]
pub(crate) struct Form<'a>(pub(crate) Vec<Part<'a>>);

/// One field, or one file.
#[derive(Clone, Debug)]
pub(crate) struct Part<'a> {
    /// Without the brackets of a list.
    pub(crate) name: String,
    /// Whether it is a file.
    pub(crate) is_file: bool,
    /// What it says it is; empty where it says nothing.
    pub(crate) media_type: String,
    pub(crate) content: &'a [u8],
}

/// So many parts are read: no request has as many.
const PARTS: usize = 256;

impl<'a> Form<'a> {
    /// Whether this is the content type of a form.
    pub(crate) fn is(content_type: &str) -> bool {
        let kind = content_type.split(';').next().unwrap_or_default();
        kind.trim().eq_ignore_ascii_case("multipart/form-data")
    }

    pub(crate) fn read(content_type: &str, body: &'a [u8]) -> Result<Self, Error> {
        let boundary =
            boundary(content_type).ok_or_else(|| malformed("its content-type names no boundary"))?;
        let delimiter = format!("--{boundary}");
        let between = format!("\r\n{delimiter}");
        let ended = || malformed("it ends in the middle of a part");
        let start = find(body, delimiter.as_bytes()).ok_or_else(|| malformed("its boundary is not in it"))?;
        if start > 0 && !body[..start].ends_with(b"\r\n") {
            return Err(malformed("its boundary is not at the start of a line"));
        }
        let (mut at, mut parts) = (start + delimiter.len(), Vec::new());
        while !body[at..].starts_with(b"--") {
            let head = at + find(&body[at..], b"\r\n\r\n").ok_or_else(ended)? + 4;
            let end = head + find(&body[head..], between.as_bytes()).ok_or_else(ended)?;
            parts.push(Part::new(&String::from_utf8_lossy(&body[at..head]), &body[head..end])?);
            if parts.len() > PARTS {
                return Err(malformed("it has too many parts"));
            }
            at = end + between.len();
        }
        Ok(Self(parts))
    }

    /// The text of the first field of this name.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let part = self.0.iter().find(|part| part.name == name && !part.is_file)?;
        Some(String::from_utf8_lossy(part.content).into_owned()).filter(|text| !text.is_empty())
    }

    /// The files of this name.
    pub(crate) fn files(&self, name: &str) -> impl Iterator<Item = &Part<'a>> {
        self.0.iter().filter(move |part| part.name == name && part.is_file)
    }
}

impl<'a> Part<'a> {
    fn new(head: &str, content: &'a [u8]) -> Result<Self, Error> {
        let head = Head(head);
        let name = head.name().ok_or_else(|| malformed("a part has no name"))?;
        Ok(Self {
            name: name.strip_suffix("[]").unwrap_or(&name).to_owned(),
            is_file: head.filename().is_some(),
            media_type: head.media_type().unwrap_or_default().to_ascii_lowercase(),
            content,
        })
    }

    /// Its media type; where it says none, or nothing by it, what its first bytes say.
    pub(crate) fn media_type(&self) -> Cow<'_, str> {
        match self.media_type.as_str() {
            "" | "application/octet-stream" => sniffed(self.content).into(),
            said => said.into(),
        }
    }
}

/// What a file is by its first bytes.
fn sniffed(bytes: &[u8]) -> &'static str {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => "audio/wav",
        [b'f', b'L', b'a', b'C', ..] => "audio/flac",
        [b'O', b'g', b'g', b'S', ..] => "audio/ogg",
        [b'I', b'D', b'3', ..] | [0xff, 0xe2..=0xff, ..] => "audio/mpeg",
        [0x1a, 0x45, 0xdf, 0xa3, ..] => "audio/webm",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "audio/mp4",
        _ => "application/octet-stream",
    }
}

fn malformed(why: &str) -> Error {
    Error::request("body", format!("the form cannot be read: {why}"))
}

/// The text of a form's field as JSON: numbers and switches as they are.
pub(crate) fn as_json(text: &str) -> String {
    let is_plain = matches!(text, "true" | "false") || text.parse::<f64>().is_ok_and(f64::is_finite);
    if is_plain && serde_json::from_str::<&RawValue>(text).is_ok() {
        return text.to_owned();
    }
    let mut out = Vec::new();
    crate::json::string(&mut out, text);
    String::from_utf8(out).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=x";

    #[test]
    fn fields_and_files_are_read() {
        let body = b"--x\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\na hat\r\n--x\r\ncontent-disposition: form-data; filename=\"a.png\"; name=\"image[]\"\r\n\r\n\x89PNG\r\n--x--";
        let form = Form::read(TYPE, body).unwrap();
        assert_eq!(form.text("prompt").as_deref(), Some("a hat"));
        let files: Vec<_> = form.files("image").map(|part| (part.media_type(), part.content)).collect();
        assert_eq!(files, [("image/png".into(), b"\x89PNG".as_slice())]);
        assert!(Form::read("multipart/form-data", body).is_err());
        assert!(Form::read(TYPE, &body[..body.len() - 9]).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(kind in ".{0,40}", content in proptest::collection::vec(any::<u8>(), 0..200)) {
            let body = [b"--x\r\n".as_slice(), &content, b"\r\n--x--"].concat();
            let _ = Form::read(TYPE, &body);
            let _ = Form::read(&kind, &body);
        }
    }
}

//! One field of a form: <https://www.rfc-editor.org/rfc/rfc7578>. The others are not looked at.

use std::ops::Range;

use memchr::memmem::find;

use crate::Error;
use crate::multipart::{Head, boundary};

/// Puts `model` into the form's field of that name, and gives what stood there. A form without the field gets it.
pub(super) fn model(
    content_type: &str,
    body: &mut Vec<u8>,
    model: Option<&str>,
) -> Result<Option<String>, Error> {
    let boundary = boundary(content_type).ok_or_else(|| malformed("its content-type names no boundary"))?;
    let found = field(body, &boundary, "model")?;
    let named = found.clone().map(|range| String::from_utf8_lossy(&body[range]).into_owned());
    let Some(model) = model.filter(|model| named.as_deref() != Some(model)) else { return Ok(named) };
    if model.bytes().any(|byte| byte < b' ') {
        return Err(Error::request("model", "this is no name of a model"));
    }
    if let Some(range) = found {
        body.splice(range, model.bytes());
    } else {
        let part =
            format!("--{boundary}\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\n{model}\r\n");
        body.splice(0..0, part.into_bytes());
    }
    Ok(named)
}

/// Where the content of the field of this name stands, that of the first one.
fn field(body: &[u8], boundary: &str, name: &str) -> Result<Option<Range<usize>>, Error> {
    let delimiter = format!("--{boundary}");
    let between = format!("\r\n{delimiter}");
    let ended = || malformed("it ends in the middle of a part");
    let start = find(body, delimiter.as_bytes()).ok_or_else(|| malformed("its boundary is not in it"))?;
    if start > 0 && !body[..start].ends_with(b"\r\n") {
        return Err(malformed("its boundary is not at the start of a line"));
    }
    let mut at = start + delimiter.len();
    loop {
        if body[at..].starts_with(b"--") {
            return Ok(None);
        }
        let head = at + find(&body[at..], b"\r\n\r\n").ok_or_else(ended)? + 4;
        let end = head + find(&body[head..], between.as_bytes()).ok_or_else(ended)?;
        if Head(&String::from_utf8_lossy(&body[at..head])).name().as_deref() == Some(name) {
            return Ok(Some(head..end));
        }
        at = end + between.len();
    }
}

fn malformed(why: &str) -> Error {
    Error::request("body", format!("the form cannot be read: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TYPE: &str = "multipart/form-data; boundary=\"x-y\"";

    fn form(fields: &[(&str, &str)]) -> Vec<u8> {
        let part = |(name, value): &(&str, &str)| {
            format!("--x-y\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        (fields.iter().map(part).collect::<String>() + "--x-y--\r\n").into_bytes()
    }

    #[test]
    fn the_model_of_a_form_is_found_and_replaced_and_nothing_else_is() {
        let mut body = form(&[("file", "RIFF\r\n--x\0"), ("model", "mine"), ("prompt", "model")]);
        assert_eq!(model(TYPE, &mut body, Some("whisper-1")).unwrap().as_deref(), Some("mine"));
        let expected = form(&[("file", "RIFF\r\n--x\0"), ("model", "whisper-1"), ("prompt", "model")]);
        assert_eq!(String::from_utf8_lossy(&body), String::from_utf8_lossy(&expected));
    }

    #[test]
    fn a_form_without_a_model_gets_one() {
        let mut body = form(&[("file", "x")]);
        assert_eq!(model(TYPE, &mut body, Some("whisper-1")), Ok(None));
        assert_eq!(model(TYPE, &mut body, None).unwrap().as_deref(), Some("whisper-1"));
    }

    #[test]
    fn a_broken_form_is_refused() {
        for (kind, body) in [
            ("multipart/form-data", "--x-y--"),
            (TYPE, ""),
            (TYPE, "--x-y\r\nContent-Disposition: form-data; name=\"a\""),
            (TYPE, "--x-y\r\n\r\nvalue without an end"),
            (TYPE, "text--x-y--"),
        ] {
            assert!(model(kind, &mut body.as_bytes().to_vec(), None).is_err(), "{body}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(head in ".{0,40}", body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut body = [b"--x-y\r\n".as_slice(), &body].concat();
            let _ = model(TYPE, &mut body, Some("m"));
            let _ = model(&head, &mut body, Some("m"));
        }
    }
}

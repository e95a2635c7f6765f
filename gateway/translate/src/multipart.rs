//! What a form says of its parts: <https://www.rfc-editor.org/rfc/rfc7578>. Who reads the parts is told by it: [`works`](crate::works) all
//! at once, [`files`](crate::files) as they come, [`passthrough`](crate::passthrough) the one that names a model.

use std::borrow::Cow;

/// What stands between two parts, as a content type names it: 1 to 70 characters.
/// <https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1>
pub(crate) fn boundary(content_type: &str) -> Option<Cow<'_, str>> {
    parameter(content_type, "boundary").filter(|name| (1..=70).contains(&name.len()))
}

/// The lines before the content of a part.
pub(crate) struct Head<'h>(pub(crate) &'h str);

impl<'h> Head<'h> {
    /// The field that it is.
    pub(crate) fn name(&self) -> Option<Cow<'h, str>> {
        parameter(self.field("content-disposition")?, "name")
    }

    /// The name of the file that it is, if it is one, as the client says it.
    pub(crate) fn filename(&self) -> Option<Cow<'h, str>> {
        parameter(self.field("content-disposition")?, "filename")
    }

    /// What its content is, if it says so.
    pub(crate) fn media_type(&self) -> Option<&'h str> {
        self.field("content-type").filter(|kind| !kind.is_empty())
    }

    fn field(&self, wanted: &str) -> Option<&'h str> {
        let mut fields = self.0.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
    }
}

/// A parameter of a field, quoted or not.
fn parameter<'f>(field: &'f str, wanted: &str) -> Option<Cow<'f, str>> {
    let mut rest = field.split_once(';')?.1;
    loop {
        let (name, value) = rest.split_once('=')?;
        let (value, after) = match value.trim_start().strip_prefix('"') {
            Some(quoted) => {
                let end =
                    quoted.char_indices().find(|(at, c)| *c == '"' && !quoted[..*at].ends_with('\\'))?.0;
                (quoted[..end].replace("\\\"", "\"").into(), &quoted[end + 1..])
            }
            None => {
                let (value, after) = value.split_once(';').unwrap_or((value, ""));
                (Cow::Borrowed(value.trim()), after)
            }
        };
        // What stands before it has no value.
        let name = name.rsplit(';').next().unwrap_or_default();
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_boundary_is_named_quoted_or_not() {
        for (content_type, name) in [
            ("multipart/form-data; boundary=x-y", Some("x-y")),
            ("multipart/form-data; charset=utf-8; Boundary=\"x; y\"", Some("x; y")),
            ("multipart/form-data;boundary= x-y ; charset=utf-8", Some("x-y")),
            ("multipart/form-data", None),
            ("multipart/form-data; boundary=", None),
            ("multipart/form-data; boundary=\"x", None),
        ] {
            assert_eq!(boundary(content_type).as_deref(), name, "{content_type}");
        }
        let long = |length| format!("multipart/form-data; boundary={}", "x".repeat(length));
        assert_eq!((boundary(&long(70)).is_some(), boundary(&long(71))), (true, None));
    }

    #[test]
    fn a_head_tells_the_field_and_the_file() {
        for (disposition, name, filename) in [
            ("form-data; name=\"file\"; FileName=\"a/b.pdf\"", Some("file"), Some("a/b.pdf")),
            ("form-data; name=file; filename=b.pdf; x=y", Some("file"), Some("b.pdf")),
            (
                "form-data; filename=\"a; name=purpose; b\"; name=file",
                Some("file"),
                Some("a; name=purpose; b"),
            ),
            ("form-data; filename=\"a \\\"b\\\".pdf\"; name=\"file\"", Some("file"), Some("a \"b\".pdf")),
            ("form-data; x; name=\"file\"", Some("file"), None),
            ("form-data; name*=utf-8''file", None, None),
            ("form-data", None, None),
        ] {
            let head =
                format!("x: y\r\ncontent-DISPOSITION : {disposition}\r\nContent-Type: application/pdf");
            let head = Head(&head);
            let told = (head.name(), head.filename(), head.media_type());
            assert_eq!(
                (told.0.as_deref(), told.1.as_deref(), told.2),
                (name, filename, Some("application/pdf"))
            );
        }
        let empty = Head("content-type:\r\n");
        assert_eq!((empty.name(), empty.filename(), empty.media_type()), (None, None, None));
    }

    proptest! {
        #[test]
        fn no_text_panics(head in ".{0,40}|content-disposition: .{0,40}|(a; |\"|\\\\|name=|é){0,9}") {
            let head = Head(&head);
            let _ = (head.name(), head.filename(), head.media_type(), boundary(head.0));
        }
    }
}

//! The form that [uploads a file](https://platform.openai.com/docs/api-reference/files/create), read as it comes: fields are kept, the
//! file's content is handed on. <https://www.rfc-editor.org/rfc/rfc7578>

use memchr::memmem::{self, Finder};

use super::Purpose;
use crate::Error;
use crate::multipart::{Head, boundary};

/// Bytes of a part's head, and of a field's value.
const HEAD: usize = 8 << 10;
const VALUE: usize = 64 << 10;
/// Parts of a form.
const PARTS: usize = 64;
const HEAD_END: &[u8] = b"\r\n\r\n";
/// The field that holds the file, and what a file without a name is called.
const FILE: &str = "file";
/// Characters of a file's name.
const LONGEST: usize = 255;
const PURPOSE: &str = "purpose";
/// Begins the names of two fields, which are one member.
const EXPIRES: &str = "expires_after";

/// A form on its way.
pub struct Form {
    /// What stands between two parts, the line's end before it included.
    delimiter: Finder<'static>,
    at: At,
    /// What came and is not decided yet.
    held: Vec<u8>,
    /// Those that began.
    parts: usize,
    fields: Vec<(String, Vec<u8>)>,
    file: Option<File>,
}

#[derive(Clone, Copy, PartialEq)]
enum At {
    /// Before the first part.
    Start,
    /// Behind a delimiter.
    Head,
    /// In the last field.
    Value,
    /// In the file.
    File,
    /// In another part that is called a file: only the first one counts.
    Other,
    /// Behind all parts.
    End,
}

/// What a form says of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name, without folders.
    pub filename: String,
    /// Its media type.
    pub media_type: String,
}

impl Form {
    /// A form of which nothing has come.
    pub fn new(content_type: &str) -> Result<Self, Error> {
        let boundary =
            boundary(content_type).ok_or_else(|| malformed("its content-type names no boundary"))?;
        let delimiter = Finder::new(&format!("\r\n--{boundary}")).into_owned();
        // The first delimiter may stand at the very start.
        let held = b"\r\n".to_vec();
        Ok(Self { delimiter, at: At::Start, held, parts: 0, fields: Vec::new(), file: None })
    }

    /// Takes what came. The file's content goes to `content`.
    pub fn push(&mut self, bytes: &[u8], content: &mut Vec<u8>) -> Result<(), Error> {
        self.held.extend_from_slice(bytes);
        while self.step(content)? {}
        Ok(())
    }

    /// Whether all parts have come.
    pub fn is_over(&self) -> bool {
        self.at == At::End
    }

    /// Nothing more comes.
    pub fn finish(&self) -> Result<(), Error> {
        match self.at {
            At::End => Ok(()),
            At::Start => Err(malformed("its boundary is not in it")),
            _ => Err(malformed("it ends in the middle of a part")),
        }
    }

    /// What is said of the file, once it has begun.
    pub fn file(&self) -> Option<&File> {
        self.file.as_ref()
    }

    /// What the file is for, once the form has said it.
    pub fn purpose(&self) -> Result<Option<Purpose>, Error> {
        let found = self.fields.iter().find(|(name, _)| name == PURPOSE);
        // A field that has not come to its end says nothing yet.
        let is_whole = self.at != At::Value || self.fields.last().is_none_or(|(name, _)| name != PURPOSE);
        let value = found.filter(|_| is_whole).map(|(_, value)| String::from_utf8_lossy(value));
        value.map(|word| Purpose::read(&word)).transpose()
    }

    /// The fields that no provider is told, by their names.
    pub fn others(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for (name, _) in &self.fields {
            let name = if name.starts_with(EXPIRES) { EXPIRES } else { name };
            if name != PURPOSE && !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        names
    }

    /// Goes one part further; says whether there may be more to do.
    fn step(&mut self, content: &mut Vec<u8>) -> Result<bool, Error> {
        match self.at {
            At::End => {
                self.held.clear();
                Ok(false)
            }
            At::Head => self.head(),
            _ => self.content(content),
        }
    }

    /// Reads on to the next delimiter.
    fn content(&mut self, content: &mut Vec<u8>) -> Result<bool, Error> {
        let found = self.delimiter.find(&self.held);
        // What may be the start of a delimiter waits for its rest.
        let last = self.held.len().saturating_sub(self.delimiter.needle().len() - 1);
        let end = found.unwrap_or(last);
        let part = &self.held[..end];
        match self.at {
            At::File => content.extend_from_slice(part),
            At::Value => {
                let value = self.fields.last_mut().map(|(_, value)| value);
                if let Some(value) = value {
                    value.extend_from_slice(part);
                    if value.len() > VALUE {
                        return Err(malformed("a field of it is too long"));
                    }
                }
            }
            _ => {}
        }
        let Some(at) = found else {
            self.held.drain(..end);
            return Ok(false);
        };
        self.held.drain(..at + self.delimiter.needle().len());
        self.at = At::Head;
        Ok(true)
    }

    /// Reads what stands behind a delimiter: the end, or the head of a part.
    fn head(&mut self) -> Result<bool, Error> {
        if self.held.starts_with(b"--") {
            self.at = At::End;
            return Ok(true);
        }
        let end = memmem::find(&self.held, HEAD_END);
        if end.unwrap_or(self.held.len()) > HEAD {
            return Err(malformed("a part's head is too long"));
        }
        let Some(end) = end else { return Ok(false) };
        let head = String::from_utf8_lossy(&self.held[..end]).into_owned();
        self.held.drain(..end + HEAD_END.len());
        let head = Head(&head);
        let name = head.name().unwrap_or_default();
        self.parts += 1;
        if self.parts > PARTS {
            return Err(malformed("it has too many parts"));
        }
        self.at = match (&*name, &self.file) {
            (FILE, Some(_)) => At::Other,
            (FILE, None) => {
                self.file = Some(File::of(&head));
                At::File
            }
            _ => {
                self.fields.push((name.into_owned(), Vec::new()));
                At::Value
            }
        };
        Ok(true)
    }
}

impl File {
    fn of(head: &Head<'_>) -> Self {
        let filename = head.filename().unwrap_or_default();
        let filename = filename.rsplit(['/', '\\']).next().unwrap_or_default().trim();
        let filename: String = filename.chars().filter(|char| !char.is_control()).take(LONGEST).collect();
        Self {
            filename: if filename.is_empty() { FILE.to_owned() } else { filename },
            media_type: head.media_type().unwrap_or("application/octet-stream").to_owned(),
        }
    }
}

fn malformed(why: &str) -> Error {
    Error::request("body", format!("the form cannot be read: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TYPE: &str = "multipart/form-data; boundary=x-y";
    const HEAD_OF_FILE: &str = "Content-Disposition: form-data; name=\"file\"; filename=\"a/b.pdf\"\r\nContent-Type: application/pdf";

    fn form(parts: &[(&str, &str)]) -> String {
        let part = |(head, value): &(&str, &str)| {
            let field = || format!("content-disposition: form-data; name=\"{head}\"");
            let head = if head.contains(':') { (*head).to_owned() } else { field() };
            format!("--x-y\r\n{head}\r\n\r\n{value}\r\n")
        };
        parts.iter().map(part).collect::<String>() + "--x-y--\r\n"
    }

    type Read = (Option<Purpose>, Vec<String>, Option<File>, Vec<u8>);

    fn read(bytes: &[u8], size: usize) -> Result<Read, Error> {
        let (mut form, mut content) = (Form::new(TYPE)?, Vec::new());
        for bytes in bytes.chunks(size) {
            form.push(bytes, &mut content)?;
        }
        form.finish()?;
        Ok((form.purpose()?, form.others(), form.file().cloned(), content))
    }

    #[test]
    fn a_form_is_read_in_whatever_order() {
        let content = "%PDF\r\n--x-\r\n\r\n--x-yz is none, but for its start: \r\n--x";
        let content = content.replace("--x-yz", "--x_yz");
        let file = File { filename: "b.pdf".to_owned(), media_type: "application/pdf".to_owned() };
        let expected = (
            Some(Purpose::UserData),
            vec!["expires_after".to_owned()],
            Some(file),
            content.clone().into_bytes(),
        );
        let fields = [
            ("purpose", "user_data"),
            ("expires_after[anchor]", "created_at"),
            ("expires_after[seconds]", "1"),
        ];
        let file = [(HEAD_OF_FILE, &*content)];
        for parts in [[&fields[..], &file].concat(), [&file[..], &fields].concat()] {
            let form = form(&parts);
            for size in [1, 2, 7, form.len()] {
                assert_eq!(read(form.as_bytes(), size), Ok(expected.clone()), "{size}");
            }
        }
    }

    #[test]
    fn what_is_not_said_is_not_known() {
        let empty = (None, Vec::new(), None, Vec::new());
        assert_eq!(read(form(&[]).as_bytes(), 3), Ok(empty));
        let (_, _, file, content) = read(form(&[("file", "")]).as_bytes(), 3).unwrap();
        let media_type = "application/octet-stream".to_owned();
        assert_eq!((file, &content[..]), (Some(File { filename: "file".to_owned(), media_type }), &b""[..]));
        let mut half = Form::new(TYPE).unwrap();
        half.push(b"--x-y\r\ncontent-disposition: form-data; name=purpose\r\n\r\nassist", &mut Vec::new())
            .unwrap();
        assert_eq!(half.purpose(), Ok(None), "it may still go on");
    }

    #[test]
    fn a_file_has_a_name_without_folders() {
        for (said, filename) in
            [("a/b.pdf", "b.pdf"), ("c:\\b.pdf", "b.pdf"), ("a/", "file"), ("", "file"), ("a\u{1}b", "ab")]
        {
            let head = format!("content-disposition: form-data; name=file; filename=\"{said}\"");
            assert_eq!(File::of(&Head(&head)).filename, filename);
        }
        let long = format!("content-disposition: form-data; filename={}", "é".repeat(300));
        assert_eq!(File::of(&Head(&long)).filename, "é".repeat(255));
    }

    #[test]
    fn the_first_file_counts() {
        let (_, _, file, content) = read(form(&[(HEAD_OF_FILE, "1"), ("file", "2")]).as_bytes(), 5).unwrap();
        assert_eq!((file.unwrap().filename, content), ("b.pdf".to_owned(), b"1".to_vec()));
    }

    #[test]
    fn a_broken_form_is_refused() {
        assert!(Form::new("multipart/form-data").is_err());
        let long = "x".repeat(VALUE + 1);
        let many = |name| form(&vec![(name, "b"); PARTS + 1]);
        for broken in [
            "",
            "no form",
            "--x-y\r\nContent-Disposition: form-data; name=\"a\"",
            "--x-y\r\n\r\nvalue without an end",
            "text--x-y--",
            &*form(&[("a", &long)]),
            &*form(&[("purpose", "nothing")]),
            &*form(&[(&format!("x: {long}"), "")]),
            &*many("a"),
            &*many("file"),
        ] {
            let shown = broken.get(..40).unwrap_or(broken);
            for size in [1, 4096, 1 << 20] {
                assert!(read(broken.as_bytes(), size).is_err(), "{shown} {size}");
            }
        }
    }

    proptest! {
        #[test]
        fn how_bytes_are_cut_changes_nothing(
            pieces in proptest::collection::vec(
                prop_oneof![
                    Just("--x-y"), Just("\r\n"), Just("--"), Just("\r"), Just("a: b"), Just("\r\n--x-y\r\n"),
                    Just("content-disposition: form-data; name=file\r\n\r\n"),
                    Just("content-disposition: form-data; name=purpose\r\n\r\nvision"), Just("x"),
                ],
                0..12,
            ),
            size in 1usize..20,
        ) {
            let bytes = pieces.concat();
            prop_assert_eq!(read(bytes.as_bytes(), size), read(bytes.as_bytes(), usize::MAX));
        }
    }
}

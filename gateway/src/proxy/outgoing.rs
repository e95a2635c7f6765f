//! A request to an upstream as bytes.

use std::borrow::Cow;

use http::{HeaderName, HeaderValue};

use crate::fault::Fault;

/// A request to an upstream, before it becomes bytes.
pub(super) struct Outgoing<'a> {
    pub(super) method: &'a str,
    /// What stands before the path, and is not signed with it.
    pub(super) prefix: &'a str,
    pub(super) path: &'a str,
    pub(super) query: String,
    pub(super) headers: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    pub(super) body: &'a Payload<'a>,
}

/// What a request brings.
pub(super) enum Payload<'a> {
    /// Nothing, not even a length.
    None,
    /// All of it is here.
    Whole(&'a mut Vec<u8>),
    /// It follows in pieces; its length, if that is known.
    Pieces(Option<u64>),
}

impl Outgoing<'_> {
    /// The bytes that go over the wire, head and body in one where all is here: they are written at once.
    pub(super) fn into_bytes(self) -> Result<Vec<u8>, Fault> {
        let Self { method, prefix, path, query, headers, body } = self;
        let whole: &[u8] = if let Payload::Whole(body) = body { body } else { &[] };
        if !path.bytes().chain(query.bytes()).all(|byte| byte.is_ascii_graphic()) {
            return Err(Fault::Unprintable("path"));
        }
        let mut bytes = Vec::with_capacity(1024 + whole.len());
        let mut add = |part: &[u8]| bytes.extend_from_slice(part);
        add(method.as_bytes());
        add(b" ");
        add(prefix.as_bytes());
        add(path.as_bytes());
        if !query.is_empty() {
            add(b"?");
            add(query.as_bytes());
        }
        add(b" HTTP/1.1\r\n");
        for (name, value) in &headers {
            let valid =
                HeaderName::from_bytes(name.as_bytes()).is_ok() && HeaderValue::from_str(value).is_ok();
            if !valid {
                return Err(Fault::Unprintable("header"));
            }
            for part in [name.as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                add(part);
            }
        }
        match body {
            Payload::None => (),
            Payload::Whole(_) => add(format!("content-length: {}\r\n", whole.len()).as_bytes()),
            Payload::Pieces(Some(length)) => add(format!("content-length: {length}\r\n").as_bytes()),
            Payload::Pieces(None) => add(b"transfer-encoding: chunked\r\n"),
        }
        add(b"\r\n");
        add(whole);
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_writes_a_line_of_their_own() {
        let mut body = Vec::new();
        let body = Payload::Whole(&mut body);
        let bytes = |path, value: &'static str| {
            Outgoing {
                method: "POST",
                prefix: "",
                path,
                query: String::new(),
                headers: vec![("x".into(), value.into())],
                body: &body,
            }
            .into_bytes()
        };
        assert!(bytes("/a", "b").is_ok());
        assert!(bytes("/a", "b\r\nc: d").is_err());
        assert!(bytes("/a b", "c").is_err());
        assert!(bytes("/a\r\n", "c").is_err());
    }
}

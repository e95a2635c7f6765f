//! The head of an upstream's reply: <https://www.rfc-editor.org/rfc/rfc9112#section-2.1>.

use std::ops::Range;

use bytes::{Buf, BytesMut};

use super::{Chunked, Framing};
use crate::fault::Fault;

/// Header fields of one reply: about four times what providers send.
const FIELDS: usize = 128;

/// Status and header fields, as they stood on the wire.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: u16,
    bytes: Vec<u8>,
    fields: Vec<(Range<usize>, Range<usize>)>,
    http_11: bool,
}

impl Head {
    /// Reads a head off the start of `bytes`, and leaves in `bytes` what came behind it. `None`: not all of it is there.
    pub(crate) fn parse(bytes: &mut BytesMut) -> Result<Option<Self>, Fault> {
        let mut fields = [httparse::EMPTY_HEADER; FIELDS];
        let mut reply = httparse::Response::new(&mut fields);
        let length = match reply.parse(bytes) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => return Err(Fault::ReplyTooLong("head")),
            Err(_) => return Err(Fault::Framing("its reply is not HTTP/1")),
        };
        let start = bytes.as_ptr() as usize;
        let range = |part: &[u8]| {
            let from = part.as_ptr() as usize - start;
            from..from + part.len()
        };
        let fields =
            reply.headers.iter().map(|field| (range(field.name.as_bytes()), range(field.value))).collect();
        let (status, http_11) = (reply.code.unwrap_or(0), reply.version == Some(1));
        // A copy, for what came behind it may be long, and would be kept along with it.
        let head = bytes[..length].to_vec();
        bytes.advance(length);
        Ok(Some(Self { status, bytes: head, fields, http_11 }))
    }

    /// Every field, in order; names as the upstream wrote them.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.fields.iter().map(|(name, value)| (&self.bytes[name.clone()], &self.bytes[value.clone()]))
    }

    /// Every value of a field; `name` in any case.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let name = name.as_bytes();
        self.fields().filter(move |(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The first value of a field, if it is text.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.values(name).next().and_then(|value| std::str::from_utf8(value).ok()).map(str::trim)
    }

    /// The media type, lower case and without parameters; empty where the upstream named none.
    pub(crate) fn media_type(&self) -> String {
        let value = self.value("content-type").unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// A note ahead of the reply proper, such as `100 Continue` or `103 Early Hints`.
    pub(crate) fn is_interim(&self) -> bool {
        (100..200).contains(&self.status) && self.status != 101
    }

    /// The rule by which the body ends.
    pub(crate) fn framing(&self) -> Result<Framing, Fault> {
        if matches!(self.status, 101 | 204 | 304) {
            return Ok(Framing::Length(0));
        }
        let mut codings = self.values("transfer-encoding").peekable();
        if codings.peek().is_some() {
            let plain = codings.all(|coding| coding.eq_ignore_ascii_case(b"chunked")) && self.http_11;
            let once = self.values("transfer-encoding").count() == 1;
            return if plain && once {
                Ok(Framing::Chunked(Chunked::new()))
            } else {
                Err(Fault::Framing("its transfer coding is not `chunked`"))
            };
        }
        let mut length = None;
        for value in self.values("content-length") {
            let value = Self::length(value).ok_or(Fault::Framing("its content length is not a number"))?;
            if length.replace(value).is_some_and(|other| other != value) {
                return Err(Fault::Framing("it states two content lengths"));
            }
        }
        Ok(length.map_or(Framing::Close, Framing::Length))
    }

    /// Whether the connection may carry another call after this reply.
    pub(crate) fn keeps_alive(&self) -> bool {
        let says = |option: &[u8]| {
            let mut options = self.values("connection").flat_map(|value| value.split(|byte| *byte == b','));
            options.any(|given| given.trim_ascii().eq_ignore_ascii_case(option))
        };
        // Two lengths in one head are how requests are smuggled: such a connection is not trusted again.
        let plain = self.values("transfer-encoding").next().is_none()
            || self.values("content-length").next().is_none();
        plain && self.status != 101 && !says(b"close") && (self.http_11 || says(b"keep-alive"))
    }

    fn length(value: &[u8]) -> Option<u64> {
        let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
        std::str::from_utf8(value).ok().filter(|_| digits)?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Head {
        let text = text.replace('\n', "\r\n");
        Head::parse(&mut text.as_bytes().into()).unwrap().unwrap()
    }

    #[test]
    fn what_comes_behind_the_head_is_left() {
        let wire = b"HTTP/1.1 200 OK\r\ncontent-type: Text/Event-Stream; charset=utf-8\r\n\r\ndata: 1";
        for cut in 0..wire.len() - 7 {
            assert!(Head::parse(&mut wire[..cut].into()).unwrap().is_none(), "{cut}");
        }
        let mut bytes = BytesMut::from(&wire[..]);
        let head = Head::parse(&mut bytes).unwrap().unwrap();
        assert_eq!(
            (head.status, head.media_type().as_str(), &bytes[..]),
            (200, "text/event-stream", &b"data: 1"[..])
        );
    }

    #[test]
    fn a_body_ends_by_the_first_rule_that_fits() {
        let framing = |fields: &str| head(&format!("HTTP/1.1 200 OK\n{fields}\n")).framing();
        assert!(matches!(framing(""), Ok(Framing::Close)));
        assert!(matches!(framing("content-length: 12\n"), Ok(Framing::Length(12))));
        assert!(matches!(framing("Content-Length: 12\ncontent-length: 12\n"), Ok(Framing::Length(12))));
        assert!(matches!(framing("Transfer-Encoding: Chunked\n"), Ok(Framing::Chunked(_))));
        assert!(matches!(
            framing("transfer-encoding: chunked\ncontent-length: 3\n"),
            Ok(Framing::Chunked(_))
        ));
        assert!(matches!(
            head("HTTP/1.1 204 No Content\ncontent-length: 9\n\n").framing(),
            Ok(Framing::Length(0))
        ));
        for bad in [
            "content-length: 1\ncontent-length: 2\n",
            "content-length: +1\n",
            "content-length: \n",
            "transfer-encoding: gzip, chunked\n",
        ] {
            assert!(framing(bad).is_err(), "{bad}");
        }
        assert!(head("HTTP/1.0 200 OK\ntransfer-encoding: chunked\n\n").framing().is_err());
    }

    #[test]
    fn a_connection_is_reused_only_where_both_ends_agree() {
        let keeps = |text: &str| head(text).keeps_alive();
        assert!(keeps("HTTP/1.1 200 OK\n\n"));
        assert!(!keeps("HTTP/1.1 200 OK\nConnection: x, Close\n\n"));
        assert!(!keeps("HTTP/1.0 200 OK\n\n"));
        assert!(keeps("HTTP/1.0 200 OK\nconnection: keep-alive\n\n"));
        assert!(!keeps("HTTP/1.1 200 OK\ntransfer-encoding: chunked\ncontent-length: 3\n\n"));
    }

    #[test]
    fn garbage_is_not_a_head() {
        assert!(Head::parse(&mut b"<html>no</html>\r\n\r\n"[..].into()).is_err());
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(FIELDS + 1));
        assert!(matches!(Head::parse(&mut many.as_bytes().into()), Err(Fault::ReplyTooLong(_))));
    }
}

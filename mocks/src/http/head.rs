//! The head of an HTTP/1.1 request.

use super::h1::Manner;
use crate::limits::{HEAD_BYTES, HEAD_FIELDS};
use crate::request::Request;

/// A request without its body, and what its head says about the body and the connection.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) request: Request,
    /// What a target that is no path names: whom a proxy shall reach.
    pub(super) authority: Option<String>,
    /// Bytes of the head.
    pub(super) length: usize,
    pub(super) body: Framing,
    pub(super) manner: Manner,
    pub(super) expects_continue: bool,
}

/// How the body's end is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    Length(usize),
    Chunked,
}

/// Reads a head from the front of the bytes; nothing while it is incomplete.
///
/// # Errors
/// No HTTP/1.1.
pub(super) fn parse(bytes: &[u8]) -> Result<Option<Head>, &'static str> {
    let mut headers = [httparse::EMPTY_HEADER; HEAD_FIELDS];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) if bytes.len() < HEAD_BYTES => return Ok(None),
        Ok(httparse::Status::Partial) => return Err("the head is too long"),
        Err(_) => return Err("no HTTP/1.1 request"),
    };
    let (authority, target) = split(parsed.path.unwrap_or("/"));
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query.to_owned())),
        None => (target, None),
    };
    let request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: path.to_owned(),
        query,
        headers: parsed
            .headers
            .iter()
            .map(|header| (header.name.to_ascii_lowercase(), text(header.value)))
            .collect(),
        ..Request::default()
    };
    let says = |name: &str, word: &str| {
        request
            .header(name)
            .is_some_and(|value| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(word)))
    };
    let is_new = parsed.version == Some(1);
    let manner = Manner {
        reads_chunks: is_new,
        keeps_alive: if is_new { !says("connection", "close") } else { says("connection", "keep-alive") },
    };
    let expects_continue = says("expect", "100-continue");
    let body = if says("transfer-encoding", "chunked") { Framing::Chunked } else { announced(&request)? };
    Ok(Some(Head { request, authority, length, body, manner, expects_continue }))
}

fn announced(request: &Request) -> Result<Framing, &'static str> {
    match request.header("content-length") {
        None => Ok(Framing::Length(0)),
        Some(length) => length.trim().parse().map(Framing::Length).map_err(|_| "content-length is no number"),
    }
}

/// A target's authority, where it has one, and its path. In [authority form](https://www.rfc-editor.org/rfc/rfc9112#section-3.2.3)
/// it is both.
fn split(target: &str) -> (Option<String>, &str) {
    if target.starts_with('/') {
        return (None, target);
    }
    let Some((_, rest)) = target.split_once("://") else { return (Some(target.to_owned()), target) };
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    (Some(host.to_owned()), if path.starts_with('/') { path } else { "/" })
}

fn text(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => value.iter().copied().map(char::from).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn target(line: &str) -> (Option<String>, String, Option<String>) {
        let head = parse(format!("{line} HTTP/1.1\r\n\r\n").as_bytes()).unwrap().unwrap();
        (head.authority, head.request.path, head.request.query)
    }

    #[test]
    fn every_form_of_target_is_read() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(target("GET /a?b"), (None, "/a".into(), some("b")));
        assert_eq!(target("GET http://h:1/a?b=/c"), (some("h:1"), "/a".into(), some("b=/c")));
        assert_eq!(target("GET http://user:word@h"), (some("h"), "/".into(), None));
        assert_eq!(target("GET http://h?b"), (some("h"), "/".into(), None));
        assert_eq!(target("CONNECT [::1]:443"), (some("[::1]:443"), "[::1]:443".into(), None));
        assert_eq!(target("OPTIONS *"), (some("*"), "*".into(), None));
        assert_eq!(target("GET /http://h/a"), (None, "/http://h/a".into(), None));
    }

    proptest! {
        #[test]
        fn no_head_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn no_target_panics(method in "CONNECT|GET|POST", target in "(https?://)?[!-~]{0,80}", field in "\\PC{0,40}") {
            let _ = parse(format!("{method} {target} HTTP/1.1\r\nhost: {field}\r\n\r\n").as_bytes());
        }
    }
}

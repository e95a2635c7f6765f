//! The head of an HTTP/1.1 request.

use super::h1::Manner;
use crate::request::Request;

/// A request without its body, and what its head says about the body and the connection.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) request: Request,
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

/// Longer heads are refused.
pub(super) const LIMIT: usize = 64 << 10;
const HEADERS: usize = 128;

/// Reads a head from the front of the bytes; nothing while it is incomplete.
///
/// # Errors
/// No HTTP/1.1.
pub(super) fn parse(bytes: &[u8]) -> Result<Option<Head>, &'static str> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) if bytes.len() < LIMIT => return Ok(None),
        Ok(httparse::Status::Partial) => return Err("the head is too long"),
        Err(_) => return Err("no HTTP/1.1 request"),
    };
    let target = parsed.path.unwrap_or("/");
    let (path, query) = match origin(target).split_once('?') {
        Some((path, query)) => (path, Some(query.to_owned())),
        None => (origin(target), None),
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
    Ok(Some(Head { request, length, body, manner, expects_continue }))
}

fn announced(request: &Request) -> Result<Framing, &'static str> {
    match request.header("content-length") {
        None => Ok(Framing::Length(0)),
        Some(length) => length.trim().parse().map(Framing::Length).map_err(|_| "content-length is no number"),
    }
}

/// A target in absolute form, as proxies get it, without its scheme and host.
fn origin(target: &str) -> &str {
    match target.split_once("://") {
        Some((_, rest)) if !target.starts_with('/') => rest.find('/').map_or("/", |at| &rest[at..]),
        _ => target,
    }
}

fn text(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => value.iter().copied().map(char::from).collect(),
    }
}

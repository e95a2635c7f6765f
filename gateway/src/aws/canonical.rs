//! The canonical request: the one form of a request that both ends sign.

use std::borrow::Cow;
use std::fmt::Write;

use crate::percent;

/// A request as it goes over the wire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    /// As sent: percent-encoded.
    pub(crate) path: &'a str,
    /// As sent, without the `?`.
    pub(crate) query: &'a str,
    /// Those to be signed; `host` must be among them.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) body: &'a [u8],
}

/// Canonical request, and the names of its headers as they are listed in the signature. `as_sent`: its path is not encoded again.
pub(super) fn canonical(request: &Request<'_>, body_hash: &str, as_sent: bool) -> (String, String) {
    let headers = headers(request.headers);
    let names = headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";");
    let path = if as_sent { request.path.to_owned() } else { path(request.path) };
    let mut text = format!("{}\n{path}\n{}\n", request.method, query(request.query));
    for (name, value) in &headers {
        let _ = writeln!(text, "{name}:{value}");
    }
    let _ = write!(text, "\n{names}\n{body_hash}");
    (text, names)
}

/// Dot segments resolved, then encoded once more: `%3A` on the wire is `%253A` here. S3 alone does otherwise.
fn path(path: &str) -> String {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => (),
            ".." => drop(segments.pop()),
            other => segments.push(other),
        }
    }
    let mut text = String::with_capacity(path.len() + 16);
    for segment in &segments {
        text.push('/');
        text.push_str(&percent::encode(segment));
    }
    if text.is_empty() || ["/", "/.", "/.."].iter().any(|end| path.ends_with(end)) {
        text.push('/');
    }
    text
}

/// Decoded, encoded anew in AWS's own way, and sorted.
fn query(query: &str) -> String {
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (recode(name), recode(value))
        })
        .collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn recode(part: &str) -> String {
    percent::encode(&percent::decode(part))
}

/// Names in lower case and sorted, values trimmed and their spaces collapsed, repeated ones joined.
fn headers(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        let (name, value) = (name.to_ascii_lowercase(), collapse(value));
        match fields.iter_mut().find(|(other, _)| *other == name) {
            Some((_, values)) => {
                values.push(',');
                values.push_str(&value);
            }
            None => fields.push((name, value.into_owned())),
        }
    }
    fields.sort();
    fields
}

fn collapse(value: &str) -> Cow<'_, str> {
    let value = value.trim_matches(' ');
    if !value.contains("  ") {
        return value.into();
    }
    value.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ").into()
}

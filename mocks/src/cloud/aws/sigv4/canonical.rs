//! A request in the [canonical form](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html)
//! that is signed, made from what lay on the wire.

use std::fmt::Write as _;

use super::{hex, sha256};
use crate::request::Request;

/// Method, path, query, the signed headers with their values, their names, and the hash of the body; one line each.
///
/// The names are in lower case and sorted. The hash is always the body's own: `x-amz-content-sha256` counts as any header. But
/// [S3](https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html) takes the path as it was sent, and that header's word.
pub(super) fn request(request: &Request, signed_headers: &[String], port: Port, is_s3: bool) -> String {
    let path = if is_s3 { request.full_path() } else { path(&request.full_path()) };
    let query = query(request.query.as_deref().unwrap_or_default());
    let mut out = format!("{}\n{path}\n{query}\n", request.method);
    for name in signed_headers {
        let values = request.headers.iter().filter(|(known, _)| known == name);
        let values = values.map(|(_, value)| if name == "host" { port.of(value) } else { value });
        let values: Vec<String> = values.map(squeeze).collect();
        let _ = writeln!(out, "{name}:{}", values.join(","));
    }
    let told = request.header("x-amz-content-sha256").filter(|_| is_s3).map(str::to_owned);
    let hash = told.unwrap_or_else(|| hex(&sha256(&request.body)));
    let _ = write!(out, "\n{}\n{hash}", signed_headers.join(";"));
    out
}

/// What becomes of the port behind the host's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Port {
    /// It is signed, where there is one.
    Signed,
    /// It is not: there is none at AWS's own addresses, so some clients never look for one.
    Unsigned,
}

impl Port {
    fn of(self, host: &str) -> &str {
        match host.rsplit_once(':') {
            Some((name, port)) if self == Self::Unsigned && port.parse::<u16>().is_ok() => name,
            _ => host,
        }
    }
}

/// The path as sent, without empty and dot segments, and encoded once more: a `%3A` becomes `%253A`, a `:` becomes `%3A`.
fn path(sent: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in sent.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            named => kept.push(named),
        }
    }
    let mut out = String::with_capacity(sent.len() + 16);
    for segment in &kept {
        out.push('/');
        encode(segment.as_bytes(), &mut out);
    }
    let ends_open = ["/", "/.", "/.."].iter().any(|end| sent.ends_with(end));
    if kept.is_empty() || ends_open {
        out.push('/');
    }
    out
}

/// The parameters, decoded, encoded and sorted.
fn query(sent: &str) -> String {
    let pairs = sent.split('&').filter(|pair| !pair.is_empty());
    let mut pairs: Vec<(String, String)> = pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (recode(name), recode(value)))
        .collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// A part of a query in the one way of writing it. Broken escapes are taken as they stand.
fn recode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let digits = bytes.get(at + 1..at + 3).filter(|_| *byte == b'%');
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(escaped) => {
                decoded.push(escaped);
                at += 3;
            }
            None => {
                decoded.push(if *byte == b'+' { b' ' } else { *byte });
                at += 1;
            }
        }
    }
    let mut out = String::with_capacity(text.len());
    encode(&decoded, &mut out);
    out
}

/// Percent-encodes everything but the unreserved characters of [RFC 3986](https://www.rfc-editor.org/rfc/rfc3986#section-2.3).
fn encode(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(*byte));
            }
            other => {
                let _ = write!(out, "%{other:02X}");
            }
        }
    }
}

/// A header's value without blanks at its ends, and with single ones inside.
fn squeeze(value: &str) -> String {
    value.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

//! A reply byte for byte, as it was recorded or written by hand: for what neutral terms have no words for.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::How;

/// Status, headers and bytes of a reply, instead of what the provider's mock would make of neutral terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    /// HTTP status; 200 unless said otherwise.
    #[serde(default = "ok")]
    pub status: u16,
    /// All headers but those that are HTTP's own framing. A `content-length` is announced as it says; without one, a body
    /// in pieces goes out in chunks.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Wait before the status line, in milliseconds.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub latency_ms: u64,
    /// The body as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The body as base64, where it is no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
    /// The body in pieces, each written at its time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pieces: Vec<RawPiece>,
    /// The connection ends before HTTP's own end of the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<How>,
}

/// Bytes that go out at once: one of `text` and `base64`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawPiece {
    /// Milliseconds after the piece before it; of the first one, after the header.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub after_ms: u64,
    /// As text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// As base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
}

impl Raw {
    /// The body's bytes as they are written: each with the wait before it.
    pub(crate) fn writes(&self) -> Vec<(u64, Bytes)> {
        let whole = [(0, bytes(self.text.as_ref(), self.base64.as_ref()))];
        let pieces = self.pieces.iter().map(|piece| (piece.after_ms, piece.bytes()));
        let all = whole.into_iter().filter(|(_, bytes)| !bytes.is_empty()).chain(pieces);
        all.collect()
    }

    /// What is wrong with it, and what to do.
    pub(super) fn flaw(&self) -> Option<String> {
        let forms = [self.text.is_some(), self.base64.is_some(), !self.pieces.is_empty()];
        if forms.into_iter().filter(|is_there| *is_there).count() > 1 {
            return Some(
                "`raw` has more than one of `text`, `base64` and `pieces`: the body is one of them"
                    .to_owned(),
            );
        }
        if !(200..=599).contains(&self.status) {
            return Some(format!("`raw.status` {} is no status of a reply: 200 to 599", self.status));
        }
        if let Some((name, _)) = self.headers.iter().find(|(name, value)| !is_header(name, value)) {
            return Some(format!(
                "`raw.headers` has `{name}`, which is no header of HTTP, or has no value that fits one"
            ));
        }
        let both = self.pieces.iter().position(|piece| piece.text.is_some() == piece.base64.is_some());
        if let Some(number) = both {
            return Some(format!("`raw.pieces[{number}]` needs one of `text` and `base64`"));
        }
        let encoded = self.base64.iter().chain(self.pieces.iter().filter_map(|piece| piece.base64.as_ref()));
        let mut broken = encoded.filter(|text| STANDARD.decode(text).is_err());
        broken.next().map(|_| "`raw` has a `base64` that is none".to_owned())
    }
}

impl RawPiece {
    /// As text where it is one, else as base64.
    #[must_use]
    pub fn new(after_ms: u64, bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self { after_ms, text: Some(text.to_owned()), base64: None },
            Err(_) => Self { after_ms, text: None, base64: Some(STANDARD.encode(bytes)) },
        }
    }

    /// Its bytes; none where the base64 is none.
    #[must_use]
    pub fn bytes(&self) -> Bytes {
        bytes(self.text.as_ref(), self.base64.as_ref())
    }
}

fn bytes(text: Option<&String>, base64: Option<&String>) -> Bytes {
    match (text, base64) {
        (Some(text), _) => Bytes::copy_from_slice(text.as_bytes()),
        (None, Some(base64)) => STANDARD.decode(base64).unwrap_or_default().into(),
        (None, None) => Bytes::new(),
    }
}

fn is_header(name: &str, value: &str) -> bool {
    let framing = ["transfer-encoding", "connection", "keep-alive", "upgrade"];
    http::HeaderName::from_bytes(name.as_bytes()).is_ok()
        && http::HeaderValue::from_str(value).is_ok()
        && !framing.iter().any(|known| name.eq_ignore_ascii_case(known))
        && (!name.eq_ignore_ascii_case("content-length") || value.parse::<usize>().is_ok())
}

fn ok() -> u16 {
    200
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

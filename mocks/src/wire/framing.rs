//! How streams are framed, and which faults each framing knows.

use bytes::Bytes;

use super::sse;

/// How the events of a stream follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events.
    Sse,
    /// One JSON value a line.
    Lines,
    /// The elements of one JSON array.
    Array,
    /// Binary messages.
    Binary,
}

impl Framing {
    /// The event over several lines, where they mean the same.
    pub(super) fn multiline(self, event: Bytes) -> Bytes {
        if self == Self::Sse { sse::multiline(&event) } else { event }
    }

    /// What may stand before an event and means nothing.
    pub(super) fn comment(self) -> Option<&'static [u8]> {
        match self {
            Self::Sse => Some(b": comment\n"),
            Self::Lines => Some(b"\n"),
            Self::Array => Some(b"\n  "),
            Self::Binary => None,
        }
    }

    /// What may be sent to keep the connection open, where the provider has no event for it.
    pub(super) fn ping(self) -> Option<Bytes> {
        (self == Self::Sse).then(|| Bytes::from_static(b": ping\n\n"))
    }

    /// The event with line ends of two characters.
    pub(super) fn crlf(self, event: Bytes) -> Bytes {
        if self == Self::Binary { event } else { sse::crlf(&event) }
    }

    /// The event with a payload that is no JSON, in a frame that is whole.
    pub(crate) fn malformed(self, event: &Bytes) -> Bytes {
        match self {
            Self::Sse => sse::malformed(event),
            Self::Lines => half(event, b"\n"),
            // The element must end where it did, or it would seem to go on.
            Self::Array => half(event, b" nothing }"),
            Self::Binary => event.clone(),
        }
    }
}

/// The first half of a payload, at a whole character, and an end.
fn half(event: &Bytes, end: &[u8]) -> Bytes {
    let text = String::from_utf8_lossy(event);
    let payload = text.trim_end();
    let middle = (payload.len() / 2..=payload.len()).find(|at| payload.is_char_boundary(*at));
    [&payload.as_bytes()[..middle.unwrap_or(0)], end].concat().into()
}

//! What goes wrong on the wire. All members are optional and combine.
//!
//! Events are counted from 1, bytes of the body from 0 as the client reads them: after any compression, before HTTP's own framing.

use serde::{Deserialize, Serialize};

use super::Kind;

/// Faults of one reply.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fault {
    /// Another HTTP status over the same reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Wait before the status line, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<u64>,
    /// Wait between the header and the first byte of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_token_ms: Option<u64>,
    /// Wait between two writes of events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub between_ms: Option<u64>,
    /// End the connection early.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut: Option<Cut>,
    /// Fall silent, with the connection open, until the client goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stall: Option<Stall>,
    /// Break the payload of one event; of a whole reply, the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub malformed: Option<Event>,
    /// Break the checksum of one event. Text streams have none: no effect there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bad_checksum: Option<Event>,
    /// The provider's own error in mid-stream; nothing follows it. A whole reply becomes that error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Interruption>,
    /// So many bytes a write; 1 cuts inside of every character that has more than one byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write_bytes: Option<usize>,
    /// So many events a write, instead of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events_per_write: Option<usize>,
    /// Lines end with CR LF.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub crlf: bool,
    /// A comment line before every event.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub comments: bool,
    /// A `ping` event before every event after the first; a comment where the provider has no pings.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pings: bool,
    /// The data of an event over several `data:` lines.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub multiline: bool,
    /// `content-encoding: gzip`, whether or not the client asked for it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub gzip: bool,
    /// Another content type over the same body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// An HTML page, as proxies in between send it, instead of the body.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub html: bool,
    /// No body at all.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub empty: bool,
    /// These bytes instead of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// Where and how the connection ends. With both places the nearer one counts; with none, not even a status line is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cut {
    /// After so many events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_event: Option<usize>,
    /// After so many bytes of the body; 0: after the header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_byte: Option<usize>,
    /// In which manner.
    pub how: How,
}

/// How a connection ends. Over HTTP/2 both are a reset of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// In order, but before HTTP's own end of the body.
    #[default]
    Fin,
    /// TCP reset.
    Rst,
}

/// Where the reply falls silent; without a place, before the status line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Stall {
    /// After so many events; 0: after the header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_event: Option<usize>,
}

/// One event of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Which one, from 1.
    pub event: usize,
}

/// The provider's own error after so many events.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Interruption {
    /// How many events come before it.
    pub after_event: usize,
    /// Absent: the service's own fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Absent: a sentence fitting the kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

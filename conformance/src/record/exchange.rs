//! One call as it passed: heads, bytes and times, and how it ended.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Serialize, Serializer};

/// One call and what came of it. Everything that is written follows from this.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Exchange {
    /// Counted over the folder.
    pub(crate) number: usize,
    /// When the request came, RFC 3339, UTC.
    pub(crate) recorded: String,
    /// Whose API it is.
    pub(crate) provider: String,
    /// Where it was sent on to.
    pub(crate) upstream: String,
    /// What the client sent.
    pub(crate) request: Request,
    /// What came back; absent where nothing did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reply: Option<Reply>,
    /// How it ended.
    pub(crate) end: End,
    /// Why, where it did not end in order.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) reason: String,
    /// When, in milliseconds since the request was sent on.
    pub(crate) end_ms: f64,
    /// What was taken out: places, never values.
    pub(crate) removed: Vec<String>,
    /// What the bytes say and neutral terms do not, and what else there is to know.
    pub(crate) notes: Vec<String>,
}

/// A request as it came.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Request {
    /// Method.
    pub(crate) method: String,
    /// Path, without the query.
    pub(crate) path: String,
    /// Without the question mark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) query: Option<String>,
    /// In order, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// Body.
    #[serde(serialize_with = "data")]
    pub(crate) body: Vec<u8>,
}

/// A reply as it came.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Reply {
    /// Status.
    pub(crate) status: u16,
    /// In order, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// When the header came, in milliseconds since the request was sent on.
    pub(crate) head_ms: f64,
    /// The body as it was read.
    pub(crate) pieces: Vec<Piece>,
}

/// Bytes that came at once.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Piece {
    /// Milliseconds since the request was sent on.
    pub(crate) ms: f64,
    /// The bytes.
    #[serde(serialize_with = "data")]
    pub(crate) data: Bytes,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum End {
    /// As HTTP says that it should.
    Whole,
    /// The provider closed before HTTP's own end of the body.
    Cut,
    /// The provider reset the connection.
    Reset,
    /// The client went away first.
    ClientLeft,
    /// There was no reply at all.
    NoReply,
    /// The reply was longer than what is kept; the client had all of it.
    TooLong,
}

impl Exchange {
    /// The reply's body.
    pub(super) fn body(&self) -> Vec<u8> {
        let pieces = self.reply.iter().flat_map(|reply| &reply.pieces);
        pieces.flat_map(|piece| piece.data.iter().copied()).collect()
    }
}

impl Request {
    /// The body as JSON; null where it is none.
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

impl Reply {
    /// The first header of this name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What the body is, without parameters.
    pub(super) fn kind(&self) -> &str {
        self.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim()
    }
}

/// A string where the bytes are text, else `{"base64": …}`.
fn data<S: Serializer>(bytes: &impl AsRef<[u8]>, serializer: S) -> Result<S::Ok, S::Error> {
    match std::str::from_utf8(bytes.as_ref()) {
        Ok(text) => serializer.serialize_str(text),
        Err(_) => serializer.collect_map([("base64", STANDARD.encode(bytes.as_ref()))]),
    }
}

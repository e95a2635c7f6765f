//! What was seen on the wire in one play, as it stands in the report.

use serde::{Deserialize, Serialize};

/// Both sides of the wire in one play of a scenario in a cell. Keys are masked, long bodies cut.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// The scenario's id.
    pub scenario: String,
    /// The cell's id.
    pub cell: String,
    /// The text by which the upstream requests of this play were found.
    pub marker: String,
    /// The client's calls, in order; more than one where the scenario calls in parallel.
    pub client: Vec<Exchange>,
    /// What the gateway asked of the provider, in order of arrival.
    pub upstream: Vec<Upstream>,
}

/// A request and what came back, as the client saw it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// What was sent.
    pub request: Message,
    /// What came back; absent when nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Message>,
    /// How it ended.
    pub end: End,
    /// When each piece of the reply came.
    pub timeline: Vec<Moment>,
}

/// How a reply ended, as its reader saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// The body was complete by HTTP's own framing.
    Complete,
    /// The connection closed before the body was complete.
    Truncated,
    /// The connection was reset.
    Reset,
    /// Nothing more came in time.
    TimedOut,
    /// The reader went away, as the scenario says.
    Left,
    /// No connection, or no reply that is HTTP.
    Refused,
}

/// A request or a reply of HTTP.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Message {
    /// Request only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Request only: path and query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Reply only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// In wire order, names in lower case, credentials masked.
    pub headers: Vec<(String, String)>,
    /// The body as text, possibly cut (see `length`).
    pub body: String,
    /// Whether `body` is base64, because the bytes are not UTF-8.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub base64: bool,
    /// Bytes of the whole body.
    pub length: usize,
}

/// One piece of a reply on its way.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Moment {
    /// Since the client's request was sent.
    pub ms: f64,
    /// Bytes of the body that came: the body's next ones.
    #[serde(skip_serializing_if = "is_zero")]
    pub bytes: usize,
    /// The name of the provider's event, or how many moments are left out here.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub event: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it by reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// One request that a provider's mock received, and what it answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Upstream {
    /// `anthropic`.
    pub provider: String,
    /// Since the client's request was sent.
    pub ms: f64,
    /// What the gateway sent.
    pub request: Message,
    /// What the provider's document says against it.
    pub violations: Vec<String>,
    /// `ok`, or why the credentials were refused.
    pub auth: String,
    /// What the provider answered.
    pub reply: Message,
    /// Whether the gateway hung up before the end.
    pub aborted: bool,
    /// When each event of the answer was sent, since the client's request was sent.
    pub timeline: Vec<Moment>,
}

//! One request and its reply.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use specs::Violation;

use super::Body;
use crate::searched::Searched;

/// One exchange. Times are milliseconds since the mocks started ([`crate::Mocks::epoch`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// In order of arrival, from 1.
    pub seq: u64,
    /// Whose mock it was; empty where the path names none.
    pub provider: String,
    /// The operation's id in `specs`; empty where the path names none.
    pub operation: String,
    /// As sent.
    pub method: String,
    /// As sent, prefix included, without the query.
    pub path: String,
    /// Without the question mark.
    pub query: Option<String>,
    /// `HTTP/1.1` or `HTTP/2`.
    pub http: String,
    /// In order, names in lower case; keys are cut to their last four characters.
    pub headers: Vec<(String, String)>,
    /// The request's bytes.
    pub body: Body,
    /// The same as JSON, where it is.
    pub body_json: Option<Value>,
    /// What breaks the provider's own rules.
    pub violations: Vec<Violation>,
    /// Whether the key or signature was good.
    pub auth: Auth,
    /// The version of the API that the request chose, where the provider has several.
    pub variant: Option<String>,
    /// Why it was refused before any provider saw it: a host that nobody here has, a TLS handshake that failed. Then the method
    /// may be `CONNECT`, or `TLS` where there was no request, and the path is the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// When the request's header was complete.
    pub started_ms: f64,
    /// What was sent back so far.
    pub reply: Sent,
    /// The client went away before the end of the reply.
    pub aborted: bool,
    /// When the reply was sent, or given up; absent while it is under way.
    pub finished_ms: Option<f64>,
}

impl Entry {
    /// Whether the request says this text: however its JSON is escaped, and also in tokens.
    #[must_use]
    pub fn says(&self, text: &str) -> bool {
        let raw = self.body.text().unwrap_or_default();
        Searched::new(raw.as_bytes(), || self.body_json.as_ref().map(Cow::Borrowed)).contains(text)
    }
}

/// Whether the key or signature was good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// It was.
    Ok,
    /// Not looked at: the path asks for none, or the request failed before.
    None,
    /// It was not.
    Refused {
        /// What was wrong.
        reason: String,
        /// For signatures: the canonical request that the mock expected to be signed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        canonical_request: Option<String>,
    },
}

/// A reply as it was sent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Sent {
    /// 0 where nothing was sent.
    pub status: u16,
    /// In order.
    pub headers: Vec<(String, String)>,
    /// The body's bytes as sent, before HTTP's own framing.
    pub body: Body,
    /// The body was longer than the journal keeps.
    pub truncated: bool,
    /// Of a stream: each event when it was handed to the socket.
    pub events: Vec<SentEvent>,
}

/// One event of a stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SentEvent {
    /// The event's name; empty where the provider's events have none.
    pub name: String,
    /// Milliseconds since the mocks started.
    pub at_ms: f64,
    /// How many bytes of the body were sent with it, all before it included.
    pub end: usize,
}

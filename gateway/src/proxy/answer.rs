//! What the client gets back: status, header fields, body.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use translate::call::{self, Api, Failure, Target};

use super::body::{Body, Stream};
use super::headers::printable;
use super::passing::Passing;
use super::record::Record;
use super::session::Session;
use super::websocket;
use crate::fault::Fault;
use crate::server::Busy;
use crate::store::Run;
use crate::telemetry::Traced;

/// The client's name for its call, or ours; in the answer and in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Anthropic's name for the same.
const MESSAGES_ID: HeaderName = HeaderName::from_static("request-id");
/// Kong's name for provider and model.
const MODEL: HeaderName = HeaderName::from_static("x-kong-llm-model");
/// What of the request this provider could not be told.
const DROPPED: HeaderName = HeaderName::from_static("x-touchstone-dropped");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream; charset=utf-8");
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");
/// Characters of a request id that is taken from a client.
const ID_CHARS: usize = 128;

/// An answer to a call that reached its provider.
pub(super) struct Answer {
    pub(super) headers: HeaderMap,
    status: StatusCode,
    content: Content,
}

enum Content {
    Whole(Vec<u8>, &'static str),
    Made(Vec<u8>, HeaderValue),
    Stream(Box<Stream>),
    Passing(Box<Passing>),
    Session(Box<Session>),
    Followed(Arc<Run>, usize),
}

impl Answer {
    /// `prefix`: see `Backend`.
    pub(super) fn new(target: &Target, prefix: Option<&str>) -> Self {
        let mut headers = HeaderMap::with_capacity(16);
        if let Some(prefix) = prefix.filter(|_| !target.model.is_empty()) {
            headers.insert(MODEL, printable(&format!("{prefix}{}", target.model)));
        }
        if !target.dropped.is_empty() {
            headers.insert(DROPPED, printable(&target.dropped.join(", ")));
        }
        Self { headers, status: StatusCode::OK, content: Content::Whole(Vec::new(), "done") }
    }

    /// What no provider is asked for.
    pub(super) fn kept(body: Vec<u8>) -> Self {
        Self { headers: HeaderMap::new(), status: StatusCode::OK, content: Content::Whole(body, "done") }
    }

    /// What is told of a response that is made in the background, from this event on.
    pub(super) fn followed(run: Arc<Run>, next: usize) -> Self {
        Self { headers: HeaderMap::new(), status: StatusCode::OK, content: Content::Followed(run, next) }
    }

    pub(super) fn whole(self, body: Vec<u8>) -> Self {
        Self { content: Content::Whole(body, "done"), ..self }
    }

    /// Bytes that are no JSON document.
    pub(super) fn file(mut self, bytes: Vec<u8>) -> Self {
        self.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        self.whole(bytes)
    }

    /// A body of another type than JSON, perhaps.
    pub(super) fn made(self, body: Vec<u8>, kind: HeaderValue) -> Self {
        Self { content: Content::Made(body, kind), ..self }
    }

    /// All the events of a stream at once.
    pub(super) fn events(mut self, events: Vec<u8>) -> Self {
        self.headers.insert(header::CACHE_CONTROL, NO_CACHE);
        self.made(events, EVENTS)
    }

    pub(super) fn stream(self, stream: Stream) -> Self {
        Self { content: Content::Stream(Box::new(stream)), ..self }
    }

    /// The provider's reply as it is, status and all.
    pub(super) fn passing(self, passing: Passing) -> Self {
        let status = StatusCode::from_u16(passing.status()).unwrap_or(StatusCode::BAD_GATEWAY);
        Self { status, content: Content::Passing(Box::new(passing)), ..self }
    }

    /// No more HTTP from here on.
    pub(super) fn session(self, session: Session) -> Self {
        let status = StatusCode::SWITCHING_PROTOCOLS;
        Self { status, content: Content::Session(Box::new(session)), ..self }
    }

    /// The provider's own error.
    pub(super) fn failure(self, failure: Failure) -> Self {
        let status = StatusCode::from_u16(failure.status).unwrap_or(StatusCode::BAD_GATEWAY);
        Self { status, content: Content::Whole(failure.body, "upstream_error"), ..self }
    }

    /// The provider's status, if it is an error's.
    pub(super) fn refused(&self) -> Option<u16> {
        let status = self.status.as_u16();
        (status >= 400).then_some(status)
    }

    /// Waits for the first bytes for the client, where they come one after the other.
    pub(super) async fn begin(&mut self) -> Result<(), Fault> {
        match &mut self.content {
            Content::Stream(stream) => stream.begin().await,
            Content::Passing(passing) if self.status.is_success() => passing.begin().await,
            _ => Ok(()),
        }
    }

    pub(super) fn into_response(self, mut record: Record, busy: Busy) -> Response<Body> {
        let Self { mut headers, status, content } = self;
        let is_whole = matches!(content, Content::Whole(..) | Content::Made(..));
        record.tell_limits(is_whole, &mut headers);
        let kind = match &content {
            Content::Whole(..) => Some(JSON),
            Content::Made(_, kind) => Some(kind.clone()),
            Content::Passing(passing) => passing.media_type(),
            Content::Session(_) => None,
            Content::Stream(..) | Content::Followed(..) => {
                headers.insert(header::CACHE_CONTROL, NO_CACHE);
                Some(EVENTS)
            }
        };
        let kind = kind.filter(|_| !headers.contains_key(header::CONTENT_TYPE));
        headers.extend(kind.map(|kind| (header::CONTENT_TYPE, kind)));
        headers.insert(REQUEST_ID, printable(&record.id));
        if let Some((name, trace)) = record.traced.as_ref().and_then(Traced::answer) {
            headers.insert(name, printable(&trace));
        }
        if record.words() == Api::Messages && !headers.contains_key(MESSAGES_ID) {
            headers.insert(MESSAGES_ID, printable(&record.id));
        }
        record.answer(&headers);
        let body = match content {
            Content::Whole(bytes, outcome) => {
                Body::whole(bytes.into(), status.as_u16(), outcome, record, busy)
            }
            Content::Made(bytes, _) => Body::whole(bytes.into(), status.as_u16(), "done", record, busy),
            Content::Stream(stream) => Body::stream(stream, record, busy),
            Content::Followed(run, next) => Body::followed(run, next, record, busy),
            Content::Passing(passing) => Body::passing(passing, record, busy),
            Content::Session(session) => {
                tokio::task::spawn_local(session.run(record, busy));
                Body::none()
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }
}

/// The answer to a call that failed in the gateway.
pub(super) fn fault(fault: &Fault, record: Record, busy: Busy) -> Response<Body> {
    let status = StatusCode::from_u16(fault.status()).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut headers = HeaderMap::new();
    if let Fault::Method(methods) = fault {
        headers.insert(header::ALLOW, printable(&methods.join(", ")));
    }
    if let Fault::NoWebSocket = fault {
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static(websocket::VERSION));
    }
    if let Fault::Plain = fault {
        headers.insert(header::UPGRADE, HeaderValue::from_static("TLS/1.2, HTTP/1.1"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    }
    if let Some(seconds) = fault.retry_after() {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    if let Fault::Unauthorized { challenge, .. } = fault {
        headers.insert(header::WWW_AUTHENTICATE, printable(challenge));
    }
    let failure = call::error(record.words(), &fault.problem(), &record.id);
    let status = StatusCode::from_u16(failure.status).unwrap_or(status);
    Answer { headers, status, content: Content::Whole(failure.body, fault.code()) }
        .into_response(record, busy)
}

/// The answer to a health check.
pub(super) fn status(ready: bool, record: Record, busy: Busy) -> Response<Body> {
    let (status, body) = if ready {
        (StatusCode::OK, r#"{"status":"ok"}"#)
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"draining"}"#)
    };
    Answer { headers: HeaderMap::new(), status, content: Content::Whole(body.into(), "status") }
        .into_response(record, busy)
}

/// The client's request id, if it is one that can be logged and shown; else a new one.
pub(super) fn id(headers: &HeaderMap) -> String {
    let own = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    own.filter(|id| !id.is_empty() && id.len() <= ID_CHARS && id.bytes().all(|byte| byte.is_ascii_graphic()))
        .map_or_else(letters, str::to_owned)
}

/// Twenty-four letters and digits that nobody has seen before.
pub(super) fn letters() -> String {
    std::iter::repeat_with(fastrand::alphanumeric).take(24).collect()
}
